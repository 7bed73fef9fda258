/**
 * The cells that the canvas paints, as elements that the keyboard and a screen reader can reach.
 *
 * All of them are one stop of the Tab key; arrow keys walk from cell to cell. Where the cells in
 * view are many, only the one that the keyboard is at has an element in each row.
 *
 * @import {Heat} from './heat.js'
 * @import {Band, Row, Scene} from './layout.js'
 * @import {Model} from './model.js'
 * @import {Selection} from './selection.js'
 */
import { html, repeat } from './vendor/libraries.js';
import { EVERY, columnX, timestepName } from './columns.js';
import { lengthWords } from './lengths.js';
import { barBox, boxWidth } from './layout.js';
import { lookAt } from './paint_heat.js';
import { significant } from './scale.js';
import { readBy } from './selection.js';
import { roleWords } from './words.js';

/** More elements than this are not made. */
const MOST = 400;

/**
 * @typedef {object} CellContext
 * @property {Model} model
 * @property {Scene} scene
 * @property {Heat | undefined} heat
 * @property {Map<string, number>} cursors the column that the keyboard is at, by row
 * @property {string} stop the row that the Tab key leads to
 * @property {(band: Band) => [number, number]} inView
 * @property {(selection: Selection) => void} choose
 * @property {(event: KeyboardEvent, band: Band, row: Row, column: number) => void} walk
 */

/**
 * @param {string} axis id
 * @param {string} layer id
 */
export const rowKey = (axis, layer) => `${axis} ${layer}`;

/** @param {CellContext} context */
export function cells(context) {
  const { scene, inView } = context;
  const total = scene.bands.reduce((sum, band) => {
    const [first, last] = inView(band);
    return sum + band.rows.length * Math.max(0, last - first + 1);
  }, 0);
  return scene.bands.map((band) =>
    band.rows.map((row) => rowOfCells(context, band, row, total <= MOST)),
  );
}

/**
 * @param {CellContext} context
 * @param {Band} band
 * @param {Row} row
 * @param {boolean} all
 */
function rowOfCells(context, band, row, all) {
  const { model, cursors, stop, inView, choose, walk } = context;
  const title = model.titles.get(row.layer.id) ?? '';
  const [first, last] = inView(band);
  const single = row.shape !== 'cells' || band.columns.rolled;
  const axis = band.axis?.id ?? '';
  const key = rowKey(axis, row.layer.id);
  const cursor = single ? 0 : (cursors.get(key) ?? Math.max(0, first));
  const columns = [];
  // A bar is one cell of each timestep, where it is a layer rolled up.
  const every = band.columns.rolled || (row.shape === 'bar' && row.rolled > 0);
  if (all && !single) for (let i = first; i <= last; i += 1) columns.push(i);
  if (!columns.includes(cursor)) columns.push(cursor);
  const count = every ? 'rolled up' : single ? 'once' : lengthWords(model.axes, band.axis);
  return html`<div role="group" aria-label="${title}: ${count}">
    ${repeat(columns, String, (column) => {
      const cell = { layer: row.layer.id, axis, column: every ? EVERY : column };
      const read = readBy(model, cell);
      const one = single ? '' : `, timestep ${timestepName(band.columns, column)}`;
      const when = every ? ', every timestep' : one;
      const reads = read.map((v) => roleWords(v.role)).join(', ') || 'no variable';
      const box = cellBox(band, row, column);
      return html`<button
        class="cell"
        data-cell=${row.layer.id}
        data-axis=${axis}
        data-column=${column}
        tabindex=${column === cursor && key === stop ? 0 : -1}
        aria-label="${title}${when}: ${measuredWords(context, band, row, column)}reads ${reads}"
        style="left:${box.x}px; top:${box.y}px; width:${box.width}px; height:${box.height}px"
        @focus=${() => choose({ kind: 'cell', ...cell })}
        @keydown=${(/** @type {KeyboardEvent} */ event) => walk(event, band, row, column)}
      ></button>`;
    })}
  </div>`;
}

/**
 * @param {CellContext} context
 * @param {Band} band
 * @param {Row} row
 * @param {number} column
 */
function measuredWords({ heat }, band, row, column) {
  const look = band.columns.rolled ? undefined : lookAt(heat, band, row, column);
  if (!look) return '';
  if (look.kind === 'over') return 'no sequence runs; ';
  return look.kind === 'undefined' ? 'not defined; ' : `${significant(look.value)}; `;
}

/**
 * @param {Band} band
 * @param {Row} row
 * @param {number} column
 */
export function cellBox(band, row, column) {
  const y = row.y - row.height / 2;
  if (row.shape === 'box') return { x: row.boxX, y, width: boxWidth(row), height: row.height };
  if (row.shape === 'bar') {
    return barBox(band, row);
  }
  const width = Math.max(4, band.cellWidth);
  return { x: columnX(band, column) - width / 2, y, width, height: row.height };
}
