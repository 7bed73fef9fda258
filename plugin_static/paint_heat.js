/**
 * The colours of a measure in the cells of a row, and in the run that stands for narrow ones.
 *
 * @import {Band, Row} from './layout.js'
 * @import {Brush} from './brush.js'
 * @import {Heat, Look, RowHeat} from './heat.js'
 * @import {Box} from './glyph.js'
 */
import { slotOf } from './columns.js';
import { shade } from './heat.js';
import { placeOf } from './measures.js';
import { rectangle } from './pen.js';

/**
 * @param {Heat | undefined} heat
 * @param {Row} row
 * @returns {RowHeat | undefined}
 */
export function heatOf(heat, { layer, application }) {
  if (!heat || !application) return undefined;
  return heat.of(placeOf(layer.id, layer.applications.indexOf(application)));
}

/**
 * Where the length of an axis is not known, its last column stands for the last timestep.
 *
 * @param {Band} band
 * @param {number} column
 * @param {number} length of the sequences that were measured
 */
export const timestepAt = ({ columns }, column, length) =>
  columns.known || column < columns.count - 1 ? column : length - 1;

/**
 * @param {Brush} brush
 * @param {Look | undefined} look
 * @returns {{fill: string, ink: string}}
 */
export function cellColours({ colours, ramps, heat }, look) {
  if (!look || look.kind === 'undefined') return { fill: colours.cell, ink: colours.ink };
  if (look.kind === 'over') return { fill: colours.over, ink: colours.ink };
  if (look.kind === 'broken') return { fill: colours['warn-bg'], ink: colours.warn };
  const { fill, dark } = shade(heat?.diverging ? ramps.vote : ramps.heat, look.place);
  return { fill, ink: dark ? '#ffffff' : '#000000' };
}

/**
 * A cross over a cell whose value is NaN or infinite.
 *
 * @param {Brush} brush
 * @param {Box} box
 */
export function paintBroken({ ctx, colours }, box) {
  const inset = Math.min(6, box.width * 0.2);
  ctx.beginPath();
  for (const [from, to] of [
    [box.y + inset, box.y + box.height - inset],
    [box.y + box.height - inset, box.y + inset],
  ]) {
    ctx.moveTo(box.x + inset, from);
    ctx.lineTo(box.x + box.width - inset, to);
  }
  ctx.strokeStyle = colours.warn;
  ctx.lineWidth = 1.4;
  ctx.stroke();
}

/**
 * Where several timesteps share a pixel, what stands out is seen.
 *
 * @param {Brush} brush
 * @param {{x0: number, pitch: number}} band where the first timestep is, and how wide each
 * @param {RowHeat} heat
 * @param {Box} box of the run
 */
export function paintRunHeat(brush, band, heat, box) {
  const { ctx, colours } = brush;
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.x, box.y, box.width, box.height);
  ctx.clip();
  const slice = Math.max(1, band.pitch);
  for (let x = Math.floor(box.x); x < box.x + box.width; x += slice) {
    const [first, last] = [x, x + slice].map((at) => (at - band.x0) / band.pitch);
    const look = heat.most(
      Math.max(0, Math.floor(first + 1e-6)),
      Math.max(0, Math.ceil(last - 1e-6) - 1),
    );
    const broken = look.kind === 'broken';
    ctx.fillStyle = broken ? colours.warn : cellColours(brush, look).fill;
    ctx.fillRect(x, box.y, slice + 0.6, box.height);
  }
  ctx.restore();
}

/**
 * Cells too narrow for a frame each: side by side, with one frame around all of them.
 *
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @param {[number, number]} span columns in view
 * @param {RowHeat} heat
 * @param {{usual: string, chosen: string}} frame colours
 */
export function paintStrip(brush, band, row, [first, last], heat, frame) {
  if (first > last) return;
  const { ctx, lit } = brush;
  const [y, height] = [row.y - row.height / 2, row.height];
  const edgeOf = (/** @type {number} */ column) =>
    Math.round(band.x0 + slotOf(band.columns, column) * band.pitch);
  for (let i = first; i <= last; i += 1) {
    const x = edgeOf(i);
    const box = { x, y, width: edgeOf(i + 1) - x, height };
    const look = heat.look(timestepAt(band, i, heat.length));
    ctx.fillStyle = cellColours(brush, look).fill;
    ctx.fillRect(x, y, box.width, height);
    if (look.kind === 'broken') paintBroken(brush, box);
  }
  const from = edgeOf(first);
  const around = { x: from, y, width: edgeOf(last + 1) - from, height };
  rectangle(ctx, around, { stroke: frame.usual, width: 1.6, radius: 2 });
  const { cell } = lit;
  if (cell?.layer !== row.layer.id || cell.axis !== band.axis?.id) return;
  const x = edgeOf(cell.column);
  const chosen = { x: x - 1, y: y - 2, width: edgeOf(cell.column + 1) - x + 2, height: height + 4 };
  rectangle(ctx, chosen, { stroke: frame.chosen, width: 2.2, radius: 2 });
}

/**
 * A wire's tap on whatever colour its cell has.
 *
 * @param {Brush} brush
 * @param {Box} box
 * @param {string} fill
 */
export function paintTap({ ctx, colours, heat }, box, fill) {
  if (heat) {
    const rim = { x: box.x - 1.5, y: box.y - 1.5, width: box.width + 3, height: box.height + 3 };
    rectangle(ctx, rim, { fill: colours.cell, radius: 3 });
  }
  rectangle(ctx, box, { fill, radius: 2 });
}

/**
 * @param {Heat | undefined} heat
 * @param {Band} band
 * @param {Row} row
 * @param {number} column
 * @returns {Look | undefined}
 */
export function lookAt(heat, band, row, column) {
  const own = row.shape === 'cells' ? heatOf(heat, row) : undefined;
  return own?.look(timestepAt(band, column, own.length));
}
