/**
 * What the colours and marks mean: only those that are on screen.
 *
 * @import {Kernels} from './kernels.js'
 * @import {Model} from './model.js'
 */
import { html, nothing } from './vendor/libraries.js';
import { MEANING } from './glossary.js';
import { isBackward } from './model.js';

/**
 * @typedef {{
 *   fills: string[], gates: boolean, biases: boolean, several: boolean,
 *   torn: boolean, widened: boolean
 * }} Marks
 */

/**
 * @param {Kernels} kernels
 * @returns {Marks} what the kernels show
 */
export function marksOf({ glyphs, torn, widened }) {
  const matrices = [...glyphs.values()].flatMap((g) => g.matrices);
  return {
    fills: [...new Set(matrices.flatMap((m) => m.rows.map((r) => r.fill)))],
    gates: matrices.some((m) => m.gates.length > 1),
    biases: matrices.some((m) => m.bias),
    several: matrices.length > 1,
    torn,
    widened,
  };
}

/**
 * The legend takes room from the picture, and in less room kernels are torn. So that the two do not
 * chase each other for ever, what had to be said once is said as long as nothing else has changed.
 *
 * @param {Marks | undefined} before
 * @param {Marks} now
 * @returns {Marks}
 */
export const settled = (before, now) => ({
  ...now,
  torn: now.torn || before?.torn === true,
  widened: now.widened || before?.widened === true,
});

/** @param {Marks} marks */
function scaleWords({ several, torn, widened }) {
  const but = [torn ? 'torn' : '', widened ? 'very thin' : ''].filter(Boolean).join(' or ');
  if (!several && !but) return '';
  return `all kernels to one scale${but ? `, unless ${but}` : ''}`;
}

/**
 * @param {Model} model
 * @param {Marks} marks
 */
export function legend({ timeline: { layers } }, marks) {
  const { fills, gates, biases } = marks;
  const scale = scaleWords(marks);
  const recurrent = layers.filter((x) => x.kind === 'RECURRENT');
  const rolled = recurrent.length > 0;
  const input = rolled ? 'rows for the input' : 'kernel';
  const item = (
    /** @type {string} */ key,
    /** @type {string} */ text,
    /** @type {string} */ title,
  ) => html`<li title=${title}><span class="key ${key}"></span>${text}</li>`;
  return html`<ul class="legend" aria-label="Legend">
    ${fills.includes('input') ? item('fill-input', input, MEANING.kernel) : nothing}
    ${fills.includes('hidden') ? item('fill-hidden', 'rows for the state', MEANING.state) : nothing}
    ${fills.includes('other') ? item('fill-other', 'other weights', MEANING.kernel) : nothing}
    ${biases ? item('fill-bias', 'bias', MEANING.bias) : nothing}
    ${gates ? item('gate-key', 'a gate’s columns', MEANING.gate) : nothing}
    ${rolled ? item('wire', 'the one kernel, read at every tap', MEANING.kernel) : nothing}
    ${
      recurrent.some(isBackward)
        ? item('wire back', 'the backward layer’s kernel', MEANING.kernel)
        : nothing
    }
    ${rolled ? item('state', 'state, handed on', MEANING.state) : nothing}
    ${scale ? html`<li title=${MEANING.scale}>${scale}</li>` : nothing}
  </ul>`;
}
