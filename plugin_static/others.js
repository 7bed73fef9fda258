/**
 * The layers that are not recurrent, in words: which kinds there are, and what they weigh. The
 * terminal says the same in the same words (tb_rnnview/views/others.py).
 *
 * @import {Layer, Timeline} from './timeline.js'
 * @import {Model} from './model.js'
 */
import { counted, number, parameters, shorten } from './words.js';

/** @type {Record<string, string>} */
const WHEN = {
  STEPWISE: 'at each timestep',
  SEQUENCE: 'all timesteps at once',
  UNKNOWN: 'not recognised',
};
const MOST_NAMED = 4;

/**
 * @param {Model} model
 * @returns {string[]} one sentence on those that have parameters, or none
 */
export function otherLayers({ timeline, layers, own }) {
  let total = 0;
  const owners = new Set();
  for (const variable of timeline.variables) {
    const kinds = variable.layers.map((id) => layers.get(id)?.kind);
    if (kinds.length === 0 || kinds.includes('RECURRENT')) continue;
    total += parameters(variable) ?? 0;
    for (const id of variable.layers) owners.add(id);
  }
  if (total === 0) return [];
  const others = timeline.layers.filter((x) => owners.has(x.id));
  const few = others.length <= MOST_NAMED;
  /** @type {Map<string, string[]>} */
  const alike = new Map();
  for (const layer of others) {
    const words = whenRuns(timeline, layer);
    const key = few || !words.endsWith(' times') ? words : 'several times';
    alike.set(key, [...(alike.get(key) ?? []), shorten(own.get(layer.id) ?? '', 40)]);
  }
  const each = [...alike].map(([words, names]) =>
    few || alike.size > 1 ? `${few ? names.join(', ') : names.length} (${words})` : words,
  );
  const about = each.length > 0 ? `: ${each.join(', ')}` : '';
  return [`${counted(owners.size, 'other layer')}, ${counted(total, 'parameter')}${about}.`];
}

/**
 * When a layer without a state does its work: "all timesteps at once", "once", "8 times".
 *
 * @param {Timeline} timeline
 * @param {Layer} layer
 */
export function whenRuns({ variables }, { id, kind }) {
  if (WHEN[kind]) return WHEN[kind];
  const reads = variables.flatMap((v) => v.uses.filter((u) => u.layer === id).map((u) => u.reads));
  if (reads.includes(0)) return 'outside time';
  const most = reads.reduce((a, b) => Math.max(a, b), 1);
  return most === 1 ? 'once' : `${number(most)} times`;
}
