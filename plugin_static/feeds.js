/**
 * What flows from one axis to another, or into and out of time, and how it is used there.
 *
 * @import {Connection} from './timeline.js'
 * @import {BandPlan} from './bands.js'
 * @import {Model} from './model.js'
 */
import { startsFrom } from './starts.js';

/**
 * @typedef {'start' | 'each' | 'into' | 'out'} FeedKind
 *   start = a final state, or another value, that a layer's state starts from
 *   each = a value that every timestep reads
 *   into = a value that goes into a layer on an axis; how is not known
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
function kindOf(model, { from, to }, target) {
  if (!target.axis) return 'out';
  const states = model.statesOf.get(to) ?? [];
  const source = model.layers.get(from);
  if (source && states.some((s) => startsFrom(s.initial, source))) return 'start';
  if (model.layers.get(to)?.kind === 'SEQUENCE') return 'into';
  return states.every((s) => isExplained(model, s.initial, to)) ? 'each' : 'into';
}

/**
 * Whether it is known where a state starts, so that no other value can be its start.
 *
 * @param {Model} model
 * @param {string} initial
 * @param {string} to
 */
function isExplained({ timeline, layers }, initial, to) {
  if (initial === 'zeros' || timeline.variables.some((v) => v.name === initial)) return true;
  return timeline.connections.some((c) => {
    const source = c.to === to ? layers.get(c.from) : undefined;
    return source !== undefined && startsFrom(initial, source);
  });
}
