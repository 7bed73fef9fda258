/**
 * Variables that nothing uses and inputs that nothing reads, drawn as what they are: connected to
 * nothing.
 *
 * @import {CardContext} from './card.js'
 */
import { html, nothing } from './vendor/libraries.js';
import { clean, number, shapeTuple, shorten } from './words.js';

/** More of them are counted, not drawn: the table has them all. */
const MOST = 2;

/** @param {CardContext} context */
export function unused({ model, scene, active, point, choose }) {
  const { variables } = model.timeline;
  const found = [...variables.entries()].filter(
    ([, v]) => v.uses.length === 0 && v.layers.length === 0,
  );
  const inputs = model.timeline.findings.filter((f) => f.code === 'INPUT_NOT_CONNECTED');
  const all = found.length + inputs.length;
  if (all === 0) return nothing;
  const lowest = scene.bands[0];
  const top = lowest ? lowest.foot - (lowest.axis ? 62 : -8) : 12;
  return html`<div class="unused-things" style="top:${top}px">
    ${inputs
      .slice(0, MOST)
      .map(
        ({ message }) =>
          html`<span class="unused-thing" title=${clean(message)}>${inputName(message)}</span>`,
      )}
    ${found.slice(0, Math.max(0, MOST - inputs.length)).map(([index, variable]) => {
      const selection = /** @type {const} */ ({ kind: 'variable', index });
      const lit = active?.kind === 'variable' && active.index === index;
      return html`<button
        class="unused-thing ${lit ? 'lit' : ''}"
        title=${clean(variable.name)}
        @pointerenter=${() => point(selection)}
        @pointerleave=${() => point(undefined)}
        @focus=${() => choose(selection)}
      >
        ${shorten(variable.name, 24)} ${shapeTuple(variable)}: connected to nothing
      </button>`;
    })}
    ${all > MOST ? html`<span>and ${number(all - MOST)} more</span>` : nothing}
  </div>`;
}

/** @param {string} message "initial_state [?, 100] is connected to nothing. …" */
function inputName(message) {
  const [, name] = /^(.*?) is connected to nothing/s.exec(message) ?? [];
  return name ? `${shorten(name, 34)}: connected to nothing` : shorten(message, 60);
}
