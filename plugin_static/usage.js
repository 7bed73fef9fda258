/**
 * At how many timesteps one stored variable is used, and at which: a number, words, and a strip as
 * wide as a word.
 *
 * @import {Use, Variable} from './timeline.js'
 * @import {Model} from './model.js'
 */
import { columnsOf, slotOf } from './columns.js';
import { symbolOf } from './lengths.js';
import { axesAround, isBounded, product } from './uses.js';
import { number } from './words.js';

/** @typedef {{x: number, width: number}} Span in pixels */

/**
 * @param {Model} model
 * @param {Variable} variable
 * @returns {Map<string, Use[]>} its uses on each time axis that there is, in the order of the axes
 */
function usesByAxis({ timeline, axes }, { uses }) {
  const used = new Map(timeline.axes.map((axis) => [axis.id, /** @type {Use[]} */ ([])]));
  for (const use of uses) if (axes.has(use.axis)) used.get(use.axis)?.push(use);
  return new Map([...used].filter(([, list]) => list.length > 0));
}

/**
 * The first timestep from a place on at which a variable is used.
 *
 * @param {Use} use
 * @param {number} from
 */
function nextUse({ start, stop, stride }, from) {
  const next = start + Math.max(0, Math.ceil((from - start) / stride)) * stride;
  return stop !== undefined && next >= stop ? Infinity : next;
}

/** Longer axes with uses at every so many timesteps are not counted one by one. */
const MOST_COUNTED = 1_000_000;

/**
 * @param {Use[]} uses of one axis
 * @returns {number | undefined} timesteps with a use; undefined = not known
 */
function timestepsUsed(uses) {
  if (uses.some((u) => u.stop === undefined)) return undefined;
  const ends = uses.map((u) => u.stop ?? 0);
  const one = uses.every((u) => u.stride === 1);
  const last = Math.max(...ends);
  if (!one && uses.length > 1 && last > MOST_COUNTED) return undefined;
  if (uses.length === 1) {
    const [{ start, stride }] = uses;
    return Math.max(0, Math.ceil((last - start) / stride));
  }
  let count = 0;
  let at = 0;
  while (at < last) {
    const first = Math.min(...uses.map((u) => nextUse(u, at)));
    if (first === Infinity) break;
    // Where every timestep is used, whole stretches are counted at once.
    const reach = one
      ? Math.max(...uses.filter((u) => u.start <= first && (u.stop ?? 0) > first).map(stopOf))
      : first + 1;
    count += reach - first;
    at = reach;
  }
  return count;
}

/** @param {Use} use */
const stopOf = ({ stop }) => stop ?? 0;

/**
 * @param {Model} model
 * @param {Variable} variable
 * @returns {number | undefined} timesteps that share the variable; 1 = used once, 0 = not used;
 *   undefined = not known
 */
export function sharedBy(model, variable) {
  const { axes, layers } = model;
  if (variable.uses.length === 0) return 0;
  if (variable.uses.some((u) => layers.get(u.layer)?.kind === 'UNKNOWN')) return undefined;
  const times = [...usesByAxis(model, variable)].map(([id, uses]) =>
    product([...axesAround(axes, id).map((axis) => axis.length), timestepsUsed(uses)]),
  );
  if (times.length === 0) return 1;
  return times.reduce((a, b) => (a === undefined || b === undefined ? undefined : a + b), 0);
}

/**
 * "× 3", "× 3 × 4", "× (7 + 4)", "× T", "× ≤ 16", "once".
 *
 * @param {Model} model
 * @param {Variable} variable
 */
export function sharedTimesWords(model, variable) {
  const { axes, layers } = model;
  if (variable.uses.length === 0) return '–';
  if (variable.uses.some((u) => layers.get(u.layer)?.kind === 'UNKNOWN')) return 'not known';
  const terms = [...usesByAxis(model, variable)].map(([id, uses]) => {
    const around = axesAround(axes, id).map((a) => a.length ?? symbolOf(axes, a.id));
    const whole = uses.some((u) => u.start === 0 && u.stride === 1 && u.stop === undefined);
    const own = timestepsUsed(uses) ?? (whole ? symbolOf(axes, id) : undefined);
    if (own === undefined) return undefined;
    const words = [...around, own].map((n) => (typeof n === 'string' ? n : number(n)));
    return `${isBounded(axes, id) ? '≤ ' : ''}${words.join(' × ')}`;
  });
  if (terms.length === 0 || (terms.length === 1 && terms[0] === '1')) return 'once';
  if (terms.includes(undefined)) return 'not known';
  return `× ${terms.length > 1 ? `(${terms.join(' + ')})` : terms[0]}`;
}

/** Timesteps narrower than this are drawn as one stretch. */
const LEAST_CELL = 3;
const GAP = 1;
const BETWEEN_AXES = 4;

/**
 * A strip for each time axis, side by side: the timesteps that there are, and those with a use.
 *
 * @param {Model} model
 * @param {Variable} variable
 * @param {number} width
 * @returns {{all: Span[], used: Span[]}} empty for what is not used in time
 */
export function usageStrip(model, variable, width) {
  const { axes } = model;
  const byAxis = [...usesByAxis(model, variable)];
  /** @type {Span[]} */
  const all = [];
  /** @type {Span[]} */
  const used = [];
  const each = (width - BETWEEN_AXES * (byAxis.length - 1)) / byAxis.length;
  byAxis.forEach(([id, uses], i) => {
    const left = i * (each + BETWEEN_AXES);
    const columns = columnsOf(axes, axes.get(id));
    const cell = each / columns.slots;
    if (columns.known && cell < LEAST_CELL) {
      all.push({ x: left, width: each });
      used.push(...stretches(uses, columns.count, left, each));
      return;
    }
    for (let column = 0; column < columns.count; column += 1) {
      const x = left + slotOf(columns, column) * cell;
      const span = { x, width: cell - GAP };
      const last = !columns.known && column === columns.count - 1;
      all.push(span);
      if (uses.some((u) => (last ? u.stop === undefined : nextUse(u, column) === column))) {
        used.push(span);
      }
    }
  });
  return { all, used };
}

/**
 * A pixel is used where any of its timesteps is.
 *
 * @param {Use[]} uses
 * @param {number} count
 * @param {number} left
 * @param {number} width
 * @returns {Span[]}
 */
function stretches(uses, count, left, width) {
  const pixels = Math.max(1, Math.floor(width));
  /** @type {Span[]} */
  const found = [];
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const from = Math.floor((pixel * count) / pixels);
    const to = Math.max(from + 1, Math.floor(((pixel + 1) * count) / pixels));
    if (!uses.some((u) => nextUse(u, from) < to)) continue;
    const last = found.at(-1);
    if (last && last.x + last.width === left + pixel) last.width += 1;
    else found.push({ x: left + pixel, width: 1 });
  }
  return found;
}
