/**
 * A place in the picture that stays the same place when the picture is laid out anew.
 *
 * @import {Scene} from './layout.js'
 */

/**
 * @typedef {{band: number, slot: number, row: number, part: number, beyond: number}} Place
 *   slot = in widths of a column from the first one; part = of the row, from its upper edge;
 *   beyond = pixels below the row (above it: negative), for what is between rows
 */

/**
 * @param {Scene} scene
 * @param {number} x in the scene's own pixels
 * @param {number} y
 * @returns {Place | undefined} undefined = there are no rows
 */
export function placeAt(scene, x, y) {
  const axes = scene.bands.flatMap((band, i) => (band.axis && band.rows.length > 0 ? [i] : []));
  const distance = (/** @type {number} */ i) => {
    const { top, foot } = scene.bands[i];
    return Math.max(top - y, y - foot, 0);
  };
  const nearest = axes.toSorted((a, b) => distance(a) - distance(b))[0];
  if (nearest === undefined) return undefined;
  const { rows, x0, pitch } = scene.bands[nearest];
  const found = rows.findIndex((row) => y >= row.top);
  const row = found < 0 ? rows.length - 1 : found;
  const { top, room } = rows[row];
  const part = Math.min(1, Math.max(0, (y - top) / room));
  return { band: nearest, slot: (x - x0) / pitch, row, part, beyond: y - top - part * room };
}

/**
 * @param {Scene} scene
 * @param {Place} place
 * @returns {{x: number, y: number}} in the scene's own pixels
 */
export function whereIs(scene, { band, slot, row, part, beyond }) {
  const { rows, x0, pitch } = scene.bands[band];
  const { top, room } = rows[row];
  return { x: x0 + slot * pitch, y: top + part * room + beyond };
}
