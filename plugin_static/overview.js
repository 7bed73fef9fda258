/**
 * The whole picture in a corner, and where in it the view is.
 *
 * @import {Scene} from './layout.js'
 * @import {View} from './brush.js'
 * @import {Box} from './glyph.js'
 */

/**
 * @typedef {object} Overview
 * @property {number} width
 * @property {number} height
 * @property {(Box & {band: number, row: number})[]} rows
 * @property {Box[]} frames what is in view, one for each band of which something is
 */

const WIDTH = 168;
const HEIGHT = 72;
const MOST_ROW = 8;
const GAP = 5;
const PAD = 5;
/** What is in view can be seen, and taken hold of, however small a part it is. */
const LEAST_FRAME = 5;

/**
 * @param {Scene} scene
 * @param {View} view
 * @returns {boolean} whether so much is out of view that one may be lost
 */
export const needed = (scene, view) =>
  scene.width > view.width + 1 || scene.height > 2 * view.height;

/**
 * @param {Scene} scene
 * @param {View} view
 * @returns {Overview}
 */
export function overviewOf(scene, view) {
  const bands = scene.bands.map((band, i) => ({ band, i })).filter(({ band }) => band.axis);
  const count = bands.reduce((sum, { band }) => sum + band.rows.length, 0);
  const each = Math.min(MOST_ROW, HEIGHT / Math.max(1, count));
  const across = WIDTH - 2 * PAD;
  const [left, right] = [view.x + scene.left, view.x + view.width - scene.right];
  const [upper, lower] = [view.y, view.y + view.height];
  /** @type {Overview} */
  const found = { width: WIDTH, height: 0, rows: [], frames: [] };
  let y = PAD;
  for (const { band, i } of bands.toReversed()) {
    const top = y;
    for (let row = band.rows.length - 1; row >= 0; row -= 1) {
      found.rows.push({ x: PAD, y, width: across, height: each, band: i, row });
      y += each;
    }
    const whole = band.columns.slots * band.pitch;
    const highest = band.rows.at(-1)?.top ?? 0;
    const high = band.rows.reduce((sum, row) => sum + row.room, 0);
    const part = (/** @type {number} */ at, /** @type {number} */ of) =>
      Math.min(1, Math.max(0, at / of));
    const [u0, u1] = [left, right].map((x) => part(x - band.x0, whole));
    const [v0, v1] = [upper, lower].map((at) => part(at - highest, high));
    if (u1 > u0 && v1 > v0) {
      const size = y - top;
      const width = Math.max(LEAST_FRAME, (u1 - u0) * across);
      const height = Math.max(LEAST_FRAME, (v1 - v0) * size);
      const x = Math.min(PAD + u0 * across, PAD + across - width);
      found.frames.push({ x, y: Math.min(top + v0 * size, y - height), width, height });
    }
    y += GAP;
  }
  found.height = y - GAP + PAD;
  return found;
}

/**
 * @param {Scene} scene
 * @param {View} view
 * @param {Overview} overview
 * @param {{x: number, y: number}} at in the overview
 * @returns {{x: number, y: number}} how far to scroll, so that this is in the middle of the view
 */
export function scrollToPart(scene, view, { rows }, at) {
  const nearest = rows.toSorted((a, b) => distance(a, at.y) - distance(b, at.y))[0];
  if (!nearest) return view;
  const band = scene.bands[nearest.band];
  const row = band.rows[nearest.row];
  const x = band.x0 + ((at.x - nearest.x) / nearest.width) * band.columns.slots * band.pitch;
  const part = Math.min(1, Math.max(0, (at.y - nearest.y) / nearest.height));
  const middle = (scene.left + view.width - scene.right) / 2;
  return { x: x - middle, y: row.top + part * row.room - view.height / 2 };
}

/**
 * @param {Box} box
 * @param {number} y
 */
const distance = (box, y) => Math.max(box.y - y, y - box.y - box.height, 0);
