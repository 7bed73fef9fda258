/**
 * Where a layer's states start: zeros, a value kept from run to run, another layer's final state.
 * The terminal says the same in the same words (tb_rnnview/views/starts.py).
 *
 * @import {Layer, State, Variable} from './timeline.js'
 * @import {Model} from './model.js'
 */
import { clean, shorten } from './words.js';

/**
 * @typedef {{layer: string, source: Layer, final: boolean}} Start a layer, one that its states
 *   start from, and whether from that one's final state, as it is
 */

/**
 * Whether a variable only keeps a state from run to run: nothing trains it.
 *
 * @param {Variable} variable
 */
export const isStorage = (variable) =>
  variable.role === 'initial_state' && variable.trainable === false;

/**
 * @param {Model} model
 * @returns {Start[]} in the order of the states and connections
 */
export function starts({ timeline, layers }) {
  const final = timeline.states
    .filter((s) => s.initial_layer !== '')
    .map((s) => ({ layer: s.layer, from: s.initial_layer, final: true }));
  const made = timeline.connections
    .filter((c) => c.starts_state)
    .map((c) => ({ layer: c.to, from: c.from, final: false }));
  /** @type {Start[]} */
  const found = [];
  for (const { layer, from, final: isFinal } of [...final, ...made]) {
    const source = layers.get(from);
    if (!source || from === layer) continue;
    if (found.some((x) => x.layer === layer && x.source === source)) continue;
    found.push({ layer, source, final: isFinal });
  }
  return found;
}

/**
 * All that a layer's states start from, in a word or two: "zeros", "kept", "from encoder".
 *
 * @param {Model} model
 * @param {State[]} states
 */
export function shortStart(model, states) {
  const words = new Set(states.map((state) => short(model, state)));
  return words.size === 1 ? [...words][0] : 'start';
}

/**
 * @param {Model} model
 * @param {State} state
 */
function short(model, state) {
  const sources = sourcesOf(model, state);
  if (sources.length === 1) return `from ${sources[0]}`;
  if (isKept(model, state)) return 'kept';
  const name = clean(state.initial);
  return name.slice(name.lastIndexOf('/') + 1) || name || 'start';
}

/**
 * What those are called that a state starts from, both directions of a layer as one.
 *
 * @param {Model} model
 * @param {State} state
 * @returns {string[]}
 */
function sourcesOf(model, { layer, initial, initial_layer }) {
  if (initial === 'zeros' || model.timeline.variables.some((v) => v.name === initial)) return [];
  const own = starts(model).filter((x) => x.layer === layer);
  const final = own.filter((x) => x.source.id === initial_layer);
  const others = final.length > 0 ? final : own.filter((x) => !x.final);
  const names = others.map(({ source: { id } }) => shorten(model.names.get(id) || id, 60));
  return [...new Set(names)];
}

/**
 * "starts from zeros", "starts from the final state of encoder".
 *
 * @param {Model} model
 * @param {State} state
 */
export function startWords(model, state) {
  const sources = sourcesOf(model, state);
  if (sources.length > 0 && state.initial_layer) {
    return `starts from the final state of ${sources[0]}`;
  }
  if (sources.length > 0) return `starts from a result of ${sources.join(' and ')}`;
  if (!state.initial) return 'starts from something not known';
  const kept = isKept(model, state) ? ', kept from run to run' : '';
  return `starts from ${clean(state.initial)}${kept}`;
}

/**
 * @param {Model} model
 * @param {State} state
 */
const isKept = ({ timeline }, { initial }) =>
  timeline.variables.some((v) => v.name === initial && isStorage(v));
