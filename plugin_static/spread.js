/**
 * How wide the columns of one band are: all timesteps in the view, nearer, so near that the inside
 * of a cell can be read, or rolled up into one column.
 *
 * @import {Columns} from './columns.js'
 */
import { rolledUp } from './columns.js';

/**
 * @typedef {object} Spread
 * @property {Columns} columns
 * @property {number} inset from the band's own left edge to that of the first column
 * @property {number} pitch
 * @property {number} cellWidth
 * @property {number} near from 0 = cells with their states to 1 = the inside of a cell
 * @property {number} squeezed how far the columns have come together, 0 to 1
 * @property {number} closest the zoom beyond which nothing more is to be seen
 * @property {number} shown of what is written in the one column that they become, 0 to 1
 */

/** Browsers cannot scroll in what is wider than some 33 million pixels. */
const WIDEST_PICTURE = 30_000_000;
/** A column in which the inside of a cell can be read. */
const NEAR = { least: 350, most: 640 };
/** What a near cell leaves to the arrows beside it. */
const BESIDE = 96;
/** The columns have come together when rolling is so far; then the one that they are appears. */
export const TOGETHER = 0.75;

/**
 * @param {Columns} columns
 * @param {{room: number, tracks: number}} width for the columns, and with what is at their ends
 * @param {number} zoom 1 = all fit
 * @param {number} rolled from 0 to 1
 * @returns {Spread}
 */
export function spread(columns, { room, tracks }, zoom, rolled) {
  const least = columns.known ? 34 : 60;
  const widest = widestColumn(room);
  const nearest = Math.max(widest + 1, Math.min(NEAR.most, Math.max(NEAR.least, tracks)));
  const fit = Math.min(widest, Math.max(room, 60) / Math.max(1, columns.slots));
  const longest = Math.max(fit, Math.min(nearest, WIDEST_PICTURE / Math.max(1, columns.slots)));
  const nearness = (/** @type {number} */ pitch) =>
    Math.max(0, (pitch - widest) / (nearest - widest));
  const widthOf = (/** @type {number} */ pitch) => cellWidth(pitch, least, nearness(pitch));

  const alone = Math.min(widest, Math.max(room, 120));
  const one = Math.min(nearest, alone * zoom);
  if (rolled >= TOGETHER) {
    const shown = (rolled - TOGETHER) / (1 - TOGETHER);
    const sizes = { pitch: one, cellWidth: widthOf(one), near: nearness(one) };
    const closest = nearest / alone;
    return { columns: rolledUp(columns), inset: 0, ...sizes, closest, squeezed: 0, shown };
  }
  const wide = Math.min(longest, fit * zoom);
  const squeezed = rolled / TOGETHER;
  const between = (/** @type {number} */ from, /** @type {number} */ to) =>
    from + (to - from) * squeezed;
  const pitch = between(wide, widthOf(one) / Math.max(1, columns.slots));
  return {
    columns,
    inset: between(0, (one - widthOf(one)) / 2),
    pitch,
    cellWidth: between(widthOf(wide), widthOf(one) / Math.max(1, columns.slots)),
    near: between(nearness(wide), nearness(one)),
    closest: longest / fit,
    squeezed,
    shown: 1,
  };
}

/**
 * A few timesteps fill a large screen without being torn apart.
 *
 * @param {number} room
 */
const widestColumn = (room) => Math.min(360, Math.max(240, room / 5));

/**
 * @param {number} pitch
 * @param {number} least what the names in the cells need
 * @param {number} near
 */
function cellWidth(pitch, least, near) {
  if (pitch < 56) return pitch * (pitch >= 8 ? 0.66 : 0.8);
  const usual = Math.min(128, Math.max(Math.min(least, pitch * 0.75), pitch * 0.5));
  return 2 * Math.round((usual + (pitch - BESIDE - usual) * near) / 2);
}
