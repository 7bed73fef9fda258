/**
 * What belongs to a whole time axis: the ground of its columns, and its ruler.
 *
 * @import {Band} from './layout.js'
 * @import {Model} from './model.js'
 * @import {Brush, View} from './brush.js'
 */
import { ticks } from './vendor/libraries.js';
import { legible } from './brush.js';
import { columnX, columnsOf, slotOf, timestepName } from './columns.js';

import { faded, line, plate, rectangle, write } from './pen.js';
import { aroundWords } from './uses.js';
import { clean, number } from './words.js';

/** From the first column to the frame of a nested timeline, and from the last one. */
const FRAME_START = 44;
const FRAME_END = 122;

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {[number, number]} span
 */
export function paintColumns({ ctx, colours }, band, [first, last]) {
  if (!band.axis) return;
  const height = band.bottom - band.top;
  if (band.pitch < 34) {
    const x = band.x0 + slotOf(band.columns, first) * band.pitch;
    const end = band.x0 + (slotOf(band.columns, last) + 1) * band.pitch;
    // What comes together takes its column with it.
    const pad = 2 + band.pad;
    const box = { x: x - pad, y: band.top, width: end - x + 2 * pad, height };
    rectangle(ctx, box, { fill: colours.grid, radius: 6 });
    return;
  }
  const gap = Math.min(16, band.pitch * 0.09);
  for (let i = first; i <= last; i += 1) {
    const x = columnX(band, i) - (band.pitch - gap) / 2;
    const box = { x, y: band.top, width: band.pitch - gap, height };
    rectangle(ctx, box, { fill: colours.grid, radius: 8 });
  }
}

/**
 * An axis inside another one: its whole timeline runs again and again.
 *
 * @param {Brush} brush
 * @param {Band} band
 */
export function paintRepetition({ ctx, colours }, band) {
  if (!band.axis || band.header === 0) return;
  // The frame holds all that runs again; the kernel, which stays the same, is outside.
  const x = band.x0 - FRAME_START;
  const top = band.top - 5;
  const width = band.columns.slots * band.pitch + FRAME_START + FRAME_END;
  const box = { x, y: top, width, height: band.foot - top - 1 };
  rectangle(ctx, box, { stroke: colours.edge, width: 1.2, radius: 10, dash: [5, 4] });
}

/**
 * The frame's words, on top of the lines that pass there.
 *
 * @param {Brush} brush
 * @param {Band} band
 * @param {{from: number, to: number}} view the tracks, in the scene's own pixels
 */
export function paintRepetitionWords({ ctx, model, colours }, band, view) {
  if (!band.axis || band.header === 0) return;
  const words = `this timeline runs once${aroundWords(model.axes, band.axis.id)}`;
  const x = Math.max(band.x0 - FRAME_START, view.from);
  const width = Math.min(view.to - view.from, words.length * 6.9);
  rectangle(ctx, { x, y: band.top - 23, width, height: 16 }, { fill: colours.bg });
  const style = { colour: colours.ink, size: 12.5, fit: view.to - view.from };
  write(ctx, words, x, band.top - 11, style);
}

/**
 * The ruler stays in view at the foot of the picture while its band is in view.
 *
 * @param {Brush} brush
 * @param {Band} band
 * @param {[number, number]} span
 * @param {View} view
 * @param {{from: number, to: number}} tracks
 */
export function paintRuler({ ctx, model, colours }, band, [first, last], view, tracks) {
  const natural = band.rulerY - view.y;
  const y = Math.min(natural, view.height - 38);
  if (y < band.top - view.y + 60) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(tracks.from - 30, 0, tracks.to - tracks.from + 60, view.height);
  ctx.clip();
  if (y < natural) {
    ctx.fillStyle = colours.bg;
    ctx.fillRect(0, y, view.width, view.height - y);
  }
  ctx.translate(-view.x, 0);
  faded(ctx, legible(band), () => {
    for (const column of labelled(band, first, last)) {
      const name = timestepName(band.columns, column);
      const text = band.pitch >= 92 ? `timestep ${name}` : name;
      const style = /** @type {const} */ ({ colour: colours.soft, size: 12.5, align: 'center' });
      write(ctx, text, columnX(band, column), y + 16, style);
      if (band.columns.rolled)
        write(ctx, rolledWords(model, band), columnX(band, column), y + 34, style);
    }
  });
  ctx.restore();
  if (band.columns.rolled) return;
  // The words stay in view, and the line ends before them.
  const words = axisWords(model, band);
  const style = { colour: colours.soft, size: 12.5, fit: 240 };
  const end = band.x0 + band.columns.slots * band.pitch - view.x;
  const x = Math.min(end + 16, view.width - 10 - Math.min(240, words.length * 7.2));
  const from = Math.max(band.x0 + 4 - view.x, tracks.from - 20);
  const stop = Math.min(end + 6, x - 10);
  plate(ctx, words, x, y + 34, { ...style, plate: colours.bg });
  if (stop < from) return;
  line(
    ctx,
    [
      [from, y + 30],
      [stop, y + 30],
    ],
    { colour: colours.soft, width: 1.3, arrow: true },
  );
}

/**
 * Which timesteps the one column stands for.
 *
 * @param {Model} model
 * @param {Band} band
 */
function rolledWords({ axes }, { axis }) {
  const columns = columnsOf(axes, axis);
  return `t = 0 to ${timestepName(columns, columns.count - 1)}`;
}

/**
 * @param {Model} model
 * @param {Band} band
 */
function axisWords({ axes }, { axis, columns }) {
  const own = clean(axis?.label ?? '');
  const name = axes.size > 1 && own && own !== 'time' ? `time (${own})` : 'time';
  if (!columns.known || !axis?.length_is_bound) return name;
  return `${name}, at most ${number(columns.count)}`;
}

/**
 * @param {Band} band
 * @param {number} first
 * @param {number} last
 * @returns {number[]} the columns that have room for their number
 */
export function labelled(band, first, last) {
  if (first > last) return [];
  const { count, known } = band.columns;
  const digits = String(count).length;
  const each = known && digits < 5 ? 14 + 7.5 * digits : known ? 60 : 44;
  const apart = known && digits < 5 ? 4 + 7.5 * digits : each * 0.75;
  const room = Math.max(1, Math.floor(((last - first + 1) * band.pitch) / each));
  const end = count - 1;
  if (last - first < room || !known) {
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  }
  const found = ticks(first, last, room).filter(Number.isInteger);
  if (last !== end) return found;
  return [...found.filter((c) => (end - c) * band.pitch >= apart), end];
}
