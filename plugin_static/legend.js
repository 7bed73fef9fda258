/**
 * What the colours mean: only those that the picture uses.
 *
 * @import {Model} from './model.js'
 */
import { html, nothing } from './vendor/libraries.js';
import { isBackward } from './model.js';

/** @param {Model} model */
export function legend({ timeline }) {
  const { layers, variables } = timeline;
  const blocks = new Set(variables.flatMap((v) => v.blocks.map((b) => b.name)));
  const roles = new Set(variables.map((v) => v.role));
  const recurrent = layers.some((x) => x.kind === 'RECURRENT');
  const backward = layers.some((x) => x.kind === 'RECURRENT' && isBackward(x));
  const input = blocks.has('input') || roles.has('kernel');
  const hidden = blocks.has('hidden') || roles.has('recurrent_kernel');
  const gates = ['i', 'f', 'c', 'o', 'r', 'z', 'h'].some((g) => blocks.has(g));
  const item = (/** @type {string} */ key, /** @type {string} */ text) =>
    html`<li><span class="key ${key}"></span>${text}</li>`;
  return html`<ul class="legend" aria-label="Legend">
    ${recurrent && input ? item('fill-input', 'rows for the input') : nothing}
    ${recurrent && hidden ? item('fill-hidden', 'rows for the state') : nothing}
    ${roles.has('bias') ? item('fill-bias', 'bias') : nothing}
    ${gates ? item('gate-key', 'a gate’s columns') : nothing}
    ${recurrent ? item('wire', 'the one kernel, read at every tap') : nothing}
    ${backward ? item('wire back', 'the backward layer’s kernel') : nothing}
    ${recurrent ? item('state', 'state, handed on') : nothing}
  </ul>`;
}
