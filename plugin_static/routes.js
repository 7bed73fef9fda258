/**
 * The lines of what flows between bands (feeds.js).
 *
 * @import {Model} from './model.js'
 * @import {Feed} from './feeds.js'
 * @import {Band, Row} from './layout.js'
 */
import { columnX } from './columns.js';
import { clean } from './words.js';

/**
 * @typedef {{x: number, y: number, text: string}} RouteLabel
 * @typedef {Feed & {points: [number, number][], label: RouteLabel | undefined}} Route
 *   a route of kind "each" ends in its band's bus, from where every column takes it
 *
 * @typedef {{band: Band, row: Row}} Place
 */

/** Lines that run side by side. */
const LANE = 6;
const MOST_LANES = 2;
const LETTER = 6.6;
/** Lines to and from a box keep clear of its wire's tap. */
const BOX_LINE = 10;
/** Where an initial state comes in, left of the columns. */
const START = 24;

/**
 * @param {Model} model
 * @param {Band[]} bands
 * @param {Feed[]} feeds
 * @returns {Route[]}
 */
export function planRoutes(model, bands, feeds) {
  /** @type {Map<string, Place>} */
  const places = new Map();
  for (const band of bands) {
    for (const row of band.rows) if (row.first) places.set(row.layer.id, { band, row });
  }
  /** @type {Map<string, number>} */
  const lanes = new Map();
  const said = new Set();
  return feeds.flatMap((feed) => {
    const a = places.get(feed.from);
    const b = places.get(feed.to);
    if (!a || !b) return [];
    // What goes the same way runs side by side; what ends in one bus, or box, together.
    const way = `${bands.indexOf(a.band)} ${bands.indexOf(b.band)} ${feed.kind}`;
    const own = feed.kind === 'start' || feed.kind === 'into';
    const lane = own ? Math.min(lanes.get(way) ?? 0, MOST_LANES) : 0;
    lanes.set(way, lane + 1);
    const fromBelow = a.row.y > b.row.y;
    const points = square([...exit(a, b, feed, lane), ...entry(b, feed, lane, fromBelow)]);
    const texts = said.has(way) ? [] : words(model, feed, a.band, b.band);
    said.add(way);
    return [{ ...feed, points, label: labelOn(points, b.band, texts) }];
  });
}

/** @param {Band} band */
const end = (band) => band.x0 + band.columns.slots * band.pitch;

/**
 * Where a value leaves: a final state at the end of its row, an output at the band's upper corner,
 * a value outside time at the top of its box.
 *
 * @param {Place} place
 * @param {Place} to
 * @param {Feed} feed
 * @param {number} lane
 * @returns {[number, number][]}
 */
function exit({ band, row }, to, { kind }, lane) {
  if (row.shape === 'box') return [[row.boxX + BOX_LINE, row.y - row.height / 2]];
  if (kind === 'start' && row.layer.kind === 'RECURRENT') {
    // Clear of the words where other rows start.
    // prettier-ignore
    if (row.backward) return [[band.x0 - 22, row.y - 8], [band.x0 - 44, row.y - 8]];
    return [[end(band) + 22 + lane * LANE, row.y - 8]];
  }
  const at = band.rows.indexOf(row);
  const out = band.links.find((l) => l.from === at && l.joins)?.to ?? at;
  const hands = band.links.some((l) => l.to === band.rows.length && l.from === out);
  const y = hands ? band.top + 12 : row.y + 8;
  return [
    [hands ? end(band) : end(band) - (band.pitch - band.cellWidth) / 2 + 2, y],
    [to.row.shape === 'box' ? to.row.boxX + BOX_LINE : end(band) + 12, y],
  ];
}

/**
 * Where a value arrives.
 *
 * @param {Place} place
 * @param {Feed} feed
 * @param {number} lane
 * @param {boolean} fromBelow
 * @returns {[number, number][]}
 */
function entry({ band, row }, { kind }, lane, fromBelow) {
  if (row.shape === 'box') {
    return [[row.boxX + BOX_LINE, row.y + (fromBelow ? 1 : -1) * (row.height / 2)]];
  }
  const gap = fromBelow ? band.foot + 18 + lane * LANE : band.top - band.header - 7;
  const left = band.x0 - START - lane * LANE;
  if (kind === 'each') {
    const last = columnX(band, band.columns.count - 1);
    return [
      [band.x0 - START, gap],
      [band.x0 - START, busY(band)],
      [last, busY(band)],
    ];
  }
  if (kind === 'start') {
    const half = (band.pitch + band.cellWidth) / 2;
    const x = row.backward ? end(band) + START : left;
    return [
      [x, gap],
      [x, row.y - 8],
      [
        row.backward ? end(band) - band.pitch + half + 2 : band.x0 + band.pitch - half - 2,
        row.y - 8,
      ],
    ];
  }
  // How it is used is not known: it goes to the layer's row, to no timestep of it.
  const y = row.shape === 'bar' ? row.y : row.y + 8;
  return [
    [left, gap],
    [left, y],
    [band.x0 + (row.shape === 'bar' ? (band.pitch - band.cellWidth) / 2 - 2 : 2), y],
  ];
}

/** @param {Band} band */
export const busY = (band) => band.bottom - 6;

/**
 * @param {Model} model
 * @param {Feed} feed
 * @param {Band} source
 * @param {Band} target
 * @returns {string[]} the longest first
 */
function words(model, { kind, from, to }, source, target) {
  if (kind === 'start') {
    const states = model.statesOf.get(to) ?? [];
    return states.some((s) => s.initial_layer === from)
      ? ['final state → initial state', 'final → initial']
      : ['→ initial state', '→ start'];
  }
  if (kind === 'each') {
    const name = clean(source.axis?.label ?? '').slice(0, 24) || 'time';
    const inner = target.axis && source.axis?.parent === target.axis.id;
    return inner
      ? [`the result of each run of ${name} → its timestep`, 'its result → its timestep']
      : ['read at every timestep', 'every timestep'];
  }
  if (kind !== 'into' || !source.axis) return [];
  const title = model.titles.get(to) ?? '';
  return [`all outputs → ${title}`, `→ ${title}`];
}

/**
 * On the level piece that lies in the gap below or above the band that the line goes to.
 *
 * @param {[number, number][]} points
 * @param {Band} band
 * @param {string[]} texts the first that fits is taken
 * @returns {RouteLabel | undefined}
 */
function labelOn(points, band, texts) {
  for (let i = 1; i < points.length; i += 1) {
    const [ax, ay] = points[i - 1];
    const [bx, by] = points[i];
    const outside = ay > band.foot || ay < band.top - band.header;
    if (ay !== by || !outside) continue;
    const text = texts.find((x) => x.length * LETTER < Math.abs(ax - bx) - 16);
    if (text) return { x: (ax + bx) / 2, y: ay - 5, text };
  }
  return undefined;
}

/**
 * Only level and upright pieces: where two places differ in both, first up, then along.
 *
 * @param {[number, number][]} points
 * @returns {[number, number][]}
 */
function square(points) {
  /** @type {[number, number][]} */
  const out = [points[0]];
  for (const [x, y] of points.slice(1)) {
    const [px, py] = /** @type {[number, number]} */ (out.at(-1));
    if (px !== x && py !== y) out.push([px, y]);
    if (px !== x || py !== y) out.push([x, y]);
  }
  return out;
}
