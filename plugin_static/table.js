/**
 * The variables in the order in which the program lists them, with what its own list leaves out.
 *
 * @import {Model} from './model.js'
 * @import {Selection} from './selection.js'
 */
import { html } from './vendor/libraries.js';
import { MEANING } from './glossary.js';
import { moveFocus } from './roving.js';
import { isLit } from './selection.js';
import { totalWords, whenWords } from './uses.js';
import { clean, counted, number, parameters, roleWords, shapeTuple } from './words.js';

/**
 * @param {Model} model
 * @param {Selection | undefined} active
 * @param {(selection: Selection | undefined) => void} point
 * @param {(selection: Selection) => void} choose
 */
export function table(model, active, point, choose) {
  const { variables } = model.timeline;
  const sizes = variables.map(parameters);
  const stop = Math.max(
    0,
    variables.findIndex((_, i) => isLit(model, active, i)),
  );
  const known = sizes.every((s) => s !== undefined);
  const total = sizes.reduce((/** @type {number} */ sum, s) => sum + (s ?? 0), 0);
  return html`<table>
    <caption class="hidden">
      Variables, in the program’s own order
    </caption>
    <thead>
      <tr>
        <th scope="col" title=${MEANING.variable}>Variable</th>
        <th scope="col" title=${MEANING.shape}>Shape</th>
        <th scope="col" title=${MEANING.role}>Role</th>
        <th scope="col" title=${MEANING.layer}>Layer</th>
        <th scope="col" title=${MEANING.timestep}>Timesteps</th>
        <th scope="col" class="number" title=${MEANING.uses}>Uses</th>
        <th scope="col" class="number" title=${MEANING.parameters}>Parameters</th>
      </tr>
    </thead>
    <tbody
      @keydown=${(/** @type {KeyboardEvent} */ event) => moveFocus(event, 'button')}
      @pointerleave=${() => point(undefined)}
    >
      ${variables.map((variable, index) => {
        const selection = /** @type {const} */ ({ kind: 'variable', index });
        const unused = variable.uses.length === 0;
        return html`<tr
          class="${isLit(model, active, index) ? 'lit' : ''} ${unused ? 'unused' : ''}"
          data-variable=${index}
          @pointerenter=${() => point(selection)}
          @click=${() => choose(selection)}
        >
          <td class="mono">
            <button
              class="link"
              tabindex=${index === stop ? 0 : -1}
              title=${clean(variable.name)}
              @focus=${() => choose(selection)}
            >
              ${nameParts(variable.name)}
            </button>
          </td>
          <td class="mono">${shapeTuple(variable)}</td>
          <td>${roleWords(variable.role)}</td>
          <td>${layerWords(model, variable.layers)}</td>
          <td>${whenWords(model, variable)}</td>
          <td class="number">${totalWords(model, variable)}</td>
          <td class="number">${sizeWords(sizes[index])}</td>
        </tr>`;
      })}
    </tbody>
    <tfoot>
      <tr>
        <td colspan="6">${counted(variables.length, 'variable')}</td>
        <td class="number">${known ? '' : 'at least '}${number(total)}</td>
      </tr>
    </tfoot>
  </table>`;
}

/**
 * Where a name is too long, its scopes are cut short: its end says what it is.
 *
 * @param {string} name
 */
function nameParts(name) {
  const text = clean(name);
  const at = Math.max(0, text.lastIndexOf('/'), text.length - 40);
  return html`<span class="scopes">${text.slice(0, at)}</span><span>${text.slice(at)}</span>`;
}

/** @param {number | undefined} size */
const sizeWords = (size) => (size === undefined ? 'not known' : number(size));

/**
 * @param {Model} model
 * @param {string[]} layers
 */
function layerWords(model, layers) {
  if (layers.length === 0) return '–';
  return layers.map((id) => (model.titles.get(id) ?? clean(id)).replace(/^Layer /, '')).join(', ');
}
