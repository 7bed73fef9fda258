/**
 * How often, and when, a variable is used, in words. A use on an axis inside another one happens
 * again at each timestep of that other one. The terminal says the same in the same words
 * (tb_rnnview/views/uses.py).
 *
 * @import {Axis, Use, Variable} from './timeline.js'
 * @import {Model} from './model.js'
 */
import { symbolOf } from './lengths.js';
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

/**
 * @param {Map<string, Axis>} axes
 * @param {Variable} variable
 * @returns {number | undefined} how often a run uses it in all; undefined = not known
 */
export const usesCounted = (axes, { uses }) =>
  uses.reduce((/** @type {number | undefined} */ sum, use) => {
    const times = use.reads === 0 ? undefined : product([...repeats(axes, use), use.reads]);
    return sum === undefined || times === undefined ? undefined : sum + times;
  }, 0);

const NOT_KNOWN = 'not known';

/**
 * "3", "3 × 4 = 12", "1 + T", "T₁ + T₂", "≤ 16".
 *
 * @param {Model} model
 * @param {Variable} variable
 */
export function totalWords({ axes }, { uses }) {
  if (uses.some((u) => u.reads === 0)) return NOT_KNOWN;
  const factors = uses.map((u) => factorsOf(axes, u));
  const bound = uses.some((u) => isBounded(axes, u.axis)) ? '≤ ' : '';
  const known = factors
    .filter((f) => symbolsIn(f).length === 0)
    .reduce((sum, f) => sum + multiply(f), 0);
  const open = factors.flatMap((f, i) => (symbolsIn(f).length > 0 ? [{ use: uses[i], f }] : []));
  const partial = (/** @type {Use} */ u) =>
    u.axis !== '' && u.stop === undefined && (u.start > 0 || u.stride > 1);
  if (open.some(({ use }) => partial(use))) return NOT_KNOWN;
  if (open.length > 0) {
    const terms = openTerms(open.map(({ f }) => f));
    return bound + [...(known > 0 ? [number(known)] : []), ...terms].join(' + ');
  }
  if (uses.length === 1 && bound === '' && axesAround(axes, uses[0].axis).length > 0) {
    return `${factors[0].map(factorWords).join(' × ')} = ${number(known)}`;
  }
  return bound + number(known);
}

/**
 * How often a use happens, as factors; a length that is not known is a symbol.
 *
 * @param {Map<string, Axis>} axes
 * @param {Use} use
 * @returns {(number | string)[]}
 */
function factorsOf(axes, use) {
  const around = axesAround(axes, use.axis).map((axis) => axis.length ?? symbolOf(axes, axis.id));
  const own = timesteps(use) ?? symbolOf(axes, use.axis);
  return [...around, own, ...(use.reads === 1 ? [] : [use.reads])];
}

/** @param {(number | string)[]} factors */
const symbolsIn = (factors) => factors.filter((x) => typeof x === 'string');

/** @param {(number | string)[]} factors */
const multiply = (factors) =>
  factors.reduce((/** @type {number} */ all, x) => (typeof x === 'number' ? all * x : all), 1);

/**
 * Uses in terms of the same lengths are added up: "3 × T", "5 × T".
 *
 * @param {(number | string)[][]} uses
 */
function openTerms(uses) {
  /** @type {Map<string, (number | string)[][]>} */
  const alike = new Map();
  for (const factors of uses) {
    const symbols = symbolsIn(factors).join(' × ');
    alike.set(symbols, [...(alike.get(symbols) ?? []), factors]);
  }
  return [...alike]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([symbols, group]) => {
      if (group.length > 1) {
        return `${number(group.reduce((sum, f) => sum + multiply(f), 0))} × ${symbols}`;
      }
      return group[0]
        .filter((x) => x !== 1)
        .map(factorWords)
        .join(' × ');
    });
}

/** @param {number | string} steps */
const factorWords = (steps) => (typeof steps === 'string' ? steps : number(steps));

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
        const atOnce = layers.get(use.layer)?.kind === 'SEQUENCE';
        const times = use.reads === 1 ? 'once' : `${number(use.reads)} times`;
        return reads || `${times}, ${atOnce ? 'for all timesteps at once' : 'outside time'}`;
      }
      const one = timesteps(use) === 1 && axesAround(axes, use.axis).length === 0;
      const often = use.reads === 1 ? 'once' : `${number(use.reads)} times`;
      const times = one ? often : `${often} each`;
      const when = interval(use, symbolOf(axes, use.axis));
      return `${when}${aroundWords(axes, use.axis)}, ${reads || times}`;
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
  const when = interval(use, symbolOf(axes, use.axis));
  const where = use.axis === '' ? 'outside time' : `at each timestep ${when}${of}`;
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
export function whenWords({ axes, layers }, { uses }) {
  if (uses.length === 0) return 'not used';
  const words = uses.map((use) => {
    const kind = layers.get(use.layer)?.kind;
    if (kind === 'UNKNOWN') return NOT_KNOWN;
    if (kind === 'SEQUENCE' && use.axis === '') return 'all at once';
    return interval(use, symbolOf(axes, use.axis));
  });
  return [...new Set(words)].join(', ');
}
