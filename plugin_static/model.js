/**
 * A timeline with the look-ups that every part of the page needs.
 *
 * @import {Axis, Layer, State, Timeline, Variable} from './timeline.js'
 */
import { clean, shorten } from './words.js';

/**
 * @typedef {object} Model
 * @property {Timeline} timeline
 * @property {Map<string, Layer>} layers by id
 * @property {Map<string, Axis>} axes by id
 * @property {Map<string, string>} titles what each layer is called on the page, by id
 * @property {Map<string, Variable[]>} variablesOf by layer id, in the program's order
 * @property {Map<string, State[]>} statesOf by layer id
 * @property {Set<string>} paired ids of layers that are one direction of a bidirectional layer
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
  const paired = findPairs(timeline.layers);
  return {
    timeline,
    layers: new Map(timeline.layers.map((x) => [x.id, x])),
    axes: new Map(timeline.axes.map((x) => [x.id, x])),
    titles: findTitles(timeline.layers, paired),
    variablesOf,
    statesOf,
    paired,
  };
}

/** @param {Layer} layer */
export const isBackward = (layer) => layer.applications[0]?.direction === 'BACKWARD';

/**
 * A FORWARD and a BACKWARD recurrent layer at one depth of one axis are one bidirectional layer.
 *
 * @param {Layer[]} layers
 */
function findPairs(layers) {
  /** @type {Map<string, Layer[]>} */
  const places = new Map();
  for (const layer of layers) {
    if (layer.kind !== 'RECURRENT' || layer.depth === undefined) continue;
    const place = `${layer.depth} ${layer.applications[0]?.axis ?? ''}`;
    places.set(place, [...(places.get(place) ?? []), layer]);
  }
  const paired = new Set();
  for (const group of places.values()) {
    const backward = group.filter(isBackward).length;
    if (group.length === 2 && backward === 1) for (const layer of group) paired.add(layer.id);
  }
  return paired;
}

/**
 * @param {Layer[]} layers
 * @param {Set<string>} paired
 * @returns {Map<string, string>}
 */
function findTitles(layers, paired) {
  const titles = new Map(layers.map((x) => [x.id, plainTitle(x, paired)]));
  const seen = new Map();
  for (const title of titles.values()) seen.set(title, (seen.get(title) ?? 0) + 1);
  for (const layer of layers) {
    const title = titles.get(layer.id) ?? '';
    if (seen.get(title) === 1) continue;
    const name = layer.name === '' || layer.name === title ? clean(layer.id) : layer.name;
    titles.set(layer.id, `${title} · ${shorten(name, 18)}`);
  }
  return titles;
}

/**
 * @param {Layer} layer
 * @param {Set<string>} paired
 */
function plainTitle(layer, paired) {
  if (layer.kind !== 'RECURRENT' || layer.depth === undefined) {
    return shorten(layer.name, 22) || clean(layer.id);
  }
  const direction = paired.has(layer.id) ? (isBackward(layer) ? ' backward' : ' forward') : '';
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
