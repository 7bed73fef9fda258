/**
 * What flows from one axis to another, or into and out of time, and how it is used there.
 *
 * @import {Connection} from './timeline.js'
 * @import {BandPlan} from './bands.js'
 * @import {Model} from './model.js'
 */

/**
 * @typedef {'start' | 'each' | 'into' | 'out'} FeedKind
 *   start = a final state, or another value, that a layer's state starts from
 *   each = a value that every timestep reads
 *   into = a value that a layer for all timesteps at once reads
 *   out = a value that leaves time, or never was in it
 * @typedef {{from: string, to: string, kind: FeedKind, source: BandPlan, target: BandPlan}} Feed
 */

/**
 * @param {Model} model
 * @param {BandPlan[]} plan
 * @returns {Feed[]}
 */
export function planFeeds(model, plan) {
  /** @type {Map<string, BandPlan>} */
  const home = new Map();
  for (const band of plan) {
    for (const { layer, first } of band.rows) if (first) home.set(layer.id, band);
  }
  /** @type {Feed[]} */
  const feeds = [];
  for (const connection of model.timeline.connections) {
    const { from, to } = connection;
    const source = home.get(from);
    const target = home.get(to);
    if (!source || !target || (source === target && source.axis)) continue;
    const kind = kindOf(model, connection, target);
    // What both directions of a layer give goes on as one.
    const partner = model.partners.get(from);
    const same = feeds.some((f) => f.from === partner && f.to === to && f.kind === kind);
    if (same && kind !== 'start') continue;
    feeds.push({ from, to, kind, source, target });
  }
  return feeds;
}

/**
 * @param {Model} model
 * @param {Connection} connection
 * @param {BandPlan} target
 * @returns {FeedKind}
 */
function kindOf({ layers }, { to, starts_state }, target) {
  if (!target.axis) return 'out';
  if (starts_state) return 'start';
  return layers.get(to)?.kind === 'SEQUENCE' ? 'into' : 'each';
}
