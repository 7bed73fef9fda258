/**
 * Where a layer's states start: zeros, a value kept from run to run, another layer's final state.
 * The terminal says the same in the same words (tb_rnnview/views/starts.py).
 *
 * @import {Layer, State, Timeline, Variable} from './timeline.js'
 */
import { clean, shorten } from './words.js';

const ZEROS = 'zeros';

/**
 * Whether a variable only keeps a state from run to run: nothing trains it.
 *
 * @param {Variable} variable
 */
export const isStorage = (variable) =>
  variable.role === 'initial_state' && variable.trainable === false;

/**
 * Whether a state's initial value is a result of a layer: its loop's exit, an output of its
 * operation, or, outside time, one of its operations.
 *
 * @param {string} initial
 * @param {Layer} source
 */
export function startsFrom(initial, source) {
  if (initial === '' || initial === ZEROS) return false;
  return source.applications.some(({ name }) => {
    if (name === '') return false;
    if (initial === name || initial.startsWith(`${name}:`)) return true;
    return initial.startsWith(source.kind === 'ONCE' ? `${name}/` : `${name}/Exit`);
  });
}

/**
 * @param {Timeline} timeline
 * @param {State} state
 * @returns {Layer | undefined} the layer whose result the state starts from
 */
export const sourceOf = ({ layers }, state) =>
  layers.find((x) => x.id !== state.layer && startsFrom(state.initial, x));

/**
 * @param {Timeline} timeline
 * @returns {{layer: string, source: Layer}[]} each layer with those that its states start from
 */
export function starters(timeline) {
  /** @type {{layer: string, source: Layer}[]} */
  const found = [];
  for (const state of timeline.states) {
    const source = sourceOf(timeline, state);
    const known = found.some((x) => x.layer === state.layer && x.source === source);
    if (source && !known) found.push({ layer: state.layer, source });
  }
  return found;
}

/**
 * All that a layer's states start from, in a word or two: "zeros", "kept", "from encoder".
 *
 * @param {Timeline} timeline
 * @param {State[]} states
 */
export function shortStart(timeline, states) {
  const words = new Set(states.map((state) => short(timeline, state)));
  return words.size === 1 ? [...words][0] : 'start';
}

/**
 * @param {Timeline} timeline
 * @param {State} state
 */
function short(timeline, state) {
  const source = sourceOf(timeline, state);
  if (source) return `from ${clean(source.name || source.id)}`;
  if (isKept(timeline, state)) return 'kept';
  const name = clean(state.initial);
  return name.slice(name.lastIndexOf('/') + 1) || name || 'start';
}

/**
 * "starts from zeros", "starts from the final state of encoder".
 *
 * @param {Timeline} timeline
 * @param {State} state
 */
export function startWords(timeline, state) {
  if (!state.initial) return 'starts from something not known';
  const source = sourceOf(timeline, state);
  if (source) {
    const what = source.kind === 'RECURRENT' ? 'final state' : 'result';
    return `starts from the ${what} of ${shorten(source.name || source.id, 60)}`;
  }
  const kept = isKept(timeline, state) ? ', kept from run to run' : '';
  return `starts from ${clean(state.initial)}${kept}`;
}

/**
 * @param {Timeline} timeline
 * @param {State} state
 */
const isKept = ({ variables }, { initial }) =>
  variables.some((v) => v.name === initial && isStorage(v));
