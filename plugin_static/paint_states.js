/**
 * The state on its way: from timestep to timestep, where it starts, and where it ends.
 *
 * @import {Band, Row} from './layout.js'
 * @import {Brush} from './brush.js'
 */
import { columnX } from './columns.js';
import { line, write } from './pen.js';
import { shortStart } from './starts.js';
import { stateShape } from './words.js';

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @param {[number, number]} span columns in view
 */
export function paintStates(brush, band, row, [first, last]) {
  if (first > last) return;
  paintSteps(brush, band, row, [first, last]);
  paintEnds(brush, band, row, [first, last]);
}

/**
 * Where the state starts, and where it goes after the last timestep.
 *
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @param {[number, number]} span columns in view
 */
export function paintEnds(brush, band, row, [first, last]) {
  const { count } = band.columns;
  const start = row.backward ? count - 1 : 0;
  const stop = count - 1 - start;
  if (start >= first && start <= last) paintStart(brush, band, row, start);
  if (stop >= first && stop <= last) paintEnd(brush, band, row, stop);
}

/** @param {Row} row */
const stateY = (row) => row.y - 8;

/** @param {Row} row */
const isDirected = (row) => row.application?.direction !== 'UNKNOWN';

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @param {[number, number]} span
 */
function paintSteps({ ctx, colours }, band, row, [first, last]) {
  const room = band.pitch - band.cellWidth;
  if (room < 5) return;
  const y = stateY(row);
  const half = band.cellWidth / 2 + 2;
  const style = { colour: colours.edge, width: 1.5 };
  for (let i = Math.max(first, 1); i <= Math.min(last + 1, band.columns.count - 1); i += 1) {
    const a = columnX(band, i - 1) + half;
    const b = columnX(band, i) - half;
    if (i - 1 === band.columns.gapAfter) {
      paintGap(ctx, a, b, y, style, row.backward);
      continue;
    }
    const [from, to] = row.backward ? [b, a] : [a, b];
    const arrow = room >= 16 && isDirected(row);
    line(
      ctx,
      [
        [from, y],
        [to, y],
      ],
      { ...style, arrow },
    );
  }
}

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @param {number} column
 */
function paintStart({ ctx, model, scene, colours }, band, row, column) {
  // Where a line comes from another axis, that line is the start.
  if (scene.routes.some((r) => r.to === row.layer.id && r.kind === 'start')) return;
  const y = stateY(row);
  const forward = row.backward ? -1 : 1;
  const at = columnX(band, column) - forward * (band.cellWidth / 2 + 2);
  line(
    ctx,
    [
      [at - forward * 28, y],
      [at, y],
    ],
    { colour: colours.edge, width: 1.5, arrow: isDirected(row) },
  );
  // A long name is cut short here; the panel has it all.
  const fit = row.backward ? 110 : 38 + (band.pitch - band.cellWidth) / 2;
  const align = row.backward ? 'left' : 'right';
  // Lines out of the row pass on this side.
  const x = row.backward ? at + 18 : at - 6;
  const text = /** @type {const} */ ({ colour: colours.soft, size: 11.5, align, fit });
  write(ctx, shortStart(model, model.statesOf.get(row.layer.id) ?? []), x, y - 7, text);
}

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @param {number} column
 */
function paintEnd({ ctx, model, scene, colours }, band, row, column) {
  const y = stateY(row);
  const forward = row.backward ? -1 : 1;
  const at = columnX(band, column) + forward * (band.cellWidth / 2 + 2);
  const edge = columnX(band, column) + forward * (band.pitch / 2 + 22);
  // A state that goes on to another axis does not end here.
  const onward = scene.routes.filter((r) => r.from === row.layer.id && r.kind === 'start');
  line(
    ctx,
    [
      [at, y],
      [edge, y],
    ],
    { colour: colours.edge, width: 1.5, arrow: isDirected(row) && onward.length === 0 },
  );
  const style = { colour: colours.soft, size: 11.5 };
  if (row.backward) {
    write(ctx, 'final', at - 6, y - 7, { ...style, align: 'right' });
    return;
  }
  const passing = scene.routes.filter((r) => r.kind === 'start' && r.source.axis === band.axis);
  const x = edge + 8 + 6 * Math.max(0, passing.length - 1);
  const [state] = model.statesOf.get(row.layer.id) ?? [];
  write(ctx, 'final state', x, y - 2, style);
  write(ctx, state ? stateShape(state) : '', x, y + 13, { ...style, fit: 96 });
}

/**
 * The timesteps that are not drawn, because nobody knows how many they are.
 *
 * @param {import('./pen.js').Context} ctx
 * @param {number} a
 * @param {number} b
 * @param {number} y
 * @param {{colour: string, width: number}} style
 * @param {boolean} backward
 */
function paintGap(ctx, a, b, y, style, backward) {
  const m = (a + b) / 2;
  /** @type {[number, number][]} */
  const zigzag = [
    [m - 18, y],
    [m - 12, y - 7],
    [m - 4, y + 7],
    [m + 4, y - 7],
    [m + 12, y + 7],
    [m + 18, y],
  ];
  /** @type {[number, number][]} */
  const points = [[a, y], ...zigzag, [b, y]];
  if (backward) points.reverse();
  line(ctx, points, { ...style, arrow: true, radius: 1 });
}
