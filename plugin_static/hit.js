/**
 * What is under the pointer.
 *
 * @import {Band, Row, Scene} from './layout.js'
 * @import {Model} from './model.js'
 * @import {View} from './brush.js'
 * @import {Selection} from './selection.js'
 */
import { EVERY, columnId, slotOf } from './columns.js';
import { boxWidth } from './layout.js';
import { mainVariable } from './model.js';

/**
 * @typedef {{kind: 'cell', band: Band, row: Row, column: number}
 *   | {kind: 'wire', band: Band, row: Row}} Hit
 */

const WIRE_REACH = 6;

/**
 * @param {Scene} scene
 * @param {number} x in the scene's own pixels
 * @param {number} y
 * @returns {Hit | undefined}
 */
export function hitTest(scene, x, y) {
  for (const band of scene.bands) {
    for (const row of band.rows) {
      if (Math.abs(y - row.y) <= row.height / 2) {
        const column = columnAt(band, row, x);
        if (column !== undefined) return { kind: 'cell', band, row, column };
      }
      if (Math.abs(y - row.trunkY) <= WIRE_REACH && x < trackEnd(band, row)) {
        return { kind: 'wire', band, row };
      }
    }
  }
  return undefined;
}

/**
 * @param {Band} band
 * @param {Row} row
 * @param {number} x
 * @returns {number | undefined}
 */
function columnAt(band, row, x) {
  if (row.shape === 'box') return x >= row.boxX && x <= row.boxX + boxWidth(row) ? 0 : undefined;
  const slot = Math.floor((x - band.x0) / band.pitch);
  if (slot < 0 || slot >= band.columns.slots) return undefined;
  if (row.shape === 'bar') return row.rolled > 0 ? EVERY : 0;
  const gap = (band.pitch - band.cellWidth) / 2;
  const inside = x - band.x0 - slot * band.pitch;
  if (band.pitch >= 24 && (inside < gap || inside > band.pitch - gap)) return undefined;
  const column = band.columns.gapAfter >= 0 && slot > band.columns.gapAfter ? slot - 1 : slot;
  return slotOf(band.columns, column) === slot ? column : undefined;
}

/**
 * @param {Band} band
 * @param {Row} row
 */
const trackEnd = (band, row) =>
  band.axis ? band.x0 + band.columns.slots * band.pitch : row.boxX + boxWidth(row);

/**
 * @param {Model} model
 * @param {Scene} scene
 * @param {{x: number, y: number}} at from the upper left corner of the view
 * @param {View} view
 * @returns {Selection | undefined}
 */
export function selectionAt(model, scene, at, view) {
  if (at.x < scene.bend - 8 || at.x > view.width - scene.right) return undefined;
  const hit = hitTest(scene, at.x + view.x, at.y + view.y);
  if (!hit) return undefined;
  const layer = hit.row.layer.id;
  if (hit.kind === 'cell') {
    return {
      kind: 'cell',
      layer,
      axis: hit.band.axis?.id ?? '',
      column: columnId(hit.band.columns, hit.column),
    };
  }
  const variable = mainVariable(model, layer);
  return variable && { kind: 'variable', index: model.timeline.variables.indexOf(variable) };
}
