/**
 * How a network is looked at, as short texts for the address: what is chosen, what is rolled up,
 * how near the picture is and where. What is as it always is at first is left out.
 *
 * @import {Model} from './model.js'
 * @import {Selection} from './selection.js'
 */
import { firstSelection, same } from './selection.js';

/**
 * @typedef {{zoom: number, x: number, y: number}} Near
 *   x, y = the middle of the view, as parts of the picture's width and height
 * @typedef {{near: Near, all: boolean, layers: string[]}} Look all, layers = what is rolled up
 */

const DIGITS = 4;

/**
 * @param {Model} model
 * @param {Selection | undefined} chosen
 * @returns {Record<string, string>}
 */
export function selectionState(model, chosen) {
  if (!chosen || same(chosen, firstSelection(model))) return {};
  if (chosen.kind === 'variable') return { variable: String(chosen.index) };
  const { layer, axis, column } = chosen;
  return { cell: [column, layer, axis].map((x) => encodeURIComponent(x)).join(',') };
}

/**
 * @param {Model} model
 * @param {Record<string, string>} state
 * @returns {Selection | undefined} undefined = the address names none that there is
 */
export function selectionFrom(model, { variable, cell }) {
  if (variable !== undefined) {
    const index = /^\d+$/.test(variable) ? Number(variable) : -1;
    return model.timeline.variables[index] ? { kind: 'variable', index } : undefined;
  }
  const [column, layer, axis] = (cell ?? '').split(',').map(decoded);
  const known = model.layers.get(layer ?? '')?.applications.some((x) => x.axis === axis);
  if (!known || !/^-?\d+$/.test(column ?? '')) return undefined;
  return { kind: 'cell', layer, axis, column: Number(column) };
}

/**
 * @param {Look} look
 * @returns {Record<string, string>}
 */
export function lookState({ near, all, layers }) {
  /** @type {Record<string, string>} */
  const state = {};
  if (all) state.rolled = 'all';
  else if (layers.length > 0) state.rolled = layers.map((x) => encodeURIComponent(x)).join(',');
  if (near.zoom > 1) {
    state.view = [near.zoom, near.x, near.y]
      .map((x) => String(Number(x.toFixed(DIGITS))))
      .join(',');
  }
  return state;
}

/**
 * @param {Record<string, string>} state
 * @returns {Look | undefined} undefined = as at first
 */
export function lookFrom({ rolled, view }) {
  if (rolled === undefined && view === undefined) return undefined;
  const [zoom, x, y] = (view ?? '').split(',').map(Number);
  const isNear = [zoom, x, y].every(Number.isFinite) && zoom > 1;
  return {
    near: isNear ? { zoom, x, y } : { zoom: 1, x: 0, y: 0 },
    all: rolled === 'all',
    layers: rolled === undefined || rolled === 'all' ? [] : rolled.split(',').map(decoded),
  };
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return ''; // a broken escape in the address names nothing
  }
}
