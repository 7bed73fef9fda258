/**
 * Which variables the table lists, and in which order; and what else a search finds.
 *
 * @import {Variable} from './timeline.js'
 * @import {Model} from './model.js'
 */
import { usesCounted } from './uses.js';
import { sharedBy } from './usage.js';
import { clean, parameters, roleWords, shapeTimes, shapeTuple } from './words.js';

/**
 * @typedef {'name' | 'shape' | 'role' | 'layer' | 'when' | 'uses' | 'shared' | 'parameters'} Column
 *
 * @typedef {object} Wish what the table should list
 * @property {string} search every word of it has to be found
 * @property {string} role "" = any
 * @property {string} layer id; "" = any, NO_LAYER = of none
 * @property {Column | ''} sort "" = the program's own order
 * @property {boolean} down the greatest first
 */

/** @type {Readonly<Wish>} */
export const EVERYTHING = { search: '', role: '', layer: '', sort: '', down: false };
/** No layer has this id: ids are never empty, nor do they begin with a space. */
export const NO_LAYER = ' none';

/** @param {Wish} wish */
export const isNarrowed = ({ search, role, layer }) => `${search}${role}${layer}` !== '';

/**
 * Upper and lower case are the same, and so are letters with and without accents.
 *
 * @param {string} text
 */
const folded = (text) => clean(text).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** @param {string} search */
const wordsOf = (search) => folded(search).split(/\s+/).filter(Boolean);

/**
 * A number has to be found as a whole: "layer 1" is not about 100 rows.
 *
 * @param {string[]} words
 * @param {string} text folded
 */
const hasAll = (words, text) =>
  words.every((word) =>
    /^\d+$/.test(word)
      ? new RegExp(`(?<![\\d,.])${word}(?![\\d]|[,.]\\d)`).test(text)
      : text.includes(word),
  );

/** @type {WeakMap<Model, {variables: string[], layers: string[], findings: string[]}>} */
const texts = new WeakMap();

/**
 * What is searched, worked out once: names may be long.
 *
 * @param {Model} model
 */
function textsOf(model) {
  const known = texts.get(model);
  if (known) return known;
  const { variables, layers, findings } = model.timeline;
  const called = (/** @type {string} */ id) =>
    [model.titles.get(id), model.layers.get(id)?.name, model.layers.get(id)?.cell].join(' ');
  const made = {
    variables: variables.map((v) =>
      folded(
        [v.name, v.role, roleWords(v.role), v.dtype, shapeTuple(v), shapeTimes(v)]
          .concat(v.layers.map(called), v.uses.length === 0 ? 'not used' : [])
          .join(' '),
      ),
    ),
    layers: layers.map((x) => folded([called(x.id), x.kind, x.reason].join(' '))),
    findings: findings.map((f) =>
      folded([f.severity, f.code, f.message, f.advice, ...f.variables].join(' ')),
    ),
  };
  texts.set(model, made);
  return made;
}

/**
 * @param {Model} model
 * @param {Wish} wish
 * @returns {number[]} places in variables[]
 */
export function listVariables(model, wish) {
  const { variables } = model.timeline;
  const words = wordsOf(wish.search);
  const found = textsOf(model).variables;
  const listed = [...variables.keys()].filter(
    (i) =>
      (wish.role === '' || variables[i].role === wish.role) &&
      isOf(variables[i], wish.layer) &&
      hasAll(words, found[i]),
  );
  const { sort, down } = wish;
  if (sort === '') return listed;
  const keys = new Map(listed.map((i) => [i, sortKey(model, variables[i], sort)]));
  return listed.sort((a, b) => {
    const order = compare(keys.get(a), keys.get(b), down);
    // What is equal stays in the program's order.
    return order === 0 ? a - b : order;
  });
}

/**
 * @param {Variable} variable
 * @param {string} layer
 */
function isOf({ layers }, layer) {
  if (layer === '') return true;
  return layer === NO_LAYER ? layers.length === 0 : layers.includes(layer);
}

/**
 * @param {Model} model
 * @param {Variable} variable
 * @param {Column} column
 * @returns {string | number | undefined} undefined = not known
 */
function sortKey(model, variable, column) {
  switch (column) {
    case 'name':
      return variable.name;
    case 'role':
      return variable.role;
    case 'layer': {
      const at = model.timeline.layers.findIndex((x) => x.id === variable.layers[0]);
      return at < 0 ? undefined : at;
    }
    case 'when':
      return variable.uses.length === 0 ? undefined : Math.min(...variable.uses.map(startOf));
    case 'uses':
      return usesCounted(model.axes, variable);
    case 'shared':
      return sharedBy(model, variable);
    default:
      return parameters(variable);
  }
}

/** What is outside time comes before its first timestep.
 *
 * @param {{axis: string, start: number}} use
 */
const startOf = ({ axis, start }) => (axis === '' ? -1 : start);

const names = new Intl.Collator('en', { numeric: true });

/**
 * @param {string | number | undefined} a
 * @param {string | number | undefined} b
 * @param {boolean} down
 */
function compare(a, b, down) {
  // What is not known comes last, whichever way the rest goes.
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const order = typeof a === 'string' ? names.compare(a, String(b)) : a - Number(b);
  return down ? -order : order;
}

/**
 * @param {Model} model
 * @param {string} search
 * @returns {{layers: string[], findings: number[]}} ids, and places in findings[], that a search
 *   finds besides variables; nothing is found by an empty one
 */
export function searchOthers(model, search) {
  const words = wordsOf(search);
  if (words.length === 0) return { layers: [], findings: [] };
  const { layers, findings } = textsOf(model);
  return {
    layers: model.timeline.layers.filter((_, i) => hasAll(words, layers[i])).map((x) => x.id),
    findings: [...findings.keys()].filter((i) => hasAll(words, findings[i])),
  };
}

/**
 * @param {Model} model
 * @returns {{roles: string[], layers: string[]}} what variables can be told apart by, in the
 *   program's order
 */
export function choices({ timeline }) {
  const { variables, layers } = timeline;
  const owners = new Set(variables.flatMap((v) => v.layers));
  const none = variables.some((v) => v.layers.length === 0);
  return {
    roles: [...new Set(variables.map((v) => v.role))],
    layers: [
      ...layers.filter((x) => owners.has(x.id)).map((x) => x.id),
      ...(none ? [NO_LAYER] : []),
    ],
  };
}

/**
 * The order that the next click on a heading gives: up, down, then the program's own again.
 *
 * @param {Wish} wish
 * @param {Column} column
 * @returns {Wish}
 */
export function sorted(wish, column) {
  if (wish.sort !== column) return { ...wish, sort: column, down: false };
  return wish.down ? { ...wish, sort: '', down: false } : { ...wish, down: true };
}
