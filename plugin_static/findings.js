/**
 * What is worth telling, beside the headline: one line each, the rest on demand, over the page, so
 * that nothing on it moves.
 *
 * @import {Finding} from './timeline.js'
 * @import {Model} from './model.js'
 * @import {Selection} from './selection.js'
 */
import { html, nothing } from './vendor/libraries.js';
import { mainVariable } from './model.js';
import { closeOnEscape, closeOnLeave } from './popup.js';
import { unrecognised } from './sentence.js';
import { clean, counted } from './words.js';

/** @type {Record<Finding['severity'], [string, string]>} */
const MARKS = { ERROR: ['Error', '✕'], WARNING: ['Warning', '!'], INFO: ['Note', 'i'] };

/** So many have a line of their own. */
const LINES = 3;

/**
 * @param {Model} model
 * @param {(selection: Selection) => void} choose
 */
export function findings(model, choose) {
  // What the sentence says already is not said twice.
  const list = model.timeline.findings.filter((f) => f !== unrecognised(model.timeline));
  if (list.length === 0) return nothing;
  const own = list.length > LINES ? list.slice(0, LINES - 1) : list;
  const others = list.slice(own.length);
  return html`<ul
    class="findings ${list.length === 1 ? 'single' : ''}"
    aria-label="Findings"
    @keydown=${closeOnEscape}
    @focusout=${closeOnLeave}
  >
    ${own.map((f) => finding(model, f, choose))}
    ${
      others.length > 0
        ? html`<li class="info">
            <details name="finding">
              <summary><b>and ${counted(others.length, 'more finding')}</b>${SHOW}</summary>
              <div class="more" tabindex="-1">
                ${others.map(
                  (f) =>
                    html`<div data-finding=${model.timeline.findings.indexOf(f)}>
                      ${whole(model, f, choose)}
                    </div>`,
                )}
              </div>
            </details>
          </li>`
        : nothing
    }
  </ul>`;
}

const SHOW = html`<span class="show">Show me ›</span>`;

/**
 * @param {Model} model
 * @param {Finding} found
 * @param {(selection: Selection) => void} choose
 */
function finding(model, found, choose) {
  const [first, rest] = sentences(clean(found.message));
  const [word, mark] = MARKS[found.severity];
  return html`<li class=${found.severity.toLowerCase()}>
    <details name="finding" data-finding=${model.timeline.findings.indexOf(found)}>
      <summary title=${clean(found.message)}>
        <span class="mark" aria-hidden="true">${mark}</span><span class="hidden">${word}:</span>
        <span class="line"><b>${first}</b> ${rest}</span>${SHOW}
      </summary>
      <div class="more" tabindex="-1">${whole(model, found, choose)}</div>
    </details>
  </li>`;
}

/**
 * All of a finding, its advice, and what it is about.
 *
 * @param {Model} model
 * @param {Finding} found
 * @param {(selection: Selection) => void} choose
 */
function whole(model, found, choose) {
  const [first, rest] = sentences(clean(found.message));
  const subjects = subjectsOf(model, found);
  return html`<p><b>${first}</b> ${rest}</p>
    ${found.advice ? html`<p>${clean(found.advice)}</p>` : nothing}
    ${
      subjects.length > 0
        ? html`<p>
            ${subjects.map(
              ({ name, selection }) =>
                html`<button class="link subject" @click=${() => choose(selection)}>
                  ${name}
                </button> `,
            )}
          </p>`
        : nothing
    }`;
}

/**
 * @param {Model} model
 * @param {Finding} found
 * @returns {{name: string, selection: Selection}[]}
 */
function subjectsOf(model, found) {
  const { variables } = model.timeline;
  const subjects = [];
  for (const id of found.layers) {
    const main = mainVariable(model, id);
    if (!main) continue;
    const selection = /** @type {const} */ ({ kind: 'variable', index: variables.indexOf(main) });
    subjects.push({ name: model.titles.get(id) ?? clean(id), selection });
  }
  for (const name of found.variables) {
    const index = variables.findIndex((v) => v.name === name);
    if (index < 0) continue;
    subjects.push({
      name: clean(name),
      selection: /** @type {const} */ ({ kind: 'variable', index }),
    });
  }
  return subjects.slice(0, 8);
}

/**
 * @param {Element} root
 * @param {number} index in findings[]
 */
export function openFinding(root, index) {
  const place = root.querySelector(`[data-finding="${index}"]`);
  const all = place?.closest('details');
  if (!all) return;
  all.open = true;
  /** @type {HTMLElement | null} */ (all.querySelector('.more'))?.focus();
  place?.scrollIntoView({ block: 'nearest' });
}

/**
 * @param {string} message
 * @returns {[string, string]} its first sentence, and the rest
 */
export function sentences(message) {
  const end = /[.!?](?=\s+\p{Lu})/u.exec(message);
  if (!end) return [message, ''];
  return [message.slice(0, end.index + 1), message.slice(end.index + 1).trimStart()];
}
