/**
 * What can be shown of training: the measures that the layers of a network have, by words.
 *
 * A layer's rows are called by the names of its own variables and states; the choice is made for
 * all layers at once, by the last part of these names.
 *
 * @import {Model} from './model.js'
 * @import {Listed, Listing, RowLabel} from './statistics.js'
 */
import { clean } from './words.js';

/** @typedef {{key: string, measure: string, words: string, unit: string}} Measure */

/**
 * @param {string} layer id
 * @param {number} application
 */
export const placeOf = (layer, application) => `${layer} ${application}`;

/**
 * Which statistics belong to which layer of a network.
 *
 * @param {Model} model
 * @param {Listing} listing
 * @param {string} tag the network's: where two claim a layer, those under the same name count
 * @returns {Map<string, Listed>} by place
 */
export function joinLayers({ timeline }, listing, tag) {
  const under = (/** @type {Listed} */ x) => x.tag.startsWith(`${tag}/`);
  const sorted = [...listing.layers.filter(under), ...listing.layers.filter((x) => !under(x))];
  /** @type {Map<string, Listed>} */
  const joined = new Map();
  for (const listed of sorted) {
    const named = timeline.layers.filter((x) => x.name === listed.layer);
    const layer =
      named.length === 1 ? named[0] : timeline.layers.find((x) => x.id === listed.layer);
    if (!layer) continue;
    const place = placeOf(layer.id, listed.application);
    if (!joined.has(place)) joined.set(place, listed);
  }
  return joined;
}

/** @param {string} name */
const lastPart = (name) => name.slice(name.lastIndexOf('/') + 1);

/**
 * What is looked at in several layers at once: the votes on each layer's own kernel, for example.
 *
 * @param {RowLabel} row
 * @param {RowLabel[]} rows of its layer
 */
function keyOf(row, rows) {
  if (row.measure !== 'vote') return `${row.measure}:${row.of}`;
  const name = lastPart(row.of);
  const alike = rows.filter((x) => x.measure === 'vote' && lastPart(x.of) === name);
  return `vote:${alike.length > 1 ? row.of : name}`;
}

/**
 * @param {Listed} listed
 * @param {string} key
 * @returns {number} the row with that measure; -1 = there is none
 */
export const rowOf = ({ rows }, key) => rows.findIndex((row) => keyOf(row, rows) === key);

const ORDER = ['state_gradient', 'vote', 'activation', 'saturation', 'live', 'non_finite'];

/** @param {string} measure */
function rank(measure) {
  const place = ORDER.indexOf(measure);
  return place < 0 ? ORDER.length : place;
}

/**
 * @param {Iterable<Listed>} listed
 * @returns {Measure[]} what to look at first comes first
 */
export function measuresOf(listed) {
  /** @type {Map<string, Measure>} */
  const found = new Map();
  for (const { rows } of listed) {
    for (const row of rows) {
      const key = keyOf(row, rows);
      if (found.has(key)) continue;
      const of = row.measure === 'vote' ? key.slice('vote:'.length) : row.of;
      const words = wordsOf({ ...row, of });
      found.set(key, { key, measure: row.measure, words, unit: row.unit });
    }
  }
  return [...found.values()].sort((a, b) => rank(a.measure) - rank(b.measure));
}

/**
 * @param {{measure: string, of: string}} row
 * @returns {string}
 */
export function wordsOf({ measure, of }) {
  const name = clean(of).replaceAll('_', ' ');
  switch (measure) {
    case 'vote':
      return name ? `Votes on the ${name}` : 'Votes on all weights';
    case 'activation':
      return `Size of the ${stateWords(name)}`;
    case 'state_gradient':
      return `Gradient of the ${stateWords(name)}`;
    case 'saturation':
      return name ? `Saturated units of gate ${name}` : 'Saturated units of all gates';
    case 'live':
      return 'Sequences still running';
    case 'non_finite':
      return `NaN and infinite ${name || 'numbers'}`;
    default:
      return [clean(measure).replaceAll('_', ' '), name].filter(Boolean).join(' of ');
  }
}

/** @param {string} name an output that is no state is called so */
const stateWords = (name) => (/^output\b/.test(name) ? name : `state ${name}`.trim());

/** @type {Record<string, string>} */
const EXPLAINED = {
  vote:
    'Vote: the part that a timestep has in the gradient of the weights that all timesteps share. ' +
    'The votes of all timesteps sum to 1; one below 0 pulls against the rest.',
  activation: 'Size of the state after each timestep: the root mean square over batch and units.',
  state_gradient:
    'How much the loss depends on the state after each timestep: the root mean square of the ' +
    'gradient. Where it falls to nothing, what was read there is not learnt from.',
  saturation: 'The part of the units whose gate is nearly open or nearly closed.',
  live: 'The part of the batch whose sequence has not ended.',
  non_finite: 'How many values are NaN or infinite.',
};

/** @param {string} measure */
export const explained = (measure) => EXPLAINED[measure] ?? '';
