/**
 * A timeline with the look-ups that every part of the page needs.
 *
 * @import {Axis, Layer, State, Timeline, Variable} from './timeline.js'
 */
import { clean, shortenPath } from './words.js';

/**
 * @typedef {object} Model
 * @property {Timeline} timeline
 * @property {Map<string, Layer>} layers by id
 * @property {Map<string, Axis>} axes by id
 * @property {Map<string, string>} titles what each layer is called on the page, by id
 * @property {Map<string, string>} short the same where a name stands beside it, by id
 * @property {Map<string, Variable[]>} variablesOf by layer id, in the program's order
 * @property {Map<string, State[]>} statesOf by layer id
 * @property {Map<string, string>} own what each layer is called by itself, by id
 * @property {Map<string, string>} names the same, by id; both directions have one
 * @property {Map<string, string>} partners the other direction of a bidirectional layer, by id
 */

/**
 * @param {Timeline} timeline
 * @returns {Model}
 */
export function buildModel(timeline) {
  const variablesOf = new Map(timeline.layers.map((x) => [x.id, /** @type {Variable[]} */ ([])]));
  for (const variable of timeline.variables) {
    for (const id of variable.layers) variablesOf.get(id)?.push(variable);
  }
  const statesOf = new Map(timeline.layers.map((x) => [x.id, /** @type {State[]} */ ([])]));
  for (const state of timeline.states) statesOf.get(state.layer)?.push(state);
  const partners = findPartners(timeline.layers);
  const own = new Map(timeline.layers.map((x) => [x.id, ownName(x, variablesOf.get(x.id) ?? [])]));
  const names = findNames(own, partners);
  return {
    timeline,
    layers: new Map(timeline.layers.map((x) => [x.id, x])),
    axes: new Map(timeline.axes.map((x) => [x.id, x])),
    titles: findTitles(timeline.layers, own, names, partners),
    short: new Map(timeline.layers.map((x) => [x.id, plainTitle(x, own, partners)])),
    variablesOf,
    statesOf,
    own,
    names,
    partners,
  };
}

const VARIABLES_NAMED = 3;

/** @param {Layer} layer */
export const isBackward = (layer) => layer.applications[0]?.direction === 'BACKWARD';

/**
 * A FORWARD and a BACKWARD recurrent layer at one depth of one axis are one bidirectional layer.
 *
 * @param {Layer[]} layers
 * @returns {Map<string, string>}
 */
function findPartners(layers) {
  /** @type {Map<string, Layer[]>} */
  const places = new Map();
  for (const layer of layers) {
    if (layer.kind !== 'RECURRENT' || layer.depth === undefined) continue;
    const place = `${layer.depth} ${firstAxis(layer)}`;
    places.set(place, [...(places.get(place) ?? []), layer]);
  }
  const partners = new Map();
  for (const group of places.values()) {
    const [one, other] = group;
    if (group.length !== 2 || isBackward(one) === isBackward(other)) continue;
    partners.set(one.id, other.id).set(other.id, one.id);
  }
  return partners;
}

/** @param {Layer} layer */
export const firstAxis = (layer) => layer.applications[0]?.axis ?? '';

/**
 * A layer that has no name in the program is called by its variables.
 *
 * @param {Layer} layer
 * @param {Variable[]} variables
 */
function ownName({ id, name }, variables) {
  const more = variables.length > VARIABLES_NAMED ? ['…'] : [];
  const names = variables.slice(0, VARIABLES_NAMED).map((v) => v.name);
  return name || [...names, ...more].join(', ') || id;
}

/**
 * Both directions of a bidirectional layer have the name of the layer that holds them, where there
 * is one: "encoder/forward_gru" and "encoder/backward_gru" are called "encoder".
 *
 * @param {Map<string, string>} own
 * @param {Map<string, string>} partners
 * @returns {Map<string, string>}
 */
function findNames(own, partners) {
  return new Map(
    [...own].map(([id, name]) => [id, common(name, own.get(partners.get(id) ?? '')) || name]),
  );
}

/**
 * @param {string} one
 * @param {string | undefined} other
 * @returns {string} the scopes that both begin with
 */
function common(one, other = '') {
  const scopes = one.split('/').slice(0, -1);
  const others = other.split('/').slice(0, -1);
  const differs = scopes.findIndex((scope, i) => scope !== others[i]);
  return scopes.slice(0, differs < 0 ? scopes.length : differs).join('/');
}

/**
 * Where several axes have recurrent layers, or depths do not tell layers apart, names do.
 *
 * @param {Layer[]} layers
 * @param {Map<string, string>} own
 * @param {Map<string, string>} names
 * @param {Map<string, string>} partners
 * @returns {Map<string, string>}
 */
function findTitles(layers, own, names, partners) {
  const recurrent = layers.filter((x) => x.kind === 'RECURRENT' && x.depth !== undefined);
  const several = new Set(recurrent.map(firstAxis)).size > 1;
  const titles = new Map(layers.map((x) => [x.id, plainTitle(x, own, partners)]));
  for (const { id } of several ? recurrent : []) {
    titles.set(id, `${titles.get(id)} · ${shortenPath(names.get(id) ?? '', 18)}`);
  }
  const seen = new Map();
  for (const title of titles.values()) seen.set(title, (seen.get(title) ?? 0) + 1);
  for (const [id, name] of own) {
    const title = titles.get(id) ?? '';
    if (seen.get(title) === 1) continue;
    const same = title === name || title.endsWith(` · ${shortenPath(name, 18)}`);
    titles.set(id, `${title} · ${same ? clean(id) : shortenPath(name, 18)}`);
  }
  return titles;
}

/**
 * @param {Layer} layer
 * @param {Map<string, string>} own
 * @param {Map<string, string>} partners
 */
function plainTitle(layer, own, partners) {
  if (layer.kind !== 'RECURRENT' || layer.depth === undefined) {
    return shortenPath(own.get(layer.id) ?? '', 26) || clean(layer.id);
  }
  const direction = partners.has(layer.id) ? (isBackward(layer) ? ' backward' : ' forward') : '';
  return `Layer ${layer.depth}${direction}`;
}

/**
 * The variables of a layer whose uses are told apart by timestep: its weights.
 *
 * @param {Variable} variable
 */
export const isMatrix = (variable) =>
  !variable.shape_unknown && variable.shape.length >= 2 && variable.role !== 'initial_state';

/**
 * The variable that stands for a layer's weights: its first kernel, or else its first variable.
 *
 * @param {Model} model
 * @param {string} layer
 * @returns {Variable | undefined}
 */
export function mainVariable(model, layer) {
  const all = model.variablesOf.get(layer) ?? [];
  return all.find((v) => v.role === 'kernel') ?? all.find(isMatrix) ?? all[0];
}
