/**
 * The lines between bands: an encoder's final state that starts a decoder, a head on the last
 * output, a layer outside time that feeds one in it.
 *
 * @import {Connection} from './timeline.js'
 * @import {Band, Route, Row} from './layout.js'
 */

/**
 * @param {Band[]} bands
 * @param {Connection[]} connections
 * @returns {Route[]}
 */
export function planRoutes(bands, connections) {
  /** @type {Map<string, {band: Band, row: Row}>} */
  const places = new Map();
  for (const band of bands) {
    for (const row of band.rows) {
      if (row.first) places.set(row.layer.id, { band, row });
    }
  }
  /** @type {Route[]} */
  const routes = [];
  for (const { from, to } of connections) {
    const a = places.get(from);
    const b = places.get(to);
    if (!a || !b || (a.band === b.band && a.band.axis)) continue;
    routes.push({ points: [...exit(a), ...entry(b, a.row.y > b.row.y)], from, to });
  }
  return routes.map((r) => ({ ...r, points: square(r.points) }));
}

/** @param {Band} band */
const end = (band) => band.x0 + band.columns.slots * band.pitch;

/**
 * Where a value leaves: the far end of a row, or the top of a box.
 *
 * @param {{band: Band, row: Row}} place
 * @returns {[number, number][]}
 */
function exit({ band, row }) {
  if (row.shape === 'box') return [[row.boxX + 18, row.y - row.height / 2]];
  if (row.backward) return [[band.x0 - 22, row.y - 8]];
  return [
    [end(band) + 4, row.y - 8],
    [end(band) + 24, row.y - 8],
  ];
}

/**
 * Where a value arrives: the side of a row at which it starts, or the nearer side of a box.
 *
 * @param {{band: Band, row: Row}} place
 * @param {boolean} fromBelow
 * @returns {[number, number][]}
 */
function entry({ band, row }, fromBelow) {
  if (row.shape === 'box') {
    const y = row.y + (fromBelow ? 1 : -1) * (row.height / 2);
    return [[row.boxX + 18, y]];
  }
  const x = row.backward ? end(band) + 24 : band.x0 - 24;
  const first = band.x0 + band.pitch / 2 - band.cellWidth / 2;
  const last = end(band) - band.pitch / 2 + band.cellWidth / 2;
  const gap = fromBelow ? band.foot + 7 : band.top - 7;
  return [
    [x, gap],
    [x, row.y - 8],
    [row.backward ? last + 2 : first - 2, row.y - 8],
  ];
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
