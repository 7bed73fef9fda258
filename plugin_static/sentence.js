/**
 * The answer in words: the headline, and the sentence below it. The terminal says the same in the
 * same words (tb_rnnview/views/sentence.py).
 *
 * @import {Axis, Finding, Layer, Timeline, Variable} from './timeline.js'
 * @import {Model} from './model.js'
 */
import { isBounded, product, repeats } from './uses.js';
import { clean, counted, number, parameters } from './words.js';

/**
 * @param {Model} model
 * @returns {{headline: string, detail: string, notes: string[]}}
 */
export function sentence(model) {
  const { timeline } = model;
  const recurrent = timeline.layers.filter((x) => x.kind === 'RECURRENT');
  if (recurrent.length === 0) return withoutRecurrence(model);
  const groups = groupByAxis(model, recurrent);
  const several = groups.length > 1;
  const headline = groups
    .map(({ axis, layers }) => {
      const words = `${countLayers(model, layers)} × ${lengthWords(axis)}`;
      const label = several && axis?.label && axis.label !== 'time' ? clean(axis.label) : '';
      return label ? `${label}: ${words}` : words;
    })
    .join('; ');
  return {
    headline: headline.charAt(0).toUpperCase() + headline.slice(1),
    detail: sharing(model, recurrent, groups),
    notes: [...lengthNotes(groups), ...otherParameters(model), ...rest(timeline)],
  };
}

/** @param {Axis | undefined} axis */
export function lengthWords(axis) {
  if (axis?.length === undefined) return 'T timesteps';
  return `${axis.length_is_bound ? 'up to ' : ''}${counted(axis.length, 'timestep')}`;
}

/**
 * @param {Model} model
 * @param {Layer[]} recurrent
 * @returns {{axis: Axis | undefined, layers: Layer[]}[]}
 */
function groupByAxis(model, recurrent) {
  /** @type {Map<string, Layer[]>} */
  const groups = new Map();
  for (const layer of recurrent) {
    const axis = layer.applications[0]?.axis ?? '';
    groups.set(axis, [...(groups.get(axis) ?? []), layer]);
  }
  return [...groups].map(([id, layers]) => ({ axis: model.axes.get(id), layers }));
}

/**
 * A bidirectional pair counts as one layer.
 *
 * @param {Model} model
 * @param {Layer[]} layers
 */
function countLayers(model, layers) {
  const pairs = layers.filter((x) => model.paired.has(x.id)).length / 2;
  const total = layers.length - pairs;
  if (pairs === 0) return counted(total, 'layer');
  if (pairs === total) return counted(total, 'bidirectional layer');
  return `${counted(total, 'layer')} (${number(pairs)} bidirectional)`;
}

/**
 * @param {Model} model
 * @param {Layer[]} recurrent
 * @param {{axis: Axis | undefined, layers: Layer[]}[]} groups
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
    for (const use of uses) {
      isBound ||= isBounded(model.axes, use.axis);
      const steps = product(repeats(model.axes, use));
      if (steps === undefined) unsharedKnown = false;
      else unshared += size * steps;
    }
  }
  const axis = groups.length === 1 ? groups[0].axis : undefined;
  const subject = sharingSubject(model, recurrent, axis);
  if (!storedKnown) return `${subject}.`;
  if (!unsharedKnown || unshared === stored) return `${subject}: ${counted(stored, 'parameter')}.`;
  const bound = isBound ? 'up to ' : '';
  return (
    `${subject}: ${counted(stored, 'parameter')} ` +
    `(${bound}${number(unshared)} if every timestep had its own).`
  );
}

/**
 * @param {Model} model
 * @param {Layer[]} recurrent
 * @param {Axis | undefined} axis the only one
 */
function sharingSubject(model, recurrent, axis) {
  const times = sharedTimes(axis);
  if (recurrent.every((x) => model.paired.has(x.id))) {
    return `Each direction's weights are shared by its ${times}`;
  }
  if (recurrent.length > 1) return `Each layer's weights are shared by its ${times}`;
  if (axis?.length === 1) return 'Its weights are used at its only timestep';
  return `Its weights are shared by all its ${times}`;
}

/** @param {Axis | undefined} axis */
function sharedTimes(axis) {
  if (axis?.length === undefined) return 'timesteps';
  const timesteps = counted(axis.length, 'timestep');
  return axis.length_is_bound ? `timesteps, up to ${number(axis.length)} of them` : timesteps;
}

/** @param {{axis: Axis | undefined, layers: Layer[]}[]} groups */
function lengthNotes(groups) {
  const notes = [];
  for (const { axis } of groups) {
    if (!axis) continue;
    const reason = clean(axis.reason).replace(/\.+$/, '');
    if (axis.length === undefined) {
      notes.push(`T is not known: ${reason || 'the graph does not fix it'}.`);
    } else if (axis.length_is_bound && reason) {
      notes.push(`A run may stop earlier: ${dependence(reason)}.`);
    }
  }
  return notes;
}

/** @param {string} reason as the analysis gives it */
function dependence(reason) {
  const [, tensor] = /^(['"].*['"]) is computed from data$/s.exec(reason) ?? [];
  return tensor ? `it depends on data (${tensor})` : reason;
}

/**
 * Whether a variable only keeps a state from run to run: nothing trains it.
 *
 * @param {Variable} variable
 */
const isStorage = (variable) => variable.role === 'initial_state' && variable.trainable === false;

/**
 * The parameters of the other layers are said apart from the recurrent ones.
 *
 * @param {Model} model
 */
function otherParameters({ timeline, layers }) {
  let total = 0;
  const owners = new Set();
  for (const variable of timeline.variables) {
    const kinds = variable.layers.map((id) => layers.get(id)?.kind);
    if (kinds.length === 0 || kinds.includes('RECURRENT')) continue;
    total += parameters(variable) ?? 0;
    for (const id of variable.layers) owners.add(id);
  }
  if (total === 0) return [];
  return [`${counted(owners.size, 'other layer')}: ${counted(total, 'parameter')}.`];
}

/** @param {Timeline} timeline */
const rest = (timeline) =>
  isPartlyUnknown(timeline)
    ? ['Part of this graph is not recognised; the reason is on this page.']
    : [];

/**
 * @param {Model} model
 * @returns {{headline: string, detail: string, notes: string[]}}
 */
function withoutRecurrence({ timeline }) {
  if (isPartlyUnknown(timeline)) {
    const finding = unrecognised(timeline);
    return {
      headline: 'Part of this graph is not recognised.',
      detail: 'So it is not known whether it has a recurrent layer. This is the reason:',
      notes: finding ? [clean(finding.message), clean(finding.advice)] : unknownLayers(timeline),
    };
  }
  return {
    headline: 'No recurrent layer was found.',
    detail:
      'Nothing in this graph hands a state, computed with weights, from one timestep to the ' +
      'next, so there is no time to unroll.',
    notes: [],
  };
}

/**
 * @param {Timeline} timeline
 * @returns {boolean} whether something was not recognised, so that nothing can be called absent
 */
const isPartlyUnknown = ({ layers, findings }) =>
  layers.some((x) => x.kind === 'UNKNOWN') || findings.some((f) => f.code === 'NOT_RECOGNISED');

/** @param {Timeline} timeline */
const unknownLayers = ({ layers }) =>
  layers
    .filter((x) => x.kind === 'UNKNOWN')
    .map((x) => `${clean(x.name || x.id)}: ${clean(x.reason) || 'no reason is given'}.`);

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
