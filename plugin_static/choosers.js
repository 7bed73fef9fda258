/**
 * Which run, which of its networks, at which step.
 *
 * @import {Runs} from './server.js'
 */
import { html } from './vendor/libraries.js';
import { clean } from './words.js';

/**
 * @typedef {{run: string, tag: string, step: number | undefined}} Choice
 */

/**
 * The choice nearest to what was asked for that there is.
 *
 * @param {Runs} runs
 * @param {{run?: string, tag?: string, step?: number}} wanted
 * @returns {Choice | undefined} undefined = there is nothing to choose from
 */
export function settle(runs, wanted) {
  const names = Object.keys(runs).filter((r) => Object.keys(runs[r]).length > 0);
  if (names.length === 0) return undefined;
  const run = names.find((x) => x === wanted.run) ?? names[0];
  const tags = Object.keys(runs[run]);
  const tag = tags.find((x) => x === wanted.tag) ?? tags[0];
  const { steps } = runs[run][tag];
  const step = steps.find((x) => x === wanted.step) ?? steps.at(-1);
  return { run, tag, step };
}

const WRITTEN = 'The training step at which this picture of the network was written';

/**
 * @param {Runs} runs
 * @param {Choice} choice
 * @param {(choice: {run?: string, tag?: string, step?: number}) => void} choose
 */
export function choosers(runs, choice, choose) {
  const tags = Object.keys(runs[choice.run] ?? {});
  const steps = runs[choice.run]?.[choice.tag]?.steps ?? [];
  // Who has not gone back to an earlier step wants the latest, there as here.
  const step = choice.step === steps.at(-1) ? undefined : choice.step;
  const description = runs[choice.run]?.[choice.tag]?.description ?? '';
  const chooseRun = (/** @type {string} */ run) => choose({ ...choice, step, run });
  const chooseTag = (/** @type {string} */ tag) => choose({ ...choice, step, tag });
  const written = 'Written at training step';
  const chooseStep = (/** @type {string} */ to) => choose({ ...choice, step: Number(to) });
  return html`${chooser('run', 'Run', Object.keys(runs), choice.run, chooseRun)}
  ${chooser('tag', 'Network', tags, choice.tag, chooseTag, description)}
  ${chooser('step', written, steps.map(String), String(choice.step), chooseStep, WRITTEN)}`;
}

/**
 * @param {string} id
 * @param {string} label
 * @param {string[]} options
 * @param {string} value
 * @param {(value: string) => void} choose
 * @param {string} title
 */
function chooser(id, label, options, value, choose, title = '') {
  const change = (/** @type {Event} */ event) => {
    const { selectedIndex } = /** @type {HTMLSelectElement} */ (event.currentTarget);
    choose(options[selectedIndex]);
  };
  return html`<label title=${clean(title)}
    >${label}
    <select data-chooser=${id} @change=${change}>
      ${options.map(
        (option) =>
          html`<option value=${option} .selected=${option === value}>${clean(option)}</option>`,
      )}
    </select></label
  >`;
}
