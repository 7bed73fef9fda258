/**
 * The answer in words: the headline, and the sentence below it. The terminal says the same in the
 * same words (tb_rnnview/views/sentence.py).
 *
 * @import {Axis, Finding, Layer, Timeline} from './timeline.js'
 * @import {Model} from './model.js'
 */
import { lengthWords, sumWords, symbolOf } from './lengths.js';
import { otherLayers } from './others.js';
import { isStorage, starts } from './starts.js';
import { isBounded, product, repeats } from './uses.js';
import { clean, counted, number, parameters, shorten } from './words.js';

/**
 * @typedef {{along: Axis[], layers: Layer[]}} Group the axes on which layers run, and these layers
 */

const LONGEST_LABEL = 40;
const MOST_STARTS = 3;

/**
 * @param {Model} model
 * @returns {{headline: string, detail: string, notes: string[]}}
 */
export function sentence(model) {
  const { timeline, axes } = model;
  const recurrent = timeline.layers.filter((x) => x.kind === 'RECURRENT');
  if (recurrent.length === 0) return withoutRecurrence(model);
  const groups = groupByAxes(model, recurrent);
  const headline = groups
    .map(({ along, layers }) => {
      const words = `${countLayers(model, layers)} ${timesWords(axes, along)}`;
      const label = groups.length > 1 ? (along[0]?.label ?? '') : '';
      return ['', 'time'].includes(label) ? words : `${shorten(label, LONGEST_LABEL)}: ${words}`;
    })
    .join(isChain(timeline, groups) ? ' → ' : '; ');
  return {
    // A name that is no plain word stays as the program has it.
    headline: headline.replace(/^(?!(?:lstm|gru|rnn):)[a-z](?=[a-z]{2,}:)/, (letter) =>
      letter.toUpperCase(),
    ),
    detail: sharing(model, recurrent, groups),
    notes: [
      ...startNotes(model),
      ...lengthNotes(model, groups),
      ...otherLayers(model),
      ...rest(timeline),
      ...evidenceNotes(timeline),
    ],
  };
}

/**
 * By the axes on which they run, in the order of the axes.
 *
 * @param {Model} model
 * @param {Layer[]} recurrent
 * @returns {Group[]}
 */
function groupByAxes({ axes }, recurrent) {
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const layer of recurrent) {
    const here = layer.applications.map((a) => a.axis);
    const along = [...axes.values()].filter((axis) => here.includes(axis.id));
    const key = JSON.stringify(along.map((axis) => axis.id));
    const group = groups.get(key) ?? { along, layers: [] };
    group.layers.push(layer);
    groups.set(key, group);
  }
  const order = [...axes.keys()];
  const places = (/** @type {Group} */ { along }) => along.map((axis) => order.indexOf(axis.id));
  return [...groups.values()].sort((a, b) => before(places(a), places(b)));
}

/**
 * @param {number[]} a
 * @param {number[]} b
 */
function before(a, b) {
  const at = a.findIndex((place, i) => place !== b[i]);
  return at < 0 ? a.length - b.length : a[at] - (b[at] ?? -1);
}

/**
 * "× 3 timesteps"; on several axes "× (7 + 4) timesteps".
 *
 * @param {Map<string, Axis>} axes
 * @param {Axis[]} along
 */
function timesWords(axes, along) {
  if (along.length < 2) return `× ${lengthWords(axes, along[0])}`;
  const added = sumWords(axes, along);
  return added ? `× (${added}) timesteps` : `on ${number(along.length)} time axes`;
}

/**
 * Whether the layers of each group's axes feed those of the next one's.
 *
 * @param {Timeline} timeline
 * @param {Group[]} groups
 */
const isChain = (timeline, groups) =>
  groups.length > 1 &&
  groups.slice(1).every(({ along }, i) => feeds(timeline, groups[i].along, along));

/**
 * @param {Timeline} timeline
 * @param {Axis[]} source
 * @param {Axis[]} target
 */
function feeds(timeline, source, target) {
  const both = [...source, ...target];
  // One inside the other is a loop in a loop, and no chain.
  if (both.some((axis) => both.some((other) => other.id === axis.parent))) return false;
  const begin = runningOn(timeline, source);
  const targets = new Map([...begin].map((id) => [id, /** @type {string[]} */ ([])]));
  for (const { from, to, offset } of timeline.connections) {
    if (offset === 0) targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const reached = new Set(begin);
  // A set is walked in the order of insertion, what is added on the way included.
  for (const id of reached) for (const to of targets.get(id) ?? []) reached.add(to);
  return [...runningOn(timeline, target)].some((id) => reached.has(id) && !begin.has(id));
}

/**
 * @param {Timeline} timeline
 * @param {Axis[]} along
 */
function runningOn({ layers }, along) {
  const ids = along.map((axis) => axis.id);
  const here = layers.filter((x) => x.applications.some((a) => ids.includes(a.axis)));
  return new Set(here.map((x) => x.id));
}

/**
 * A bidirectional pair counts as one layer.
 *
 * @param {Model} model
 * @param {Layer[]} layers
 */
function countLayers(model, layers) {
  const pairs = layers.filter((x) => model.partners.has(x.id)).length / 2;
  const total = layers.length - pairs;
  if (pairs === 0) return counted(total, 'layer');
  if (pairs === total) return counted(total, 'bidirectional layer');
  return `${counted(total, 'layer')} (${number(pairs)} bidirectional)`;
}

/**
 * @param {Model} model
 * @param {Layer[]} recurrent
 * @param {Group[]} groups
 */
function sharing(model, recurrent, groups) {
  const ids = new Set(recurrent.map((x) => x.id));
  let stored = 0;
  let unshared = 0;
  let storedKnown = true;
  let unsharedKnown = true;
  let isBound = false;
  for (const variable of model.timeline.variables) {
    const uses = variable.uses.filter((u) => ids.has(u.layer));
    if (uses.length === 0 || isStorage(variable)) continue;
    const size = parameters(variable);
    if (size === undefined) {
      storedKnown = false;
      continue;
    }
    stored += size;
    if (variable.reason && new Set(uses.map((u) => u.layer)).size > 1) {
      unsharedKnown = false; // each layer may take no more than a part of it
    }
    // A timestep that stands alone beside them, to sample with, is none of theirs.
    const onAxis = uses.filter((u) => u.axis);
    for (const use of onAxis.length > 0 ? onAxis : uses) {
      isBound ||= isBounded(model.axes, use.axis);
      const steps = product(repeats(model.axes, use));
      if (steps === undefined) unsharedKnown = false;
      else unshared += size * steps;
    }
  }
  const subject = sharingSubject(model, recurrent, groups);
  if (!storedKnown) return `${subject}.`;
  if (!unsharedKnown || unshared === stored) return `${subject}: ${counted(stored, 'parameter')}.`;
  const bound = isBound ? 'up to ' : '';
  const one = isOneTimestep(groups) ? 'layer' : 'timestep';
  return (
    `${subject}: ${counted(stored, 'parameter')} ` +
    `(${bound}${number(unshared)} if every ${one} had its own).`
  );
}

/**
 * Whether every layer runs one timestep, and no more.
 *
 * @param {Group[]} groups
 */
function isOneTimestep(groups) {
  return groups.every(({ along: [axis, ...others] }) => {
    return others.length === 0 && axis?.length === 1 && !axis.length_is_bound && !axis.parent;
  });
}

/**
 * @param {Model} model
 * @param {Layer[]} recurrent
 * @param {Group[]} groups
 */
function sharingSubject(model, recurrent, groups) {
  const along = groups.length === 1 ? groups[0].along : [];
  let [whose, shared] = ['Its', 'shared by all its'];
  if (recurrent.every((x) => model.partners.has(x.id))) {
    [whose, shared] = ["Each direction's", 'shared by its'];
  } else if (recurrent.length > 1) {
    [whose, shared] = ["Each layer's", 'shared by its'];
  }
  if (isOneTimestep(groups)) return `${whose} weights are used at its only timestep`;
  return `${whose} weights are ${shared} ${sharedTimes(model, along)}`;
}

/**
 * @param {Model} model
 * @param {Axis[]} along
 */
function sharedTimes({ axes }, along) {
  if (along.length > 1) return `${sumWords(axes, along)} timesteps`.trimStart();
  const [axis] = along;
  if (axis?.length === undefined) return 'timesteps';
  const timesteps = counted(axis.length, 'timestep');
  return axis.length_is_bound ? `timesteps, up to ${number(axis.length)} of them` : timesteps;
}

/**
 * Which layers start from what another one gives.
 *
 * @param {Model} model
 */
function startNotes(model) {
  const name = (/** @type {string} */ id) => shorten(model.names.get(id) || id, LONGEST_LABEL);
  const found = new Map(
    starts(model)
      .filter(({ layer }) => model.names.has(layer))
      .map(({ layer, source, final }) => [name(layer), name(source.id), final])
      .map((start) => [JSON.stringify(start), start]),
  );
  if (found.size > MOST_STARTS) {
    return [`${number(found.size)} layers start from what another one gives.`];
  }
  const said = [...found.values()].map(([layer, source, final], i) => {
    const what = final ? 'the final state' : 'a result';
    return `'${layer}' ${i === 0 ? 'starts from' : 'from'} ${what} of '${source}'`;
  });
  return said.length > 0 ? [`${said.join(', ')}.`] : [];
}

/**
 * @param {Model} model
 * @param {Group[]} groups
 */
function lengthNotes({ timeline, axes }, groups) {
  const notes = new Set();
  for (const axis of groups.flatMap(({ along }) => along)) {
    const reason = clean(axis.reason).replace(/\.+$/, '');
    if (axis.length === undefined) {
      const why = reason || `the ${sourceWord(timeline)} does not fix it`;
      notes.add(`${symbolOf(axes, axis.id)} is not known: ${why}.`);
    } else if (axis.length_is_bound && reason) {
      notes.add(`A run may stop earlier: ${dependence(reason)}.`);
    }
  }
  return [...notes];
}

/** @param {string} reason as the analysis gives it */
function dependence(reason) {
  const [, tensor] = /^(['"].*['"]) is computed from data$/s.exec(reason) ?? [];
  return tensor ? `it depends on data (${tensor})` : reason;
}

/** @param {Timeline} timeline */
const rest = (timeline) =>
  isPartlyUnknown(timeline)
    ? [`Part of this ${sourceWord(timeline)} is not recognised; the reason is on this page.`]
    : [];

/**
 * Whether this is what a configuration declares, and no graph proves it.
 *
 * @param {Timeline} timeline
 */
function isDeclared({ layers, variables }) {
  const known = new Set([...layers, ...variables].map((x) => x.evidence));
  return known.has('CONFIG') && !known.has('GRAPH');
}

/**
 * What the network was read off.
 *
 * @param {Timeline} timeline
 */
const sourceWord = (timeline) => (isDeclared(timeline) ? 'configuration' : 'graph');

/** @param {Timeline} timeline */
const evidenceNotes = (timeline) =>
  isDeclared(timeline) ? ['Declared by a configuration: no graph was there to prove it.'] : [];

/**
 * @param {Model} model
 * @returns {{headline: string, detail: string, notes: string[]}}
 */
function withoutRecurrence(model) {
  const { timeline } = model;
  if (isPartlyUnknown(timeline)) {
    const finding = unrecognised(timeline);
    return {
      headline: `Part of this ${sourceWord(timeline)} is not recognised.`,
      detail: 'So it is not known whether it has a recurrent layer. This is the reason:',
      notes: finding ? [clean(finding.message), clean(finding.advice)] : unknownLayers(model),
    };
  }
  return {
    headline: 'No recurrent layer was found.',
    detail:
      `Nothing in this ${sourceWord(timeline)} hands a state, computed with weights, from one ` +
      'timestep to the next, so there is no time to unroll.',
    notes: evidenceNotes(timeline),
  };
}

/**
 * @param {Timeline} timeline
 * @returns {boolean} whether something was not recognised, so that nothing can be called absent
 */
const isPartlyUnknown = ({ layers, findings }) =>
  layers.some((x) => x.kind === 'UNKNOWN') || findings.some((f) => f.code === 'NOT_RECOGNISED');

/** @param {Model} model */
const unknownLayers = ({ timeline, own }) =>
  timeline.layers
    .filter((x) => x.kind === 'UNKNOWN')
    .map((x) => `${clean(own.get(x.id) ?? x.id)}: ${clean(x.reason) || 'no reason is given'}.`);

/**
 * The finding that is the answer itself, where there is no other: nobody can say that a network
 * has no recurrent layer while a part of it was not looked into.
 *
 * @param {Timeline} timeline
 * @returns {Finding | undefined}
 */
export function unrecognised({ layers, findings }) {
  if (layers.some((x) => x.kind === 'RECURRENT')) return undefined;
  return findings.find((f) => f.code === 'NOT_RECOGNISED');
}
