/**
 * How often, and when, a variable is used, in words. A use on an axis inside another one happens
 * again at each timestep of that other one. The terminal says the same in the same words
 * (tb_rnnview/views/uses.py).
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
  let axis = axes.get(axes.get(id)?.parent ?? '');
  while (axis && axis.id !== id && !around.includes(axis)) {
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
 * @param {Map<string, Axis>} axes
 * @param {string} id
 * @returns {boolean} whether a run may stop before the known number of timesteps
 */
export const isBounded = (axes, id) =>
  [axes.get(id), ...axesAround(axes, id)].some(
    (axis) => axis?.length_is_bound && axis.length !== undefined,
  );

const NOT_KNOWN = 'not known';

/**
 * "3", "3 × 4 = 12", "1 + T", "≤ 16".
 *
 * @param {Model} model
 * @param {Variable} variable
 */
export function totalWords({ axes }, { uses }) {
  if (uses.some((u) => u.reads === 0)) return NOT_KNOWN;
  const factors = uses.map((u) => [...repeats(axes, u), ...(u.reads === 1 ? [] : [u.reads])]);
  const totals = factors.map(product);
  const known = totals.reduce((/** @type {number} */ sum, x) => sum + (x ?? 0), 0);
  const bound = uses.some((u) => isBounded(axes, u.axis)) ? '≤ ' : '';
  const open = uses.flatMap((use, i) =>
    totals[i] === undefined ? [{ use, factors: factors[i] }] : [],
  );
  if (open.length > 0) {
    const times = openWords(axes, open);
    if (times === NOT_KNOWN) return NOT_KNOWN;
    return bound + (known > 0 ? `${number(known)} + ${times}` : times);
  }
  if (uses.length === 1 && bound === '' && axesAround(axes, uses[0].axis).length > 0) {
    return `${factors[0].map(factorWords).join(' × ')} = ${number(known)}`;
  }
  return bound + number(known);
}

/**
 * In terms of T. It stands for one length: of two that are not known neither can be called so.
 *
 * @param {Map<string, Axis>} axes
 * @param {{use: Use, factors: (number | undefined)[]}[]} open
 */
function openWords(axes, open) {
  if (new Set(open.flatMap(({ use }) => openAxes(axes, use))).size > 1) return NOT_KNOWN;
  const partial = (/** @type {Use} */ u) =>
    u.axis !== '' && u.stop === undefined && (u.start > 0 || u.stride > 1);
  if (open.some(({ use }) => partial(use))) return NOT_KNOWN;
  if (open.length === 1) {
    return open[0].factors
      .filter((n) => n !== 1)
      .map(factorWords)
      .join(' × ');
  }
  const each = open.map(({ factors }) => product(factors.filter((n) => n !== undefined)) ?? 0);
  return `${number(each.reduce((a, b) => a + b, 0))} × T`;
}

/** @param {number | undefined} steps */
const factorWords = (steps) => (steps === undefined ? 'T' : number(steps));

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
      if (use.layer === '') return byNoLayer(axes, use);
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
 * @param {Map<string, Axis>} axes
 * @param {Use} use
 */
function byNoLayer(axes, use) {
  const times = use.reads === 0 ? '' : use.reads === 1 ? 'once ' : `${number(use.reads)} times `;
  const label = clean(axes.get(use.axis)?.label ?? '');
  const of = label === '' || label === 'time' ? '' : ` of ${label}`;
  const where = use.axis === '' ? 'outside time' : `at each timestep ${interval(use)}${of}`;
  return `also used ${times}${where}, by no layer (a weight decay, for example)`;
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
    layers.get(use.layer)?.kind === 'UNKNOWN' ? NOT_KNOWN : interval(use),
  );
  return [...new Set(words)].join(', ');
}
