/**
 * The variables, with what the program's own list of them leaves out. They can be searched, sorted
 * and filtered; what a search finds besides variables stands above them.
 *
 * @import {Column, Wish} from './listing.js'
 * @import {Model} from './model.js'
 * @import {Selection} from './selection.js'
 * @import {Variable} from './timeline.js'
 */
import { html, nothing, svg } from './vendor/libraries.js';
import { MEANING } from './glossary.js';
import { choices, listVariables, NO_LAYER, searchOthers, sorted } from './listing.js';
import { mainVariable } from './model.js';
import { moveFocus } from './roving.js';
import { litVariables } from './selection.js';
import { unrecognised } from './sentence.js';
import { asCsv, asJson, save } from './take_away.js';
import { sharedTimesWords, usageStrip } from './usage.js';
import { totalWords, whenWords } from './uses.js';
import { clean, counted, number, parameters, roleWords, shapeTuple, shorten } from './words.js';

/** Rows, and things found besides variables, that are made at once. */
const MOST_ROWS = 500;
const MOST_FOUND = 8;
const STRIP = { width: 48, height: 9 };

/**
 * @typedef {object} TableContext
 * @property {Model} model
 * @property {Wish} wish
 * @property {boolean} all whether more rows than usual are to be made
 * @property {Selection | undefined} active
 * @property {(selection: Selection | undefined) => void} point
 * @property {(selection: Selection) => void} choose
 * @property {(wish: Wish) => void} list lists something else
 * @property {() => void} showAll
 * @property {(finding: number) => void} tell shows a finding
 */

/** @type {{column: Column, words: string, meaning: string, number?: boolean}[]} */
const COLUMNS = [
  { column: 'name', words: 'Variable', meaning: MEANING.variable },
  { column: 'shape', words: 'Shape', meaning: MEANING.shape },
  { column: 'role', words: 'Role', meaning: MEANING.role },
  { column: 'layer', words: 'Layer', meaning: MEANING.layer },
  { column: 'when', words: 'Timesteps', meaning: MEANING.timestep },
  { column: 'uses', words: 'Uses', meaning: MEANING.uses, number: true },
  { column: 'shared', words: 'Shared', meaning: MEANING.shared },
  { column: 'parameters', words: 'Parameters', meaning: MEANING.parameters, number: true },
];

/** @param {TableContext} context */
export function table(context) {
  const { model, wish, active, point } = context;
  const { variables } = model.timeline;
  const listed = listVariables(model, wish);
  const made = context.all ? listed : listed.slice(0, MOST_ROWS);
  const lit = litVariables(model, active);
  const stop = made.find((i) => lit.has(i)) ?? made[0];
  return html`${found(context)}
    <table>
      <caption class="hidden">
        Variables, in ${wish.sort === '' ? 'the program’s own order' : 'the order chosen'}
      </caption>
      <thead>
        <tr @keydown=${(/** @type {KeyboardEvent} */ event) => moveFocus(event, '.sort')}>
          ${COLUMNS.map((x) => heading(context, x))}
        </tr>
      </thead>
      <tbody
        @keydown=${(/** @type {KeyboardEvent} */ event) => moveFocus(event, 'button')}
        @pointerleave=${() => point(undefined)}
      >
        ${made.map((i) => row(context, variables[i], i, lit.has(i), i === stop))}
      </tbody>
      ${foot(context, listed, made.length)}
    </table>`;
}

/**
 * @param {TableContext} context
 * @param {typeof COLUMNS[number]} heading
 */
function heading({ model, wish, list }, { column, words, meaning, number: right }) {
  const order = wish.sort === column ? (wish.down ? 'descending' : 'ascending') : 'none';
  const next = sorted(wish, column);
  const will = next.sort === '' ? 'the program’s own order' : next.down ? 'down' : 'up';
  const stop = wish.sort === '' ? column === 'name' : wish.sort === column;
  return html`<th
    scope="col"
    class="${right ? 'number' : ''} column-${column}"
    title="${meaning}"
    aria-sort=${order}
  >
    <button
      class="sort"
      tabindex=${stop ? 0 : -1}
      title="${meaning} Click to sort: ${will}."
      @click=${() => list(next)}
    >
      ${words}<span class="order ${order}" aria-hidden="true"></span></button
    >${filter(model, wish, column, list)}
  </th>`;
}

/**
 * @param {Model} model
 * @param {Wish} wish
 * @param {Column} column
 * @param {(wish: Wish) => void} list
 */
function filter(model, wish, column, list) {
  if (column !== 'role' && column !== 'layer') return nothing;
  const { roles, layers } = choices(model);
  const values = column === 'role' ? roles : layers;
  if (values.length < 2 && wish[column] === '') return nothing;
  const words = (/** @type {string} */ value) => {
    if (column === 'role') return shorten(roleWords(value), 60) || 'no role';
    return value === NO_LAYER ? 'of no layer' : (model.titles.get(value) ?? clean(value));
  };
  const change = (/** @type {Event} */ event) => {
    const { selectedIndex } = /** @type {HTMLSelectElement} */ (event.currentTarget);
    list({ ...wish, [column]: selectedIndex === 0 ? '' : values[selectedIndex - 1] });
  };
  const label = column === 'role' ? 'Only variables of one role' : 'Only variables of one layer';
  return html`<select
    class="filter ${wish[column] === '' ? '' : 'on'}"
    data-filter=${column}
    aria-label=${label}
    title=${label}
    @change=${change}
  >
    <option .selected=${wish[column] === ''}>
      ${column === 'role' ? 'all roles' : 'all layers'}
    </option>
    ${values.map((x) => html`<option .selected=${x === wish[column]}>${words(x)}</option>`)}
  </select>`;
}

/**
 * @param {TableContext} context
 * @param {Variable} variable
 * @param {number} index in variables[]
 * @param {boolean} lit
 * @param {boolean} stop whether the Tab key leads to it
 */
function row({ model, point, choose }, variable, index, lit, stop) {
  const selection = /** @type {const} */ ({ kind: 'variable', index });
  return html`<tr
    class="${lit ? 'lit' : ''} ${variable.uses.length === 0 ? 'unused' : ''}"
    data-variable=${index}
    @pointerenter=${() => point(selection)}
    @click=${() => choose(selection)}
  >
    <td class="mono">
      <button
        class="link"
        tabindex=${stop ? 0 : -1}
        title=${clean(variable.name)}
        @focus=${() => choose(selection)}
      >
        ${nameParts(variable.name)}
      </button>
    </td>
    <td class="mono">${shapeTuple(variable)}</td>
    <td class="role">${shorten(roleWords(variable.role), 40)}</td>
    <td>${layerWords(model, variable.layers)}</td>
    <td class="when">${whenWords(model, variable)}</td>
    <td class="number">${totalWords(model, variable)}</td>
    <td class="shared-by">
      ${strip(model, variable)}<span>${sharedTimesWords(model, variable)}</span>
    </td>
    <td class="number">${sizeWords(parameters(variable))}</td>
  </tr>`;
}

/**
 * @param {Model} model
 * @param {Variable} variable
 */
function strip(model, variable) {
  const { all, used } = usageStrip(model, variable, STRIP.width);
  if (all.length === 0) return nothing;
  const path = (/** @type {{x: number, width: number}[]} */ spans) =>
    spans.map(({ x, width }) => `M${round(x)} 0h${round(width)}v${STRIP.height}h-${round(width)}z`);
  return html`<svg
    class="strip"
    width=${STRIP.width}
    height=${STRIP.height}
    viewBox="0 0 ${STRIP.width} ${STRIP.height}"
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    ${svg`<path class="all" d=${path(all).join('')} />`}
    ${svg`<path class="used" d=${path(used).join('')} />`}
  </svg>`;
}

/** @param {number} x */
const round = (x) => Math.round(x * 10) / 10;

/**
 * @param {TableContext} context
 * @param {number[]} listed
 * @param {number} made rows
 */
function foot({ model, wish, list, showAll }, listed, made) {
  const { variables } = model.timeline;
  const some = listed.length < variables.length;
  const whole = sum(variables);
  const words = some
    ? `${number(listed.length)} of ${counted(variables.length, 'variable')}`
    : counted(variables.length, 'variable');
  const part = sum(listed.map((i) => variables[i]));
  return html`<tfoot>
    <tr>
      <td colspan="6">
        ${words}
        ${
          some
            ? html`<button
                class="link under"
                @click=${() => list({ ...wish, search: '', role: '', layer: '' })}
              >
                List all
              </button>`
            : nothing
        }
        ${
          made < listed.length
            ? html`<button class="link under" @click=${showAll}>
                Show the other ${number(listed.length - made)}
              </button>`
            : nothing
        }
        ${listed.length > 0 ? files(model, listed) : nothing}
      </td>
      <td class="number" colspan="2">${part}${some ? ` of ${whole}` : nothing}</td>
    </tr>
  </tfoot>`;
}

/**
 * @param {Model} model
 * @param {number[]} listed
 */
function files(model, listed) {
  const button = (
    /** @type {string} */ words,
    /** @type {string} */ title,
    /** @type {() => void} */ write,
  ) => html`<button class="link under" title=${title} @click=${write}>${words}</button>`;
  const csv = () => save('variables.csv', 'text/csv', asCsv(model, listed));
  const json = () => save('variables.json', 'application/json', asJson(model, listed));
  return html`${button('CSV', 'Download what is listed, for a spreadsheet', csv)}
  ${button('JSON', 'Download what is listed, for a program', json)}`;
}

/** @param {Variable[]} variables */
function sum(variables) {
  const sizes = variables.map(parameters);
  const total = sizes.reduce((/** @type {number} */ all, s) => all + (s ?? 0), 0);
  return `${sizes.every((s) => s !== undefined) ? '' : 'at least '}${number(total)}`;
}

/**
 * What a search finds besides variables.
 *
 * @param {TableContext} context
 */
function found({ model, wish, choose, tell }) {
  const { layers, findings: all } = searchOthers(model, wish.search);
  // What the headline says is no finding of its own.
  const findings = all.filter((i) => model.timeline.findings[i] !== unrecognised(model.timeline));
  if (layers.length + findings.length === 0) return nothing;
  const { variables } = model.timeline;
  const ofLayer = (/** @type {string} */ id) => {
    const main = mainVariable(model, id);
    const go = () => {
      if (main) choose({ kind: 'variable', index: variables.indexOf(main) });
    };
    const name = shorten(model.layers.get(id)?.name ?? '', 24);
    const title = model.titles.get(id) ?? clean(id);
    return html`<button class="hit" ?disabled=${!main} @click=${go}>
      ${title}${name === '' || title.includes(name) ? nothing : html` <span>${name}</span>`}
    </button>`;
  };
  const ofFinding = (/** @type {number} */ i) =>
    html`<button class="hit" @click=${() => tell(i)}>
      ${shortened(model.timeline.findings[i].message)}
    </button>`;
  const more = (/** @type {number} */ n) =>
    n > MOST_FOUND ? `and ${number(n - MOST_FOUND)} more` : nothing;
  return html`<div class="found" role="group" aria-label="Found besides variables">
    ${
      layers.length > 0
        ? html`<span>${layers.length === 1 ? 'Layer' : 'Layers'}</span> ${layers
              .slice(0, MOST_FOUND)
              .map(ofLayer)}
            ${more(layers.length)}`
        : nothing
    }
    ${
      findings.length > 0
        ? html`<span>${findings.length === 1 ? 'Finding' : 'Findings'}</span> ${findings
              .slice(0, MOST_FOUND)
              .map(ofFinding)}
            ${more(findings.length)}`
        : nothing
    }
  </div>`;
}

/** @param {string} message its start says what it is about */
function shortened(message) {
  const letters = [...clean(message)];
  return letters.length <= 60 ? letters.join('') : `${letters.slice(0, 59).join('')}…`;
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
