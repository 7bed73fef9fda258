/**
 * How often, and when, a variable is used, in words. A use on an axis inside another one happens
 * again at each timestep of that other one.
 *
 * @import {Axis, Use, Variable} from './timeline.js'
 * @import {Model} from './model.js'
 */
import { clean, counted, interval, number, timesteps } from './words.js';

/**
 * @param {Map<string, Axis>} axes
 * @param {string} id
 * @returns {Axis[]} the axes around an axis, the outermost first
 */
export function axesAround(axes, id) {
  /** @type {Axis[]} */
  const around = [];
  for (let axis = axes.get(axes.get(id)?.parent ?? ''); axis && !around.includes(axis);) {
    around.unshift(axis);
    axis = axes.get(axis.parent);
  }
  return around;
}

/**
 * @param {Map<string, Axis>} axes
 * @param {Use} use
 * @returns {(number | undefined)[]} timesteps on each axis, the outermost first; their product is
 *   how often the use happens. undefined = not known
 */
export const repeats = (axes, use) => [
  ...axesAround(axes, use.axis).map((axis) => axis.length),
  timesteps(use),
];

/** @param {(number | undefined)[]} counts */
export const product = (counts) =>
  counts.reduce(
    (all, each) => (all === undefined || each === undefined ? undefined : all * each),
    1,
  );

/**
 * "3", "3 × 4 = 12", "1 + T", "≤ 16".
 *
 * @param {Model} model
 * @param {Variable} variable
 */
export function totalWords({ axes }, { uses }) {
  if (uses.some((u) => u.reads === 0)) return 'not known';
  const factors = uses.map((u) => [...repeats(axes, u), ...(u.reads === 1 ? [] : [u.reads])]);
  const totals = factors.map(product);
  const known = totals.reduce((/** @type {number} */ sum, x) => sum + (x ?? 0), 0);
  const open = factors.filter((_, i) => totals[i] === undefined);
  const bound = uses.some((u) =>
    [axes.get(u.axis), ...axesAround(axes, u.axis)].some((axis) => axis?.length_is_bound),
  );
  if (open.length > 0) {
    // T stands for one length: two that are not known cannot both be called so.
    const lengths = new Set(uses.flatMap((u) => openAxes(axes, u)));
    if (lengths.size > 1 || open.length > 1) return 'not known';
    const times = open[0].map((x) => (x === undefined ? 'T' : number(x))).filter((x) => x !== '1');
    return [...(known > 0 ? [number(known)] : []), times.join(' × ')].join(' + ');
  }
  const nested = uses.length === 1 && axesAround(axes, uses[0].axis).length > 0;
  const sum = nested
    ? `${factors[0].map((x) => number(x ?? 0)).join(' × ')} = ${number(known)}`
    : number(known);
  return `${bound ? '≤ ' : ''}${sum}`;
}

/**
 * @param {Map<string, Axis>} axes
 * @param {Use} use
 * @returns {string[]} ids of the axes whose length the use would need
 */
function openAxes(axes, use) {
  const around = axesAround(axes, use.axis)
    .filter((axis) => axis.length === undefined)
    .map((axis) => axis.id);
  return timesteps(use) === undefined ? [...around, use.axis] : around;
}

/**
 * "0 – 2, once each", "0 – 3 at each of the 3 timesteps of while, once each".
 *
 * @param {Model} model
 * @param {Variable} variable
 */
export function placesWords(model, variable) {
  const { axes, layers } = model;
  if (variable.uses.length === 0) return 'not used';
  return variable.uses
    .map((use) => {
      const reads = use.reads === 0 ? 'how often is not known' : '';
      if (use.axis === '' && use.layer === '') {
        return 'also used once outside time, by no layer (a weight decay, for example)';
      }
      if (layers.get(use.layer)?.kind === 'UNKNOWN') {
        return reads || `at ${counted(use.reads, 'place')}; when is not known`;
      }
      if (use.axis === '') {
        return reads || `${use.reads === 1 ? 'once' : `${number(use.reads)} times`}, outside time`;
      }
      const times = use.reads === 1 ? 'once each' : `${number(use.reads)} times each`;
      return `${interval(use)}${aroundWords(axes, use.axis)}, ${reads || times}`;
    })
    .join('; ');
}

/**
 * "" , " at each of the 3 timesteps of while".
 *
 * @param {Map<string, Axis>} axes
 * @param {string} id
 */
export function aroundWords(axes, id) {
  return axesAround(axes, id)
    .toReversed()
    .map((axis) => {
      const name = clean(axis.label) || 'time';
      if (axis.length === undefined) return ` at each timestep of ${name}`;
      const most = axis.length_is_bound ? 'up to ' : '';
      return ` at each of the ${most}${counted(axis.length, 'timestep')} of ${name}`;
    })
    .join('');
}

/**
 * The timesteps column of the table.
 *
 * @param {Model} model
 * @param {Variable} variable
 */
export function whenWords({ layers }, { uses }) {
  if (uses.length === 0) return 'not used';
  const words = uses.map((use) =>
    layers.get(use.layer)?.kind === 'UNKNOWN' ? 'not known' : interval(use),
  );
  return [...new Set(words)].join('; ');
}
