/**
 * The lines of small charts: a value over timesteps, or over training steps.
 *
 * @import {Scale} from './scale.js'
 */
import { placeOn } from './scale.js';

/** Of the charts' own coordinates; the page stretches them. */
export const CHART = { width: 300, height: 90, margin: 5 };

/**
 * @param {number} place on the scale, 0 to 1
 * @returns {number} from the upper edge
 */
export const heightOf = (place) => CHART.margin + (1 - place) * (CHART.height - 2 * CHART.margin);

/**
 * A line through the finite values; it is broken where one is missing.
 *
 * @param {{x: number, value: number}[]} points
 * @param {Scale} scale
 * @returns {string} the path's data
 */
export function linePath(points, scale) {
  let pen = 'M';
  let path = '';
  points.forEach(({ x, value }, i) => {
    if (!Number.isFinite(value)) {
      pen = 'M';
      return;
    }
    const y = heightOf(placeOn(scale, value)).toFixed(1);
    const alone = pen === 'M' && !Number.isFinite(points[i + 1]?.value ?? NaN);
    // A round cap makes a dot of a line of no length.
    path += alone ? `M${x.toFixed(1)} ${y}h0` : `${pen}${x.toFixed(1)} ${y}`;
    pen = 'L';
  });
  return path;
}

/**
 * @param {{x: number, value: number}[]} points
 * @returns {number[]} where the value is infinite
 */
export const infinities = (points) =>
  points.filter((p) => Math.abs(p.value) === Infinity).map((p) => p.x);
