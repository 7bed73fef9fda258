/**
 * What each timestep of a layer looks like in the colours of a measure.
 *
 * @import {Listed, RowLabel, StepTable} from './statistics.js'
 * @import {Scale} from './scale.js'
 */
import { columnOf } from './statistics.js';
import { placeOn } from './scale.js';

/**
 * @typedef {{kind: 'value', value: number, place: number}
 *   | {kind: 'over', value: number} | {kind: 'undefined', value: number}
 *   | {kind: 'broken', value: number}} Look
 *   place = on the scale, 0 to 1; over = no sequence runs there; broken = NaN or infinite
 *
 * @typedef {object} RowHeat the timesteps of one layer at one training step
 * @property {number} length
 * @property {(timestep: number) => Look} look
 * @property {(first: number, last: number) => Look} most of several timesteps, what stands out
 *
 * @typedef {object} Heat all that is coloured
 * @property {boolean} diverging
 * @property {(place: string) => RowHeat | undefined} of by layer and application
 */

const OVER = /** @type {const} */ ({ kind: 'over', value: NaN });

/**
 * @param {Listed} listed
 * @param {StepTable} table
 * @param {number} row
 * @param {Scale} scale
 * @returns {RowHeat}
 */
export function rowHeat(listed, table, row, scale) {
  const values = table.values[row];
  const live = listed.rows.findIndex((x) => x.measure === 'live');
  const broken = brokenRows(listed.rows, row);

  /** @param {number} column @returns {Look} */
  const inColumn = (column) => {
    if (column < 0) return OVER;
    const value = values[column];
    if (live >= 0 && table.values[live][column] === 0) return { kind: 'over', value };
    const counted = broken.some((x) => table.values[x][column] > 0);
    if (counted || Math.abs(value) === Infinity) return { kind: 'broken', value };
    if (Number.isNaN(value)) return { kind: 'undefined', value };
    return { kind: 'value', value, place: placeOn(scale, value) };
  };

  return {
    length: table.length,
    look: (timestep) => inColumn(columnOf(table, timestep)),
    most: (first, last) => {
      const from = columnOf(table, first);
      if (from < 0) return OVER;
      const to = columnOf(table, Math.min(last, table.length - 1));
      let most = inColumn(from);
      for (let column = from + 1; column <= to; column += 1) {
        const look = inColumn(column);
        if (standsOut(look) > standsOut(most)) most = look;
      }
      return most;
    },
  };
}

/** What NaN and infinite numbers make meaningless, by what they were found in. */
const CONCERNS = new Map([
  ['values', ['activation', 'saturation']],
  ['gradients', ['state_gradient', 'vote']],
]);

/**
 * @param {RowLabel[]} rows
 * @param {number} row
 * @returns {number[]} the rows that count what is not finite in that row
 */
export function brokenRows(rows, row) {
  const { measure } = rows[row];
  if (measure === 'non_finite') return [row];
  return rows.flatMap((x, i) =>
    x.measure === 'non_finite' && (CONCERNS.get(x.of)?.includes(measure) ?? measure !== 'live')
      ? [i]
      : [],
  );
}

/** @type {Record<Look['kind'], number>} */
const RANK = { over: -2, undefined: -1, value: 0, broken: Infinity };

/** @param {Look} look */
const standsOut = (look) => RANK[look.kind] + (look.kind === 'value' ? Math.abs(look.value) : 0);

/** Shades of a ramp. */
const SHADES = 256;

/**
 * The colours between the given ones.
 *
 * @param {string[]} stops as #rrggbb
 * @returns {{fill: string, dark: boolean}[]} dark = light letters are read better on it
 */
export function rampOf(stops) {
  const parts = stops.map((stop) => [1, 3, 5].map((i) => parseInt(stop.slice(i, i + 2), 16) || 0));
  return Array.from({ length: SHADES }, (_, i) => {
    const at = (i / (SHADES - 1)) * (parts.length - 1);
    const lower = Math.min(parts.length - 2, Math.floor(at));
    const mixed = parts[lower].map((from, k) =>
      Math.round(from + (parts[lower + 1][k] - from) * (at - lower)),
    );
    return { fill: `rgb(${mixed.join(' ')})`, dark: luminance(mixed) < EQUAL };
  });
}

/** Of this luminance, black and white letters have the same contrast (WCAG 2.1). */
const EQUAL = Math.sqrt(1.05 * 0.05) - 0.05;

/** @param {number[]} colour red, green, blue */
function luminance(colour) {
  const [r, g, b] = colour.map((part) => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * @template T
 * @param {T[]} ramp
 * @param {number} place from 0 to 1
 * @returns {T}
 */
export const shade = (ramp, place) => ramp[Math.round(place * (ramp.length - 1))];
