/**
 * Variables that nothing uses, drawn as what they are: connected to nothing.
 *
 * @import {CardContext} from './card.js'
 */
import { html, nothing } from './vendor/libraries.js';
import { clean, counted, shapeTuple, shorten } from './words.js';

/** More of them are counted, not drawn: the table has them all. */
const MOST = 2;

/** @param {CardContext} context */
export function unused({ model, scene, active, point, choose }) {
  const { variables } = model.timeline;
  const found = [...variables.entries()].filter(
    ([, v]) => v.uses.length === 0 && v.layers.length === 0,
  );
  if (found.length === 0) return nothing;
  const lowest = scene.bands[0];
  const top = lowest ? lowest.foot - (lowest.axis ? 62 : -8) : 12;
  return html`<div class="unused-things" style="top:${top}px">
    ${found.slice(0, MOST).map(([index, variable]) => {
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
    ${
      found.length > MOST
        ? html`<span>and ${counted(found.length - MOST, 'more variable')}</span>`
        : nothing
    }
  </div>`;
}
