/**
 * How numbers, names, shapes and intervals are written for people.
 *
 * @import {Use, Variable} from './timeline.js'
 */

/**
 * A name from a graph, fit to be shown: what would act on its surroundings (control characters,
 * marks that turn the writing direction, lone surrogates) is spelled out instead.
 *
 * @param {string} name
 */
export function clean(name) {
  return name.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (c) => `\\u{${/** @type {number} */ (c.codePointAt(0)).toString(16)}}`,
  );
}

/**
 * @param {string} name
 * @param {number} length at most that many characters, the end kept: it tells scopes apart
 */
export function shorten(name, length) {
  const characters = [...clean(name)];
  if (characters.length <= length) return characters.join('');
  return `…${characters.slice(characters.length - length + 1).join('')}`;
}

/**
 * A path of scopes, cut short between two of them where that can be.
 *
 * @param {string} path
 * @param {number} length at most that many characters
 */
export function shortenPath(path, length) {
  const text = clean(path);
  if ([...text].length <= length) return text;
  const scopes = text.split('/');
  while (scopes.length > 1 && [...scopes.join('/')].length > length - 2) scopes.shift();
  const rest = scopes.join('/');
  return [...rest].length > length - 2 ? shorten(rest, length) : `…/${rest}`;
}

/** Made once: making one takes longer than all that it writes for a picture. */
const english = new Intl.NumberFormat('en-US');

/** @param {number} value */
export const number = (value) => english.format(value);

/**
 * @param {number} value
 * @param {string} noun
 */
export const counted = (value, noun) => `${number(value)} ${noun}${value === 1 ? '' : 's'}`;

/** @param {number} dimension */
const size = (dimension) => (dimension < 0 ? '?' : String(dimension));

/**
 * As Python prints a shape: (126, 100), (100,), ().
 *
 * @param {{shape: number[], shape_unknown: boolean}} value
 */
export function shapeTuple({ shape, shape_unknown }) {
  if (shape_unknown) return 'not known';
  return `(${shape.map(size).join(', ')}${shape.length === 1 ? ',' : ''})`;
}

/** @param {{shape: number[], shape_unknown: boolean}} value */
export function shapeTimes({ shape, shape_unknown }) {
  if (shape_unknown) return 'shape not known';
  return shape.length === 0 ? 'one number' : shape.map(size).join(' × ');
}

/**
 * The shape of a state, whose first dimension is the batch.
 *
 * @param {{shape: number[], shape_unknown: boolean}} value
 */
export function stateShape({ shape, shape_unknown }) {
  if (shape_unknown) return '';
  return `[${shape.map((d, i) => (i === 0 && d < 0 ? 'batch' : size(d))).join(', ')}]`;
}

/**
 * Timesteps for people: both ends included.
 *
 * @param {Use} use
 * @param {string} [symbol] what stands for the length of its axis where it is not known
 */
export function interval({ axis, start, stop, stride, reads }, symbol = 'T') {
  if (axis === '') return reads === 1 ? 'once' : 'outside time';
  const every = stride > 1 ? `, every ${stride}` : '';
  if (stop === undefined) return `${start} – ${symbol}−1${every}`;
  const last = start + Math.max(0, Math.ceil((stop - start) / stride) - 1) * stride;
  return last === start ? String(start) : `${start} – ${last}${every}`;
}

/**
 * @param {Use} use
 * @returns {number | undefined} undefined = not known
 */
export function timesteps({ axis, start, stop, stride }) {
  if (axis === '') return 1;
  return stop === undefined ? undefined : Math.max(0, Math.ceil((stop - start) / stride));
}

/**
 * @param {Variable} variable
 * @returns {number | undefined} undefined = not known
 */
export function parameters(variable) {
  if (variable.shape_unknown || variable.shape.some((d) => d < 0)) return undefined;
  return variable.shape.reduce((product, d) => product * d, 1);
}

/** @param {string} role */
export const roleWords = (role) => clean(role).replaceAll('_', ' ');

/** @type {Record<string, string>} */
const EVIDENCE = {
  GRAPH: 'the graph',
  CONFIG: 'what a configuration declares',
  OBSERVED: 'a run of the program',
  UNKNOWN: 'not known',
};

/** @param {string} evidence */
export const evidenceWords = (evidence) => EVIDENCE[evidence] ?? 'not known';
