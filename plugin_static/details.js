/**
 * The panel: all that is known of the variable or the cell that is pointed at or chosen.
 *
 * @import {Model} from './model.js'
 * @import {Selection} from './selection.js'
 * @import {Variable} from './timeline.js'
 * @import {Formula, Reason} from './reason.js'
 */
import { html, nothing } from './vendor/libraries.js';
import { EVERY, columnsOf, timestepName } from './columns.js';
import { MEANING } from './glossary.js';
import { equation, reasons } from './reason.js';
import { readBy } from './selection.js';
import { startWords } from './starts.js';
import { placesWords } from './uses.js';
import {
  clean,
  evidenceWords,
  number,
  parameters,
  roleWords,
  shapeTimes,
  shapeTuple,
  stateShape,
} from './words.js';

/**
 * @param {Model} model
 * @param {Selection | undefined} selection
 * @param {(selection: Selection) => void} choose
 */
export function details(model, selection, choose) {
  if (!selection) return html`<p class="soft">Point at a kernel or a cell.</p>`;
  if (selection.kind === 'cell') return cellDetails(model, selection, choose);
  const variable = model.timeline.variables[selection.index];
  return variable ? variableDetails(model, variable) : nothing;
}

/**
 * @param {Model} model
 * @param {Variable} variable
 */
function variableDetails(model, variable) {
  const titles = variable.layers.map((id) => model.titles.get(id) ?? clean(id));
  const size = parameters(variable);
  const role = roleWords(variable.role);
  const of = titles.length > 0 ? ` of ${titles.map(lowerFirst).join(' and ')}` : '';
  const layer = variable.layers[0];
  const formula = layer === undefined ? undefined : equation(model, layer);
  const known = model.layers.get(layer ?? '');
  return html`<h2>${upperFirst(role)}${of}</h2>
    <p class="name">${clean(variable.name)}</p>
    <dl>
      ${term('Shape', [shapeTimes(variable), clean(variable.dtype)].filter(Boolean).join(', '))}
      ${term('Parameters', size === undefined ? 'not known' : number(size))}
      ${term('Used at timesteps', placesWords(model, variable))}
      ${titles.length > 1 ? term('Shared by', titles.join(', ')) : nothing}
      ${known?.cell ? term('Cell', clean(known.cell)) : nothing}
      ${
        variable.trainable === undefined
          ? nothing
          : term('Trainable', variable.trainable ? 'yes' : 'no')
      }
      ${term('Known from', evidenceWords(variable.evidence))}
    </dl>
    ${variable.reason ? html`<p class="soft">${clean(variable.reason)}</p>` : nothing}
    ${reasons(variable).map(reasonPicture)}
    ${
      formula
        ? html`<div class="formula">
            ${formula.lines.map((line) => html`<p>${formulaLine(line)}</p>`)}
            <p class="soft">${formula.note}</p>
          </div>`
        : nothing
    }`;
}

/** @type {Record<string, string>} */
const TERMS = {
  Shape: MEANING.shape,
  Parameters: MEANING.parameters,
  'Used at timesteps': MEANING.timestep,
  Cell: 'Cell: the arithmetic of one timestep, SimpleRNN, LSTM or GRU for example.',
  'Known from': 'What this statement rests on.',
};

/**
 * @param {string} name
 * @param {string} value
 */
const term = (name, value) =>
  html`<dt title=${TERMS[name] ?? ''}>${name}</dt>
    <dd>${value}</dd>`;

/** @param {string} text */
const upperFirst = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {string} text */
const lowerFirst = (text) => (text.startsWith('Layer ') ? `layer ${text.slice(6)}` : text);

/** @param {Reason} reason */
function reasonPicture({ question, parts }) {
  const total = parts.reduce((sum, p) => sum + p.size, 0);
  const height = 84;
  return html`<h3>${question}</h3>
    <p class="sum">${parts.map((p) => `${number(p.size)} ${p.name}`).join(' + ')}</p>
    <div class="stack">
      ${parts.map(
        (p) =>
          html`<div class="part" style="min-height:${Math.max(18, (height * p.size) / total)}px">
            <span class="swatch fill-${p.fill}"></span>
            <span class="size">${number(p.size)} ${p.name}</span>
            <span class="soft">${p.what}</span>
          </div>`,
      )}
    </div>`;
}

/** @param {Formula} line */
const formulaLine = (line) =>
  line.map((part) => (typeof part === 'string' ? part : html`<sub>${part.sub}</sub>`));

/**
 * @param {Model} model
 * @param {{kind: 'cell', layer: string, axis: string, column: number}} cell
 * @param {(selection: Selection) => void} choose
 */
function cellDetails(model, cell, choose) {
  const layer = model.layers.get(cell.layer);
  if (!layer) return nothing;
  const axis = model.axes.get(cell.axis);
  const columns = columnsOf(model.axes, axis);
  const when = axis && layer.kind !== 'SEQUENCE' ? timestepName(columns, cell.column) : '';
  const title = model.titles.get(cell.layer) ?? '';
  const read = readBy(model, cell);
  const backward = layer.applications.find((a) => a.axis === cell.axis)?.direction === 'BACKWARD';
  const start = backward ? columns.count - 1 : 0;
  const states = model.statesOf.get(cell.layer) ?? [];
  const from = neighbours(model, cell.layer, 'to');
  const to = neighbours(model, cell.layer, 'from');
  const formula = equation(model, cell.layer);
  const time = cell.column === EVERY ? ' at every timestep t' : ` at timestep ${when}`;
  return html`<h2>${title}${when === '' ? '' : time}</h2>
    ${layer.name ? html`<p class="name">${clean(layer.name)}</p>` : nothing}
    <h3>${read.length === 0 ? 'Reads no variable' : 'Reads'}</h3>
    <ul class="reads">
      ${read.map(
        (v) =>
          html`<li>
            <button
              class="link"
              @click=${() =>
                choose({ kind: 'variable', index: model.timeline.variables.indexOf(v) })}
            >
              ${roleWords(v.role)} ${shapeTuple(v)}
            </button>
            <span class="mono soft">${clean(v.name)}</span>
          </li>`,
      )}
    </ul>
    <dl>
      ${states.map((s) =>
        term(
          `State ${clean(s.name)} ${stateShape(s)}`,
          cell.column === start
            ? startWords(model, s)
            : `from timestep ${previous(columns, cell.column, backward)}${
                cell.column === EVERY ? `; ${startWords(model, s)}` : ''
              }`,
        ),
      )}
      ${from ? term('Input from', from) : nothing} ${to ? term('Goes to', to) : nothing}
      ${layer.cell ? term('Cell', clean(layer.cell)) : nothing}
      ${layer.units === undefined ? nothing : term('Units', number(layer.units))}
      ${term('Known from', evidenceWords(layer.evidence))}
    </dl>
    ${layer.reason ? html`<p class="soft">${clean(layer.reason)}</p>` : nothing}
    ${
      formula
        ? html`<div class="formula">
            ${formula.lines.map((line) => html`<p>${formulaLine(line)}</p>`)}
            <p class="soft">${formula.note}</p>
          </div>`
        : nothing
    }`;
}

/**
 * @param {import('./columns.js').Columns} columns
 * @param {number} column
 * @param {boolean} backward
 */
function previous(columns, column, backward) {
  if (column === EVERY) return backward ? 't+1' : 't−1';
  if (!backward && !columns.known && column === columns.count - 1) return `${columns.symbol}−2`;
  if (backward && !columns.known && column === columns.gapAfter) return String(column + 1);
  return timestepName(columns, column + (backward ? 1 : -1));
}

/**
 * @param {Model} model
 * @param {string} layer
 * @param {'from' | 'to'} end
 */
function neighbours(model, layer, end) {
  const other = end === 'from' ? 'to' : 'from';
  return model.timeline.connections
    .filter((c) => c[end] === layer)
    .flatMap((c) => {
      const title = model.titles.get(c[other]) ?? clean(c[other]);
      // Where a state starts stands beside the state.
      if (c.starts_state) return end === 'to' ? [] : `${title} (its initial state)`;
      if (c.offset === 0) return title;
      return `${title} (${c.offset === 1 ? 'next timestep' : `${c.offset} timesteps later`})`;
    })
    .join(', ');
}
