/**
 * Why a weight has the shape that it has, and what the cell does with it.
 *
 * @import {Model} from './model.js'
 * @import {Variable} from './timeline.js'
 */
import { fillOf } from './glyph.js';
import { clean, counted } from './words.js';

/**
 * @typedef {{question: string, parts: {size: number, name: string, what: string,
 *   fill: 'input' | 'hidden' | 'other'}[]}} Reason
 * @typedef {(string | {sub: string})[]} Formula
 */

/** @type {Record<string, string>} */
const GATES = {
  i: 'input gate',
  f: 'forget gate',
  c: 'candidate',
  o: 'output gate',
  r: 'reset gate',
  z: 'update gate',
  h: 'candidate',
};

/**
 * @param {Variable} variable
 * @returns {Reason[]} one for each dimension that is made of named blocks
 */
export function reasons(variable) {
  /** @type {Reason[]} */
  const found = [];
  for (const [dimension, size] of variable.shape.entries()) {
    const blocks = variable.blocks.filter((b) => b.dimension === dimension);
    if (blocks.length === 0 || size < 0) continue;
    const last = dimension === variable.shape.length - 1;
    const noun = variable.shape.length === 1 ? 'number' : last ? 'column' : 'row';
    found.push({
      question: `Why ${counted(size, noun)}?`,
      parts: blocks.map((b) => ({
        size: b.stop - b.start,
        name: clean(b.name),
        what: meaning(b.name),
        fill: fillOf(b),
      })),
    });
  }
  return found;
}

/**
 * What a gate's sum goes through, as the equations below say.
 *
 * @param {string} gate "" = there are no gates
 */
export const activationOf = (gate) => (['', 'c', 'h'].includes(gate) ? 'tanh' : 'σ');

/** @param {string} name */
export function meaning(name) {
  if (name === 'input') return 'multiply xₜ';
  if (name === 'hidden') return 'multiply hₜ₋₁';
  return GATES[name] ?? '';
}

const t = { sub: 't' };
const before = { sub: 't−1' };

/**
 * The sum that a gate is made of, with the weights as this layer stores them.
 *
 * @param {boolean} packed one kernel for input and state, or one for each
 * @param {Formula} state
 * @param {string} kernel
 * @returns {Formula}
 */
function weighted(packed, state, kernel = 'kernel') {
  return packed
    ? ['[x', t, ', ', ...state, `] · ${kernel} + bias`]
    : ['x', t, ` · ${kernel} + `, ...state, ' · recurrent_kernel + bias'];
}

/**
 * @param {Model} model
 * @param {string} layerId
 * @returns {{lines: Formula[], note: string} | undefined} undefined = the cell is not known
 */
export function equation(model, layerId) {
  const layer = model.layers.get(layerId);
  const variables = model.variablesOf.get(layerId) ?? [];
  const packed = !variables.some((v) => v.role === 'recurrent_kernel');
  /** @type {Formula} */
  const h = ['h', before];
  if (layer?.cell === 'SimpleRNN') {
    return {
      lines: [['h', t, ' = tanh(', ...weighted(packed, h), ')']],
      note: 'with the same weights at every t. tanh stands for the cell’s activation.',
    };
  }
  if (layer?.cell === 'LSTM') {
    return {
      lines: [
        ['i, f, c̃, o = ', ...weighted(packed, h)],
        ['c', t, ' = σ(f) ∘ c', before, ' + σ(i) ∘ tanh(c̃)'],
        ['h', t, ' = σ(o) ∘ tanh(c', t, ')'],
      ],
      note: 'with the same weights at every t. σ and tanh stand for the cell’s activations.',
    };
  }
  if (layer?.cell === 'GRU') {
    const two = variables.filter((v) => v.role === 'kernel').length > 1;
    return {
      lines: [
        ['r, z = σ(', ...weighted(packed, h, two ? 'gates kernel' : 'kernel'), ')'],
        [
          'h̃ = tanh(',
          ...weighted(packed, ['r ∘ h', before], two ? 'candidate kernel' : 'kernel'),
          ')',
        ],
        ['h', t, ' = z ∘ h', before, ' + (1 − z) ∘ h̃'],
      ],
      note: 'with the same weights at every t. σ and tanh stand for the cell’s activations.',
    };
  }
  return undefined;
}
