/**
 * The table as a file: values separated by commas for a spreadsheet, or JSON for a program.
 *
 * @import {Model} from './model.js'
 */
import { sharedBy } from './usage.js';
import { usesCounted, whenWords } from './uses.js';
import { clean, parameters, shapeTuple } from './words.js';

/** @type {string[]} */
const HEADINGS = ['variable', 'shape', 'dtype', 'role', 'layers', 'timesteps', 'uses'].concat(
  'shared_by_timesteps',
  'parameters',
);

/**
 * @param {Model} model
 * @param {number[]} listed places in variables[]
 * @returns {string} RFC 4180; what is not known is empty
 */
export function asCsv(model, listed) {
  const rows = listed.map((i) => {
    const variable = model.timeline.variables[i];
    return [
      variable.name,
      shapeTuple(variable),
      variable.dtype,
      variable.role,
      variable.layers.map((id) => model.titles.get(id) ?? id).join('; '),
      // "0 - 2" would be a date to some programs.
      whenWords(model, variable).replaceAll('–', 'to'),
      usesCounted(model.axes, variable),
      sharedBy(model, variable),
      parameters(variable),
    ];
  });
  return [HEADINGS, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** @param {string | number | undefined} value */
function cell(value) {
  if (value === undefined) return '';
  const text = clean(String(value));
  // A spreadsheet would run a name that begins like a formula: after an apostrophe it is text.
  const harmless = /^\s*[=+\-@]/.test(text) && typeof value === 'string' ? `'${text}` : text;
  return /[",']/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/**
 * @param {Model} model
 * @param {number[]} listed places in variables[]
 * @returns {string} the variables as the timeline has them
 */
export function asJson(model, listed) {
  const variables = listed.map((i) => model.timeline.variables[i]);
  return `${JSON.stringify({ variables }, undefined, 2)}\n`;
}

/**
 * @param {string} name of the file
 * @param {string} type
 * @param {string | Blob} content
 */
export function save(name, type, content) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
