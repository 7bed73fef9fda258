/**
 * The inside of a cell that is large enough.
 *
 * @import {Band, Row} from './layout.js'
 * @import {Brush} from './brush.js'
 * @import {Box} from './glyph.js'
 */
import { timestepName } from './columns.js';
import { lookInside } from './inside.js';
import { fitting, formula, line, rectangle, write } from './pen.js';
import { number } from './words.js';

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @param {number} column
 * @param {Box} box of the cell
 */
export function paintInside(brush, band, row, column, box) {
  const { ctx, colours, model } = brush;
  const inner = { x: box.x + 5, y: box.y + 5, width: box.width - 10, height: box.height - 10 };
  if (brush.heat) rectangle(ctx, inner, { fill: colours.cell, radius: 7 });
  const { title, rows, gates, lines, shapes } = lookInside(model, row.layer.id, box, {
    now: timestepName(band.columns, column),
    before: before(band, row, column),
  });
  const { ink, soft } = colours;
  const arrow = { colour: colours.edge, width: 1.3, arrow: true };
  write(ctx, title, box.x + 12, box.y + 21, { colour: ink, size: 13, weight: 600 });
  for (const part of rows) {
    rectangle(ctx, part, { fill: colours[part.fill] });
    if (!part.labelled) continue;
    const y = part.y + part.height / 2 + 4;
    const words = `${number(part.size)} rows${part.sees.length > 0 ? ' ·' : ''}`;
    const width = write(ctx, words, box.x + 12, y, { colour: soft, size: 11.5 });
    if (part.sees.length === 0) continue;
    formula(ctx, part.sees, box.x + 16 + width, y, { colour: ink, size: 13 });
    const at = part.y + part.height / 2;
    // prettier-ignore
    line(ctx, [[part.x - 12, at], [part.x - 2, at]], arrow);
  }
  for (const gate of gates) {
    const foot = gate.y;
    const high = Math.min(...rows.map((r) => r.y));
    if (gate.x > Math.min(...rows.map((r) => r.x)) + 1) {
      const cut = { colour: colours.cell, width: 2 };
      // prettier-ignore
      line(ctx, [[gate.x, high], [gate.x, foot - 1]], cut);
    }
    const full = [gate.activation, gate.name && `· ${gate.name}`, gate.words && `· ${gate.words}`];
    const short = [gate.activation, gate.name && `· ${gate.name}`];
    const options = [full, short, [gate.name]].map((x) => x.filter(Boolean).join(' '));
    const text = fitting(ctx, options, 11.5, gate.width - 4);
    const middle = gate.x + gate.width / 2;
    write(ctx, text, middle, gate.y + 14, { colour: soft, size: 11.5, align: 'center' });
  }
  const size = box.width < 330 ? 11.5 : 14;
  for (const { x, y, parts } of lines) formula(ctx, parts, x, y, { colour: ink, size });
  const words = fitting(ctx, shapes.texts, 11.5, box.width - 24);
  write(ctx, words, shapes.x, shapes.y, { colour: soft, size: 11.5 });
}

/**
 * The timestep whose state comes in.
 *
 * @param {Band} band
 * @param {Row} row
 * @param {number} column
 */
function before({ columns }, row, column) {
  const back = row.backward ? 1 : -1;
  if (columns.rolled) return row.backward ? 't+1' : 't−1';
  const from = column + back;
  if (from < 0 || from >= columns.count) return 'start';
  const last = columns.count - 1;
  // The timesteps that are left out lie between.
  if (!columns.known && !row.backward && column === last) return `${columns.symbol}−2`;
  if (!columns.known && row.backward && column === columns.gapAfter) return String(column + 1);
  return timestepName(columns, from);
}
