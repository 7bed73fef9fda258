/**
 * What is inside a cell that is drawn large: its weights with the rows for x and for h, the columns
 * of its gates, what it computes, and the shapes of this very layer.
 *
 * @import {Box} from './glyph.js'
 * @import {Model} from './model.js'
 * @import {Formula} from './reason.js'
 * @import {Variable} from './timeline.js'
 */
import { fillOf, stackMatrices } from './glyph.js';
import { isMatrix } from './model.js';
import { activationOf, equation, meaning } from './reason.js';
import { clean, counted, number } from './words.js';

/**
 * @typedef {Box & {fill: 'input' | 'hidden' | 'other', size: number, sees: Formula}} RowsInside
 *   sees = what these rows are multiplied with; [] = nobody knows
 * @typedef {Box & {name: string, words: string, activation: string}} GateInside
 * @typedef {object} Inside
 * @property {string} title
 * @property {(RowsInside & {labelled: boolean})[]} rows
 * @property {GateInside[]} gates
 * @property {{x: number, y: number, parts: Formula}[]} lines
 * @property {{x: number, y: number, texts: string[]}} shapes the longest first
 */

const PAD = 12;
const TITLE = 24;
const LABELS = 104;
const GATES = 20;
const LINE = 18;
const LEAST_BLOCK = 17;
const GAP = 8;
/** More matrices than these are not drawn. */
const MOST = 4;

/** How large a cell has to be for it. */
const LEAST = { width: 200, height: 150 };

/**
 * @param {{width: number, height: number}} box of a cell
 * @returns {number} how much of its inside is shown, 0 to 1
 */
export const openness = ({ width, height }) =>
  Math.min(1, Math.max(0, Math.min((width - LEAST.width) / 40, (height - LEAST.height) / 30)));

/**
 * @param {Model} model
 * @param {string} layer id
 * @param {Box} box of the cell
 * @param {{now: string, before: string}} when the timestep, and the one whose state comes in
 * @returns {Inside}
 */
export function lookInside(model, layer, box, when) {
  const known = model.layers.get(layer);
  const variables = model.variablesOf.get(layer) ?? [];
  const stacks = stackMatrices(variables.filter(isMatrix).slice(0, MOST));
  const formula = equation(model, layer);
  const lines = (formula?.lines ?? [['What this cell computes is not known.']]).map((line) =>
    line.map((part) => inTime(part, when)),
  );
  const gated = stacks.some((stack) => gatesOf(stack[0]).length > 0);
  const activation = !gated && formula ? activationOf('') : '';
  const texts = shapeWords(stacks, variables);
  const feet = lines.length * LINE + (texts.length > 0 ? LINE : 0) + PAD - 4;
  const chips = gated || activation ? GATES : 4;
  const area = {
    x: box.x + PAD + LABELS,
    y: box.y + TITLE + 8,
    width: box.width - 2 * PAD - LABELS,
    height: Math.max(24, box.height - TITLE - 8 - feet - chips - 8),
  };
  const drawn = placeStacks(stacks, area, when);
  const foot = box.y + box.height - feet + LINE - 8;
  const wide = { ...area, y: area.y + area.height, height: GATES };
  const only = activation ? [{ ...wide, name: '', words: '', activation }] : [];
  return {
    title: [clean(known?.cell ?? '') || 'Cell', `timestep ${when.now}`].join(' at '),
    rows: drawn.rows,
    // What a gate goes through is known where the equation is.
    gates: gated ? drawn.gates.map((g) => (formula ? g : { ...g, activation: '' })) : only,
    lines: lines.map((parts, i) => ({ x: box.x + PAD, y: foot + i * LINE, parts })),
    shapes: { x: box.x + PAD, y: foot + lines.length * LINE, texts },
  };
}

/**
 * @param {Formula[number]} part
 * @param {{now: string, before: string}} when
 * @returns {Formula[number]}
 */
function inTime(part, { now, before }) {
  if (typeof part === 'string') return part;
  return { sub: part.sub === 't' ? now : part.sub === 't−1' ? before : part.sub };
}

/** @param {Variable} variable */
const gatesOf = ({ blocks, shape }) =>
  blocks.filter((b) => b.dimension === shape.length - 1 && shape.length > 1);

/** @param {Variable} variable */
const columnsOf = ({ shape }) => Math.max(1, shape.at(-1) ?? 1);

/**
 * @param {Variable[][]} stacks
 * @param {Box} area
 * @param {{now: string, before: string}} when
 */
function placeStacks(stacks, area, when) {
  const total = stacks.reduce((sum, [first]) => sum + columnsOf(first), 0);
  const room = area.width - GAP * (stacks.length - 1);
  let x = area.x;
  const rows = [];
  const gates = [];
  for (const [i, stack] of stacks.entries()) {
    const columns = columnsOf(stack[0]);
    const width = (room * columns) / total;
    const blocks = stack.flatMap((variable) => rowBlocks(variable, when));
    const heights = shares(
      blocks.map((b) => b.size),
      area.height,
    );
    let y = area.y;
    for (const [k, block] of blocks.entries()) {
      const labelled = i === 0;
      rows.push({ ...block, x, y, width, height: heights[k] - 1, labelled });
      y += heights[k];
    }
    for (const { name, start, stop } of gatesOf(stack[0])) {
      gates.push({
        x: x + (width * start) / columns,
        y,
        width: (width * (stop - start)) / columns,
        height: GATES,
        name: clean(name),
        words: meaning(name),
        activation: activationOf(name),
      });
    }
    x += width + GAP;
  }
  return { rows, gates };
}

/**
 * @param {Variable} variable
 * @param {{now: string, before: string}} when
 */
function rowBlocks(variable, { now, before }) {
  const dimension = variable.shape.length - 2;
  const blocks = variable.blocks.filter((b) => b.dimension === dimension);
  const role = { kernel: 'input', recurrent_kernel: 'hidden' }[variable.role] ?? '';
  const whole = { name: role, start: 0, stop: variable.shape.at(-2) ?? 1 };
  return (blocks.length > 0 ? blocks : [whole]).map(({ name, start, stop }) => {
    const fill = /** @type {RowsInside['fill']} */ (fillOf({ name }));
    /** @type {Formula} */
    const sees =
      fill === 'input' ? ['x', { sub: now }] : fill === 'hidden' ? ['h', { sub: before }] : [];
    return { fill, size: stop - start, sees };
  });
}

/**
 * Heights in proportion, but none so low that its words would not fit.
 *
 * @param {number[]} sizes
 * @param {number} height
 * @returns {number[]}
 */
function shares(sizes, height) {
  const least = Math.min(LEAST_BLOCK, height / Math.max(1, sizes.length));
  const free = height - least * sizes.length;
  const total = sizes.reduce((a, b) => a + b, 0) || 1;
  return sizes.map((size) => least + (free * size) / total);
}

/**
 * The same sum in shapes: "[26 + 100] · [126 × 400] + [400] = [400], 100 for each of 4 gates".
 *
 * @param {Variable[][]} stacks
 * @param {Variable[]} variables
 * @returns {string[]} the same in fewer words after it; [] = the shapes are not known
 */
function shapeWords(stacks, variables) {
  const [stack] = stacks;
  if (stacks.length !== 1 || stack.some((v) => v.shape.length !== 2 || v.shape.some((n) => n < 0)))
    return [];
  const sums = stack.map((v) => {
    const parts = rowBlocks(v, { now: '', before: '' }).map((b) => number(b.size));
    return `[${parts.join(' + ')}] · [${v.shape.map(number).join(' × ')}]`;
  });
  const columns = columnsOf(stack[0]);
  const biased = variables.some((v) => v.role === 'bias') ? ` + [${number(columns)}]` : '';
  const gates = gatesOf(stack[0]);
  const each = gates.length > 0 ? gates[0].stop - gates[0].start : 0;
  const shared = gates.length > 1 ? `, ${number(each)} for each of ${gates.length} blocks` : '';
  const sum = `${sums.join(' + ')}${biased} → ${counted(columns, 'number')}`;
  return [`${sum}${shared}`, sum];
}
