/**
 * Where the Tab key leads to in the picture, where the arrow keys lead from there, and what has to
 * be in view for it.
 *
 * @import {Band, Row, Scene} from './layout.js'
 * @import {Box} from './glyph.js'
 * @import {Model} from './model.js'
 * @import {Selection} from './selection.js'
 * @import {View} from './brush.js'
 */
import { rowKey } from './cells.js';
import { isLit } from './selection.js';

/**
 * @param {Model} model
 * @param {Scene} scene
 * @param {Selection | undefined} active
 * @returns {number} the variable whose kernel the Tab key leads to; -1 = none is drawn
 */
export function kernelStop(model, scene, active) {
  const matrices = [...scene.kernels.glyphs.values()].flatMap((g) => g.matrices);
  const drawn = matrices.map((m) => model.timeline.variables.indexOf(m.variable));
  return drawn.find((index) => isLit(model, active, index)) ?? drawn[0] ?? -1;
}

/**
 * @param {Scene} scene
 * @returns {string} key of the row of cells that the Tab key leads to at first
 */
export function firstRowKey(scene) {
  const band = scene.bands.find((b) => b.axis) ?? scene.bands[0];
  return band ? rowKey(band.axis?.id ?? '', band.rows[0].layer.id) : '';
}

/**
 * @param {Scene} scene
 * @param {string} key
 * @param {Band} band
 * @param {Row} row
 * @param {number} column
 * @returns {{band: Band, row: Row, column: number} | undefined} undefined = the key leads nowhere
 */
export function nextCell(scene, key, band, row, column) {
  const rows = scene.bands.flatMap((b) => b.rows.map((r) => ({ band: b, row: r })));
  const at = rows.findIndex((r) => r.row === row);
  const page = Math.max(1, Math.round(band.columns.count / 10));
  /** @type {Record<string, [number, number]>} */
  const moves = {
    ArrowRight: [at, column + 1],
    ArrowLeft: [at, column - 1],
    ArrowUp: [at + 1, column],
    ArrowDown: [at - 1, column],
    PageUp: [at, column - page],
    PageDown: [at, column + page],
    Home: [at, 0],
    End: [at, Infinity],
  };
  const move = moves[key];
  if (!move) return undefined;
  const next = rows[Math.min(rows.length - 1, Math.max(0, move[0]))];
  const last = next.row.shape === 'cells' ? next.band.columns.count - 1 : 0;
  return { ...next, column: Math.min(last, Math.max(0, move[1])) };
}

/**
 * @param {Scene} scene
 * @param {Box} box
 * @param {View} view
 * @returns {{x: number, y: number}} how far to scroll, so that a cell is in view
 */
export function scrollTo(scene, box, view) {
  let { x, y } = view;
  const [from, to] = [x + scene.left, x + view.width - scene.right];
  if (box.x < from + 30) x = Math.max(0, box.x - scene.left - 60);
  else if (box.x + box.width > to - 30) x = box.x + box.width - view.width + scene.right + 60;
  // The ruler lies over the foot of the picture.
  if (box.y < y + 20) y = box.y - 40;
  else if (box.y + box.height > y + view.height - 70) y = box.y + box.height - view.height + 110;
  return { x, y };
}
