/**
 * A layer rolled up: one cell for every timestep, whose state comes back to it.
 *
 * @import {Band, Row} from './layout.js'
 * @import {Brush} from './brush.js'
 * @import {Box} from './glyph.js'
 */
import { isTapped, wireUses } from './brush.js';
import { sumWords } from './lengths.js';
import { heatOf, paintRunHeat, paintTap } from './paint_heat.js';
import { wireColours } from './paint_wire.js';
import { faded, line, plate, rectangle, symbol, write } from './pen.js';
import { TOGETHER } from './spread.js';

/** @param {Row} row */
export const stateLetter = ({ layer }) =>
  ({ RECURRENT: 'h', STEPWISE: 'y' })[/** @type {string} */ (layer.kind)] ?? '?';

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @param {Box} box of the one cell
 * @param {number} shown of what is written in it
 */
export function paintRolled(brush, band, row, box, shown) {
  const { ctx, colours, lit, model } = brush;
  const { uses, lit: rowLit } = wireUses(brush, band, row);
  const wire = wireColours(colours, row);
  const chosen = lit.cell?.layer === row.layer.id && lit.cell.axis === band.axis?.id;
  const bright = chosen || rowLit;
  const heat = heatOf(brush.heat, row);
  const frame = {
    stroke: bright ? wire.lit : colours.edge,
    width: bright ? (chosen ? 3 : 2.2) : 1.3,
    // The colours go into the corners.
    radius: heat ? 2 : 10,
    dash: row.layer.kind === 'UNKNOWN' ? [4, 3] : [],
  };
  if (heat) {
    const pitch = box.width / Math.max(1, heat.length);
    paintRunHeat(brush, { x0: box.x, pitch }, heat, box);
    rectangle(ctx, box, frame);
  } else rectangle(ctx, box, { ...frame, fill: colours.cell });
  faded(ctx, shown, () => {
    if (isTapped(band, uses, 0) || row.rolled >= TOGETHER) {
      const tap = { x: box.x + 5, y: box.y + box.height - 12, width: 10, height: 9 };
      paintTap(brush, tap, bright ? wire.lit : wire.quiet);
    }
    const middle = box.x + box.width / 2;
    if (heat) {
      const back = { x: middle - 17, y: row.y - 12, width: 38, height: 26 };
      rectangle(ctx, back, { fill: colours.cell, radius: 6 });
    }
    const { kind, depth } = row.layer;
    const several = band.rows.filter((r) => r.layer.kind === 'RECURRENT').length > 1;
    const above = several && kind === 'RECURRENT' && depth !== undefined;
    const label = { base: stateLetter(row), below: 't', above: above ? `(${depth})` : undefined };
    symbol(ctx, label, middle + 2, row.y + 5, { colour: colours.ink, size: 18 });
    const times = `× ${sumWords(model.axes, band.axis ? [band.axis] : [])}`;
    if (row.layer.kind !== 'RECURRENT') {
      const style = { colour: colours.soft, plate: colours.grid, size: 12.5 };
      plate(ctx, times, box.x + box.width - 34, box.y - 6, style);
      return;
    }
    const loop = selfLoop(box, band.cellWidth, row.backward);
    // What passes the cell on that side has its line there.
    const side = row.backward ? -1 : 1;
    const lanes = Math.max(0, ...band.links.map((l) => l.lane * side));
    const beside = band.columns.rolled && lanes > 0 ? side * (8 + 7 * lanes) : 0;
    line(ctx, loop.points, { colour: colours.edge, width: 1.6, arrow: true, radius: 7 });
    const style = /** @type {const} */ ({ colour: colours.ink, size: 13, weight: 600 });
    write(ctx, times, loop.words.x + beside, loop.words.y, { ...style, align: loop.words.align });
  });
}

/**
 * The state's way out of a cell and back into it, beside the data that passes at the middle.
 *
 * @param {Box} box
 * @param {number} width of the cells that it stands for: data passes at their middle
 * @param {boolean} backward
 * @returns {{points: [number, number][],
 *   words: {x: number, y: number, align: 'left' | 'right'}}}
 */
export function selfLoop(box, width, backward) {
  const side = backward ? -1 : 1;
  const edge = backward ? box.x : box.x + box.width;
  const reach = Math.max(12, Math.min(32, width * 0.28));
  const high = box.y - 13;
  const [out, back] = [edge - side * 6, edge - side * (6 + reach)];
  return {
    points: [
      [out, box.y - 1],
      [out, high],
      [back, high],
      [back, box.y - 2],
    ],
    words: { x: out + side * 7, y: box.y - 5, align: backward ? 'right' : 'left' },
  };
}
