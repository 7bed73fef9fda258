/**
 * The columns of one time axis: one per timestep. Where the length is not known, three stand for
 * all of them: 0, 1, a gap, T−1.
 *
 * @import {Axis, Use} from './timeline.js'
 */
import { symbolOf } from './lengths.js';

/**
 * @typedef {object} Columns
 * @property {number} count
 * @property {number} slots widths of a column that they take, the gap included
 * @property {boolean} known whether the length is known
 * @property {number} gapAfter the column before the gap; -1 = none
 * @property {string} symbol what stands for a length that is not known
 * @property {boolean} [rolled] one column stands for every timestep
 */

/** What is said of this column holds at every timestep. */
export const EVERY = -1;

/**
 * @param {Columns} columns
 * @returns {Columns} one column, for a timestep t that may be any
 */
export const rolledUp = ({ symbol }) => ({
  count: 1,
  slots: 1,
  known: true,
  gapAfter: -1,
  symbol,
  rolled: true,
});

/**
 * @param {Columns} columns
 * @param {number} column
 * @returns {number} what it is called where it is chosen
 */
export const columnId = (columns, column) => (columns.rolled ? EVERY : column);

/**
 * @param {Map<string, Axis>} axes
 * @param {Axis | undefined} axis
 * @returns {Columns}
 */
export function columnsOf(axes, axis) {
  const length = axis?.length;
  const symbol = symbolOf(axes, axis?.id ?? '');
  if (length === undefined) return { count: 3, slots: 4, known: false, gapAfter: 1, symbol };
  return { count: length, slots: length, known: true, gapAfter: -1, symbol };
}

/**
 * @param {Columns} columns
 * @param {number} column
 * @returns {number} place of the column, in widths of a column
 */
export const slotOf = (columns, column) =>
  columns.gapAfter >= 0 && column > columns.gapAfter ? column + 1 : column;

/**
 * @param {{columns: Columns, x0: number, pitch: number}} band
 * @param {number} column
 * @returns {number} x of the column's centre, on a whole pixel where that makes lines sharper
 */
export function columnX(band, column) {
  const x = band.x0 + (slotOf(band.columns, column) + 0.5) * band.pitch;
  return band.pitch >= 8 ? Math.round(x) : x;
}

/**
 * @param {Columns} columns
 * @param {number} column
 * @returns {string} the timestep that the column stands for
 */
export function timestepName(columns, column) {
  if (columnId(columns, column) === EVERY) return 't';
  return !columns.known && column === columns.count - 1 ? `${columns.symbol}−1` : String(column);
}

/**
 * Whether a variable is used in a column.
 *
 * @param {Columns} columns
 * @param {Use} use
 * @param {number} column
 */
export function usedAt(columns, use, column) {
  if (columnId(columns, column) === EVERY) return use.stop === undefined || use.stop > use.start;
  if (!columns.known && column === columns.count - 1) return use.stop === undefined;
  if (column < use.start || (use.stop !== undefined && column >= use.stop)) return false;
  return (column - use.start) % use.stride === 0;
}

/**
 * The columns of a band that lie between two places, in pixels from the first column's left edge.
 *
 * @param {Columns} columns
 * @param {number} pitch width of a column
 * @param {number} from
 * @param {number} to
 * @returns {[number, number]} first and last; last < first where there is none
 */
export function visibleColumns(columns, pitch, from, to) {
  if (columns.gapAfter >= 0) return [0, columns.count - 1];
  const first = Math.max(0, Math.floor(from / pitch));
  return [first, Math.min(columns.count - 1, Math.floor(to / pitch))];
}
