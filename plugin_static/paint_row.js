/**
 * One row: its cells, one for each timestep, or what stands in their place.
 *
 * @import {Band, Row} from './layout.js'
 * @import {Brush} from './brush.js'
 */
import { EVERY, columnX, timestepName } from './columns.js';
import { barBox, boxWidth } from './layout.js';
import { whenRuns } from './others.js';
import {
  cellColours,
  heatOf,
  paintBroken,
  paintRunHeat,
  paintStrip,
  paintTap,
  timestepAt,
} from './paint_heat.js';
import { paintEnds, paintStates } from './paint_states.js';
import { paintRolled, stateLetter } from './paint_rolled.js';
import { openness } from './inside.js';
import { paintInside } from './paint_inside.js';
import { LEAST_COLUMN, isChosen, isTapped, wireUses } from './brush.js';
import { wireColours } from './paint_wire.js';
import { faded, rectangle, rectangles, symbol, write } from './pen.js';
import { TOGETHER } from './spread.js';

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @param {[number, number]} span columns in view
 * @returns {{cells: number, runs: number}} what was painted
 */
export function paintRow(brush, band, row, span) {
  if (row.shape === 'box') return paintBox(brush, band, row);
  const recurrent = row.layer.kind === 'RECURRENT';
  if (row.shape === 'bar') {
    if (row.layer.kind === 'SEQUENCE') return paintBar(brush, band, row);
    if (recurrent) paintEnds(brush, band, row, span);
    paintRolled(brush, band, row, barBox(band, row), (row.rolled - TOGETHER) / (1 - TOGETHER));
    return { cells: 1, runs: 0 };
  }
  const closing = closed(band, row);
  if (recurrent) paintStates(brush, closing, row, span);
  if (band.columns.rolled) {
    const width = band.cellWidth;
    const box = { x: columnX(band, 0) - width / 2, y: row.y - row.height / 2, width };
    if (openness({ ...box, height: row.height }) === 0) {
      paintRolled(brush, band, row, { ...box, height: row.height }, band.shown);
      return { cells: 1, runs: 0 };
    }
  }
  if (closing.squeezed > 0) paintTogether(brush, closing, row, span);
  return closing.pitch >= LEAST_COLUMN
    ? paintCells(brush, closing, row, span)
    : paintRun(brush, closing, row, span);
}

/**
 * The columns as a row has them whose own cells come together.
 *
 * @param {Band} band
 * @param {Row} row
 * @returns {Band}
 */
export function closed(band, row) {
  if (row.shape !== 'cells' || row.rolled === 0 || band.columns.rolled) return band;
  const squeezed = row.rolled / TOGETHER;
  const inset = (band.pitch - band.cellWidth) / 2;
  const each = band.pitch - (2 * inset) / Math.max(1, band.columns.slots);
  const pitch = band.pitch + (each - band.pitch) * squeezed;
  const cellWidth = band.cellWidth + (pitch - band.cellWidth) * squeezed;
  return { ...band, x0: band.x0 + inset * squeezed, pitch, cellWidth, squeezed };
}

/**
 * The one cell that several become.
 *
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @param {[number, number]} span
 */
function paintTogether({ ctx, colours }, band, row, [first, last]) {
  if (first > last) return;
  const x = columnX(band, first) - band.cellWidth / 2;
  const width = columnX(band, last) + band.cellWidth / 2 - x;
  const box = { x, y: row.y - row.height / 2, width, height: row.height };
  faded(ctx, band.squeezed, () =>
    rectangle(ctx, box, { fill: colours.cell, stroke: colours.edge, width: 1.3, radius: 10 }),
  );
}

/** Nothing can be written in narrower cells, and they all look the same. */
const LEAST_WORDS = 20;
/** Frames around narrower cells would leave nothing to see of their colours. */
const LEAST_FRAME = 14;

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @param {[number, number]} span
 */
function paintCells(brush, band, row, span) {
  const [first, last] = span;
  const { ctx, colours, lit } = brush;
  const { uses, lit: rowLit } = wireUses(brush, band, row);
  const wire = wireColours(colours, row);
  const width = band.cellWidth;
  const unknown = row.layer.kind === 'UNKNOWN';
  const apart = 1 - band.squeezed;
  const heat = heatOf(brush.heat, row);
  if (heat && width < LEAST_FRAME) {
    const { edge } = colours;
    paintStrip(brush, band, row, span, heat, { usual: rowLit ? wire.lit : edge, chosen: wire.lit });
    return { cells: Math.max(0, last - first + 1), runs: 0 };
  }
  if (!heat && width < LEAST_WORDS) return paintNarrow(brush, band, row, span);
  let cells = 0;
  for (let i = first; i <= last; i += 1) {
    const x = columnX(band, i) - width / 2;
    const tapped = isTapped(band, uses, i);
    const chosen = isChosen(lit, band, row, i);
    const bright = chosen || (rowLit && tapped);
    const box = { x, y: row.y - row.height / 2, width, height: row.height };
    const look = heat?.look(timestepAt(band, i, heat.length));
    const { fill, ink } = cellColours(brush, look);
    const frame = {
      stroke: bright ? wire.lit : colours.edge,
      width: Math.min(bright ? (chosen ? 3 : 2.2) : 1.3, band.pitch / 4),
      radius: Math.min(10, width * 0.2),
      dash: unknown ? [4, 3] : [],
    };
    if (apart < 1 && !heat) faded(ctx, apart, () => rectangle(ctx, box, { fill, ...frame }));
    else rectangle(ctx, box, { fill, ...frame });
    if (look?.kind === 'broken') paintBroken(brush, box);
    cells += 1;
    if (tapped && width >= 20 && apart === 1 && openness(box) === 0) {
      const size = width >= 44 ? 10 : 7;
      const tap = { x: x + 5, y: row.y + row.height / 2 - size - 2, width: size, height: size - 1 };
      paintTap(brush, tap, bright ? wire.lit : wire.quiet);
    }
    const open = openness(box);
    if (open > 0) faded(ctx, open * apart, () => paintInside(brush, band, row, i, box));
    else if (width >= LEAST_WORDS) faded(ctx, apart, () => writeCell(brush, band, row, i, ink));
  }
  return { cells, runs: 0 };
}

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @param {[number, number]} span
 */
function paintNarrow(brush, band, row, [first, last]) {
  const { ctx, colours, lit } = brush;
  const { uses, lit: rowLit } = wireUses(brush, band, row);
  const wire = wireColours(colours, row);
  const dash = row.layer.kind === 'UNKNOWN' ? [4, 3] : [];
  /** @type {{x: number, y: number, width: number, height: number}[][]} */
  const kinds = [[], [], []];
  for (let i = first; i <= last; i += 1) {
    const x = columnX(band, i) - band.cellWidth / 2;
    const kind = isChosen(lit, band, row, i) ? 2 : rowLit && isTapped(band, uses, i) ? 1 : 0;
    kinds[kind].push({ x, y: row.y - row.height / 2, width: band.cellWidth, height: row.height });
  }
  const widths = [1.3, 2.2, 3];
  for (const [kind, boxes] of kinds.entries()) {
    if (boxes.length === 0) continue;
    const width = Math.min(widths[kind], band.pitch / 4);
    const stroke = kind > 0 ? wire.lit : colours.edge;
    const style = { fill: colours.cell, stroke, width, radius: band.cellWidth * 0.2, dash };
    faded(ctx, 1 - band.squeezed, () => rectangles(ctx, boxes, style));
  }
  return { cells: Math.max(0, last - first + 1), runs: 0 };
}

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @param {number} column
 * @param {string} ink
 */
function writeCell({ ctx, scene }, band, row, column, ink) {
  const below = timestepName(band.columns, column);
  const several = scene.bands.flatMap((b) => b.rows).filter((r) => r.layer.kind === 'RECURRENT');
  const { kind, depth } = row.layer;
  const roomy = band.cellWidth >= 46;
  const above = roomy && kind === 'RECURRENT' && several.length > 1 && depth !== undefined;
  const label = { base: stateLetter(row), below, above: above ? `(${depth})` : undefined };
  const longest = timestepName(band.columns, band.columns.count - 1).length;
  // One size for all timesteps, so that the last ones have a letter, too.
  const small = hasRoom(band, 14, longest) || !hasRoom(band, 11, longest) ? 14 : 11;
  const size = roomy ? 18 : small;
  const baseline = row.y + (row.height < 44 && !roomy ? 1 : 5);
  // Where the number is long, the ruler alone says it.
  if (!hasRoom(band, Math.min(size, 14), below.length)) return;
  // The digits hang to the right of the letter.
  const x = columnX(band, column) + (size < 14 ? 1 - below.length : 2);
  symbol(ctx, label, x, baseline, { colour: ink, size });
}

/**
 * Whether a letter with so many digits below it fits into a cell.
 *
 * @param {Band} band
 * @param {number} size
 * @param {number} digits
 */
const hasRoom = (band, size, digits) => size * (0.7 + 0.54 * digits) <= band.cellWidth - 2;

/**
 * Too narrow to tell cells apart: one run, ruled so that it still reads as many.
 *
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @param {[number, number]} span
 */
function paintRun(brush, band, row, [first, last]) {
  if (first > last) return { cells: 0, runs: 0 };
  const { ctx, colours, lit } = brush;
  const { lit: rowLit } = wireUses(brush, band, row);
  const stroke = rowLit ? wireColours(colours, row).lit : colours.edge;
  const x = columnX(band, first) - band.pitch / 2;
  const end = columnX(band, last) + band.pitch / 2;
  const box = { x, y: row.y - row.height / 2, width: end - x, height: row.height };
  const heat = heatOf(brush.heat, row);
  if (heat) paintRunHeat(brush, band, heat, box);
  const frame = { stroke, width: rowLit ? 2 : 1.3, radius: 2 };
  rectangle(ctx, box, heat ? frame : { ...frame, fill: colours.cell });
  if (!heat) {
    faded(ctx, 1 - band.squeezed, () => paintRules(brush, band, [first, last], box, stroke));
  }
  const { cell } = lit;
  if (cell?.layer === row.layer.id && cell.axis === band.axis?.id && cell.column !== EVERY) {
    const at = columnX(band, cell.column);
    const mark = { x: at - 2, y: box.y - 2, width: 4, height: box.height + 4 };
    rectangle(ctx, mark, { fill: wireColours(colours, row).lit, radius: 2 });
  }
  return { cells: 0, runs: 1 };
}

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {[number, number]} span
 * @param {{y: number, height: number}} box
 * @param {string} colour
 */
function paintRules({ ctx }, band, [first, last], box, colour) {
  const every = Math.ceil(LEAST_COLUMN / band.pitch);
  ctx.beginPath();
  for (let i = Math.ceil((first + 1) / every) * every; i <= last; i += every) {
    const at = Math.round(columnX(band, i) - band.pitch / 2) + 0.5;
    ctx.moveTo(at, box.y + 1);
    ctx.lineTo(at, box.y + box.height - 1);
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = 0.6;
  ctx.stroke();
}

/**
 * One operation over all timesteps at once.
 *
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 */
function paintBar(brush, band, row) {
  const { ctx, colours } = brush;
  const { lit } = wireUses(brush, band, row);
  const box = barBox(band, row);
  const stroke = lit ? wireColours(colours, row).lit : colours.edge;
  rectangle(ctx, box, { fill: colours.cell, stroke, width: lit ? 2.2 : 1.3, radius: 10 });
  const style = /** @type {const} */ ({ colour: colours.ink, size: 13, align: 'center' });
  const words = ['all timesteps at once', 'all at once', 'all'];
  const text = words.find((w) => w.length * 8 < box.width) ?? '';
  write(ctx, text, box.x + box.width / 2, row.y + 4, style);
  return { cells: 1, runs: 0 };
}

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 */
function paintBox(brush, band, row) {
  const { ctx, colours, lit } = brush;
  const bright = wireUses(brush, band, row).lit || lit.cell?.layer === row.layer.id;
  const unknown = row.layer.kind === 'UNKNOWN';
  const width = boxWidth(row);
  const box = { x: row.boxX, y: row.y - row.height / 2, width, height: row.height };
  rectangle(ctx, box, {
    fill: colours.cell,
    stroke: bright ? wireColours(colours, row).lit : colours.edge,
    width: bright ? 2.2 : 1.3,
    radius: 10,
    dash: unknown ? [4, 3] : [],
  });
  const style = /** @type {const} */ ({ colour: colours.ink, size: 13, align: 'center' });
  const words = unknown ? 'not known' : whenRuns(brush.model.timeline, row.layer);
  write(ctx, words, row.boxX + width / 2, row.y + 4, style);
  return { cells: 1, runs: 0 };
}
