/**
 * What is pointed at or chosen, and what lights up for it.
 *
 * @import {Model} from './model.js'
 * @import {Variable} from './timeline.js'
 * @import {Lit} from './brush.js'
 */
import { columnsOf, usedAt } from './columns.js';
import { mainVariable } from './model.js';

/**
 * @typedef {{kind: 'variable', index: number}
 *   | {kind: 'cell', layer: string, axis: string, column: number}} Selection
 *   index = place in variables[]: names may be equal, places are not
 */

/**
 * @param {Selection | undefined} a
 * @param {Selection | undefined} b
 */
export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/**
 * @param {Model} model
 * @param {Selection | undefined} selection
 * @returns {Lit}
 */
export function litBy(model, selection) {
  if (selection?.kind === 'variable') {
    return { uses: model.timeline.variables[selection.index]?.uses ?? [], cell: undefined };
  }
  return { uses: [], cell: selection };
}

/**
 * @param {Model} model
 * @param {{layer: string, axis: string, column: number}} cell
 * @returns {Variable[]} what the cell reads, in the program's order
 */
export function readBy(model, { layer, axis, column }) {
  const columns = columnsOf(model.axes, model.axes.get(axis));
  return (model.variablesOf.get(layer) ?? []).filter((v) =>
    v.uses.some(
      (u) =>
        u.layer === layer && (u.axis === '' || (u.axis === axis && usedAt(columns, u, column))),
    ),
  );
}

/**
 * @param {Model} model
 * @param {Selection | undefined} selection
 * @param {number} index of a variable
 */
export function isLit(model, selection, index) {
  if (!selection) return false;
  if (selection.kind === 'variable') return selection.index === index;
  return readBy(model, selection).includes(model.timeline.variables[index]);
}

/**
 * @param {Model} model
 * @param {Selection | undefined} selection
 * @returns {Set<number>} the variables that light up, by place
 */
export function litVariables(model, selection) {
  if (!selection) return new Set();
  if (selection.kind === 'variable') return new Set([selection.index]);
  const { variables } = model.timeline;
  return new Set(readBy(model, selection).map((v) => variables.indexOf(v)));
}

/**
 * What is shown before anybody has pointed at anything: the kernel nearest the input.
 *
 * @param {Model} model
 * @returns {Selection | undefined}
 */
export function firstSelection(model) {
  const { layers, variables } = model.timeline;
  const layer = layers.find((x) => x.kind === 'RECURRENT') ?? layers[0];
  const variable = layer && mainVariable(model, layer.id);
  const index = variable ? variables.indexOf(variable) : variables.length > 0 ? 0 : -1;
  return index < 0 ? undefined : { kind: 'variable', index };
}
