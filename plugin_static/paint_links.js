/**
 * Data on its way: inputs, outputs, from row to row, and between bands.
 *
 * @import {Band} from './layout.js'
 * @import {Link} from './links.js'
 * @import {Brush} from './brush.js'
 */
import { columnX, timestepName } from './columns.js';
import { BAR_HALF } from './layout.js';

import { INPUT } from './links.js';
import { LEAST_COLUMN, legible } from './brush.js';
import { faded, line, plate, rectangle, symbol, write } from './pen.js';
import { busY } from './routes.js';

/** Columns narrower than this show few of the lines: all would be a grey mass. */
const LEAST = 14;
const MOST_STEP = 7;
const LEAST_STEP = 2.5;
/** So far apart are the columns that stand for all. */
const SAMPLE = 44;
/** From this width on, inputs and outputs have names. */
const SYMBOLS = 30;

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {[number, number]} span
 */
export function paintLinks(brush, band, [first, last]) {
  if (!band.axis) return;
  const step = laneStep(band);
  if (band.pitch < LEAST || step < LEAST_STEP) return paintSamples(brush, band, [first, last]);
  const { ctx, colours } = brush;
  for (const planned of band.links) {
    // Rolled up, what goes to a later timestep comes back to the one column.
    const link = band.columns.rolled ? { ...planned, offset: 0 } : planned;
    const colour = link.from === INPUT ? colours.input : colours.edge;
    const arrow = band.pitch >= 24 && !link.joins;
    const style = { colour, width: 1.5, arrow, radius: 6 };
    const from = Math.max(0, first - link.offset);
    for (let i = from; i <= Math.min(last, band.columns.count - 1 - link.offset); i += 1) {
      // A link to a later timestep cannot be drawn over the timesteps that are left out.
      const over = i <= band.columns.gapAfter && i + link.offset > band.columns.gapAfter;
      if (link.offset > 0 && over) continue;
      line(ctx, path(band, link, i, step), style);
    }
  }
}

/**
 * @param {Band} band
 * @returns {number} from one line beside the cells to the next
 */
function laneStep({ pitch, cellWidth, links }) {
  const lanes = links.reduce((most, l) => Math.max(most, Math.abs(l.lane)), 0);
  return lanes === 0 ? MOST_STEP : Math.min(MOST_STEP, ((pitch - cellWidth) / 2 - 1.5) / lanes);
}

/**
 * Where the columns are narrow, a few of them stand for all. What would have to pass cells finds
 * no room there, and half of the lines would tell a wrong story: then none is drawn.
 *
 * @param {Brush} brush
 * @param {Band} band
 * @param {[number, number]} span
 */
function paintSamples({ ctx, colours }, band, [first, last]) {
  const joins = band.links.filter((l) => l.joins);
  // What goes to both directions of a layer ends at the frame around them.
  const isFramed = (/** @type {Link} */ { from, to, lane }) =>
    joins.some((j) => j.to === to && (j.from === from || (from < j.from && lane < 0)));
  const links = band.links.filter((l) => !isFramed(l));
  if (!links.every((l) => l.offset === 0 && (l.lane === 0 || passesBarsOnly(band, l)))) return;
  for (const { from, to } of joins) {
    const x = columnX(band, first) - band.pitch / 2 - 4;
    const y = frameTop(band, to);
    const width = columnX(band, last) + band.pitch / 2 + 4 - x;
    const box = { x, y, width, height: frameFoot(band, from) - y };
    rectangle(ctx, box, { stroke: colours.edge, width: 1, radius: 8 });
  }
  const lanes = links.reduce((most, l) => Math.max(most, Math.abs(l.lane)), 0);
  const every = Math.max(1, Math.round((SAMPLE + 2 * lanes * MOST_STEP) / band.pitch));
  for (let i = Math.ceil(first / every) * every + (every >> 1); i <= last; i += every) {
    const x = columnX(band, i);
    for (const link of links) {
      const { from, to, lane } = link;
      const colour = from === INPUT ? colours.input : colours.edge;
      const style = { colour, width: 1.5, arrow: true, radius: 6 };
      if (lane !== 0) {
        line(ctx, path({ ...band, cellWidth: 12 }, link, i, MOST_STEP), style);
        continue;
      }
      const y0 = joins.some((j) => j.to === from) ? frameTop(band, from) - 1 : top(band, from);
      const y1 = joins.some((j) => j.from === to) ? frameFoot(band, to) + 2 : bottom(band, to);
      // prettier-ignore
      line(ctx, [[x, y0], [x, y1]], style);
    }
  }
}

/**
 * @param {Band} band
 * @param {Link} link
 */
const passesBarsOnly = ({ rows }, { from, to }) =>
  rows.slice(from + 1, Math.max(from + 1, to)).every((row) => row.shape === 'bar');

/**
 * @param {Band} band
 * @param {number} row
 */
const frameTop = (band, row) => band.rows[row].y - band.rows[row].height / 2 - 6;

/**
 * @param {Band} band
 * @param {number} row
 */
const frameFoot = (band, row) => band.rows[row].trunkY + 6;

/**
 * @param {Band} band
 * @param {Link} link
 * @param {number} column
 * @param {number} step from one line beside the cells to the next
 * @returns {[number, number][]}
 */
function path(band, link, column, step) {
  const x = columnX(band, column);
  const y0 = top(band, link.from);
  const y1 = bottom(band, link.to);
  if (link.lane === 0)
    return [
      [x, y0],
      [x, y1],
    ];
  const sign = Math.sign(link.lane);
  const lane =
    x + sign * (band.cellWidth / 2 + Math.min(5, step) + (Math.abs(link.lane) - 1) * step);
  const target = columnX(band, column + link.offset);
  const low = y0 - (link.from === INPUT ? 4 : 7);
  if (link.joins) {
    const over = top(band, link.to) - 3;
    return [
      [x, y0],
      [x, low],
      [lane, low],
      [lane, over],
      [x, over],
    ];
  }
  // What a later timestep is fed is a part of its input.
  if (link.offset > 0 && band.pitch >= SYMBOLS && hasInput(band, link.to)) {
    const side = band.inputY - 4;
    return [
      [x, y0],
      [x, low],
      [lane, low],
      [lane, side],
      [target - 11, side],
    ];
  }
  // Below the wire, which runs between a row and what comes into it.
  const turn = link.to === band.rows.length ? y1 + 10 : y1 + 17;
  return [
    [x, y0],
    [x, low],
    [lane, low],
    [lane, turn],
    [target, turn],
    [target, y1],
  ];
}

/**
 * @param {Band} band
 * @param {number} row
 */
const hasInput = (band, row) => band.links.some((l) => l.from === INPUT && l.to === row);

/**
 * @param {Band} band
 * @param {number} row
 */
function top(band, row) {
  if (row === INPUT) return band.inputY - 15;
  const { y, height, shape } = band.rows[row];
  return y - height * (shape === 'bar' ? BAR_HALF : 0.5) - 1;
}

/**
 * @param {Band} band
 * @param {number} row
 */
function bottom(band, row) {
  if (row === band.rows.length) return band.top + 24;
  const { y, height, shape } = band.rows[row];
  return y + height * (shape === 'bar' ? BAR_HALF : 0.5) + 3;
}

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {[number, number]} span
 */
export function paintInputs(brush, band, [first, last]) {
  const { ctx, model, colours } = brush;
  if (!band.axis) return;
  const y = band.inputY;
  const inputs = band.links.filter((l) => l.from === INPUT);
  const outputs = band.links.filter((l) => l.to === band.rows.length);
  const named = band.pitch >= SYMBOLS;
  faded(ctx, named ? legible(band) : 0, () => {
    for (let i = first; i <= last; i += 1) {
      const x = columnX(band, i);
      const below = timestepName(band.columns, i);
      if (inputs.length > 0 && 11 + below.length * 7.5 < band.pitch) {
        symbol(ctx, { base: 'x', below }, x, y + 1, { colour: colours.ink, size: 16 });
      }
      const text = band.pitch >= 52 + below.length * 8 ? `output ${below}` : 'out';
      const style = /** @type {const} */ ({ colour: colours.ink, size: 12.5, align: 'center' });
      if (outputs.length > 0 && band.pitch >= 44) write(ctx, text, x, band.top + 17, style);
    }
  });
  const end = band.x0 + band.columns.slots * band.pitch;
  if (band.pitch < LEAST_COLUMN) paintMerged(brush, band, [first, last]);
  const quiet = { colour: colours.soft, size: 11.5 };
  if (inputs.length > 0 && last === band.columns.count - 1) {
    const width = inputWidth(model, band, inputs[0].to);
    const words = width === undefined ? 'inputs' : `inputs [batch, ${width}]`;
    plate(ctx, words, end + 10, y, { ...quiet, plate: colours.bg });
  }
  if (outputs.length > 0 && band.pitch < 44) write(ctx, 'outputs', band.x0, band.top + 17, quiet);
}

/**
 * What is seen where timesteps are too many to be told apart.
 *
 * @param {Brush} brush
 * @param {Band} band
 * @param {[number, number]} span
 */
function paintMerged({ ctx, colours, heat }, band, [first, last]) {
  const each = Math.ceil(1 / band.pitch);
  const every = Math.ceil(LEAST_COLUMN / band.pitch);
  const merged = each > 1 ? `the strongest of ${each} timesteps in each pixel` : '';
  const words = heat ? merged : `a line every ${every} timesteps`;
  const from = band.x0 + Math.max(0, first) * band.pitch;
  const x = Math.min(from + ((last - first + 1) * band.pitch) / 2, from + 260);
  const style = /** @type {const} */ ({ colour: colours.soft, size: 11.5, align: 'center' });
  faded(ctx, legible(band), () => write(ctx, words, x, band.top + 17, style));
}

/**
 * @param {import('./model.js').Model} model
 * @param {Band} band
 * @param {number} row
 * @returns {number | undefined} how many numbers come in, as the kernel's input rows tell
 */
function inputWidth(model, band, row) {
  for (const variable of model.variablesOf.get(band.rows[row].layer.id) ?? []) {
    const block = variable.blocks.find((b) => b.name === 'input' && b.dimension === 0);
    if (block) return block.stop - block.start;
  }
  return undefined;
}

/**
 * @param {Brush} brush
 * @param {{from: number, to: number}} view the tracks, in the scene's own pixels
 */
export function paintRoutes({ ctx, scene, colours }, view) {
  for (const { points, kind, label } of scene.routes) {
    line(ctx, points, { colour: colours.edge, width: 1.6, arrow: kind !== 'each' });
    if (!label) continue;
    // Where the columns are many, the words stay in view.
    const x = Math.min(view.to - 120, Math.max(view.from + 120, label.x));
    const style = /** @type {const} */ ({ colour: colours.soft, size: 12, align: 'center' });
    write(ctx, label.text, x, label.y, style);
  }
}

/**
 * From the line that brings a value to every timestep, up into each of them.
 *
 * @param {Brush} brush
 * @param {Band} band
 * @param {[number, number]} span
 */
export function paintBus({ ctx, scene, colours }, band, [first, last]) {
  if (!scene.routes.some((r) => r.kind === 'each' && r.target.axis === band.axis)) return;
  const named = band.pitch >= SYMBOLS;
  const style = { colour: colours.edge, width: 1.6, arrow: band.pitch >= 24 };
  for (let i = first; i <= last && band.pitch >= LEAST; i += 1) {
    const x = columnX(band, i);
    const to = band.inputY + (named ? 6 : -15);
    line(
      ctx,
      [
        [x, busY(band)],
        [x, to],
      ],
      style,
    );
  }
}
