/**
 * What the length of a time axis is called: 3, at most 20, or T where nobody knows it. T stands for
 * one length: where several are not known they are T₁, T₂, … in the order of the axes. The terminal
 * says the same in the same words (tb_rnnview/views/lengths.py).
 *
 * @import {Axis} from './timeline.js'
 */
import { counted, number } from './words.js';

const DIGITS = '₀₁₂₃₄₅₆₇₈₉';
const MOST_ADDED = 3;

/**
 * @param {Map<string, Axis>} axes
 * @param {string} id
 * @returns {string} what stands for the axis' length where it is not known
 */
export function symbolOf(axes, id) {
  const unknown = [...axes.values()].filter((axis) => axis.length === undefined);
  const place = unknown.findIndex((axis) => axis.id === id);
  if (unknown.length < 2 || place < 0) return 'T';
  return `T${[...String(place + 1)].map((digit) => DIGITS[Number(digit)]).join('')}`;
}

/**
 * "3 timesteps", "up to 20 timesteps", "T timesteps".
 *
 * @param {Map<string, Axis>} axes
 * @param {Axis | undefined} axis
 */
export function lengthWords(axes, axis) {
  if (!axis) return 'T timesteps';
  if (axis.length === undefined) return `${symbolOf(axes, axis.id)} timesteps`;
  return `${axis.length_is_bound ? 'up to ' : ''}${counted(axis.length, 'timestep')}`;
}

/**
 * The timesteps of several axes: "7 + 4", "T₁ + T₂", "≤ 7 + 4".
 *
 * @param {Map<string, Axis>} axes
 * @param {Axis[]} along
 * @returns {string} "" = too many to be named
 */
export function sumWords(axes, along) {
  if (along.length > MOST_ADDED) return '';
  const lengths = along.map((axis) =>
    axis.length === undefined ? symbolOf(axes, axis.id) : number(axis.length),
  );
  const bound = along.some((axis) => axis.length_is_bound && axis.length !== undefined);
  return `${bound ? '≤ ' : ''}${lengths.join(' + ')}`;
}
