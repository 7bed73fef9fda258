/**
 * Data on its way: inputs, outputs, from row to row, and between bands.
 *
 * @import {Band} from './layout.js'
 * @import {Link} from './links.js'
 * @import {Brush} from './paint.js'
 */
import { timestepName } from './columns.js';
import { columnX } from './layout.js';
import { INPUT } from './links.js';
import { line, symbol, write } from './pen.js';

/** Columns narrower than this show no lines between rows: they would be a grey mass. */
const LEAST = 14;

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {[number, number]} span
 */
export function paintLinks({ ctx, colours }, band, [first, last]) {
  if (!band.axis || band.pitch < LEAST) return;
  const room = (band.pitch - band.cellWidth) / 2;
  // Half of the lines would tell a wrong story: where some find no room, none is drawn.
  if (band.links.some((l) => l.lane !== 0 && laneOffset(l) > room - 2)) return;
  for (const link of band.links) {
    const colour = link.from === INPUT ? colours.input : colours.edge;
    const style = { colour, width: 1.5, arrow: band.pitch >= 24, radius: 6 };
    const from = Math.max(0, first - link.offset);
    for (let i = from; i <= Math.min(last, band.columns.count - 1 - link.offset); i += 1) {
      // A link to a later timestep cannot be drawn over the timesteps that are left out.
      const over = i <= band.columns.gapAfter && i + link.offset > band.columns.gapAfter;
      if (link.offset > 0 && over) continue;
      line(ctx, path(band, link, i), style);
    }
  }
}

/** @param {Link} link */
const laneOffset = ({ lane }) => 5 + (Math.abs(lane) - 1) * 7;

/**
 * @param {Band} band
 * @param {Link} link
 * @param {number} column
 * @returns {[number, number][]}
 */
function path(band, link, column) {
  const x = columnX(band, column);
  const y0 = top(band, link.from);
  const y1 = bottom(band, link.to);
  if (link.lane === 0)
    return [
      [x, y0],
      [x, y1],
    ];
  const sign = Math.sign(link.lane);
  const lane = x + sign * (band.cellWidth / 2 + laneOffset(link));
  const target = columnX(band, column + link.offset);
  const low = y0 - (link.from === INPUT ? 4 : 7);
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
function top(band, row) {
  if (row === INPUT) return inputY(band) - 15;
  const { y, height, shape } = band.rows[row];
  return y - height * (shape === 'bar' ? 0.35 : 0.5) - 1;
}

/**
 * @param {Band} band
 * @param {number} row
 */
function bottom(band, row) {
  if (row === band.rows.length) return band.top + 24;
  const { y, height, shape } = band.rows[row];
  return y + height * (shape === 'bar' ? 0.35 : 0.5) + 3;
}

/** @param {Band} band */
const inputY = (band) => band.bottom - 12;

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {[number, number]} span
 */
export function paintInputs({ ctx, model, colours }, band, [first, last]) {
  if (!band.axis) return;
  const y = inputY(band);
  const inputs = band.links.filter((l) => l.from === INPUT);
  const outputs = band.links.filter((l) => l.to === band.rows.length);
  if (band.pitch >= 30) {
    for (let i = first; i <= last; i += 1) {
      const x = columnX(band, i);
      const below = timestepName(band.columns, i);
      if (inputs.length > 0) {
        symbol(ctx, { base: 'x', below }, x, y + 1, { colour: colours.ink, size: 16 });
      }
      const text = band.pitch >= 66 ? `output ${below}` : 'out';
      const style = /** @type {const} */ ({ colour: colours.ink, size: 12.5, align: 'center' });
      if (outputs.length > 0 && band.pitch >= 44) write(ctx, text, x, band.top + 17, style);
    }
  }
  const end = band.x0 + band.columns.slots * band.pitch;
  const quiet = { colour: colours.soft, size: 11.5 };
  if (inputs.length > 0 && last === band.columns.count - 1) {
    const width = inputWidth(model, band, inputs[0].to);
    const words = width === undefined ? 'inputs' : `inputs [batch, ${width}]`;
    write(ctx, words, end + 10, y, quiet);
  }
  if (outputs.length > 0 && band.pitch < 44) write(ctx, 'outputs', band.x0, band.top + 17, quiet);
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

/** @param {Brush} brush */
export function paintRoutes({ ctx, scene, colours }) {
  for (const route of scene.routes) {
    line(ctx, route.points, { colour: colours.edge, width: 1.6, arrow: true });
  }
}
