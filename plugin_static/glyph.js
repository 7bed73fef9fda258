/**
 * A layer's weights drawn to scale: its matrices, their blocks, and its biases.
 *
 * A kernel and the recurrent kernel that is added to it stand one above the other, as the rows of
 * one packed kernel do, so that the two ways to store the same weights look alike.
 *
 * @import {Block, Variable} from './timeline.js'
 */

/**
 * @typedef {{x: number, y: number, width: number, height: number}} Box
 * @typedef {Box & {block: Block, fill: 'input' | 'hidden' | 'other'}} BlockBox
 * @typedef {object} MatrixGlyph
 * @property {Variable} variable
 * @property {Box} box
 * @property {boolean} top whether no other matrix stands above it
 * @property {BlockBox[]} rows blocks along dimension 0, or the whole
 * @property {{x: number, name: string, width: number}[]} gates blocks along the last dimension
 * @property {Box | undefined} bias the strip below, where a bias belongs to it
 * @property {'rows' | 'columns' | ''} torn what there is more of than could be drawn
 * @property {boolean} widened drawn larger than to scale, so that it can be seen
 *
 * @typedef {{matrices: MatrixGlyph[], width: number, height: number}} Glyph
 * @typedef {{width: number, height: number}} Room
 */

const GAP = 6;
const STACK_GAP = 3;
const BIAS_GAP = 3;
const BIAS_HEIGHT = 4;
/** Thinner than this nobody can point at a matrix, nor see the colour of a block. */
const LEAST = 9;
const LEAST_BLOCK = 2;
/** A matrix that is longer in one direction by more than this does not set the scale. */
const LONGEST = 12;

/** Weights of more than two dimensions (convolutions) are drawn as their last two. */
/** @param {Variable} variable */
const extent = ({ shape }) => ({
  rows: Math.max(1, shape.at(-2) ?? 1),
  columns: Math.max(1, shape.at(-1) ?? 1),
});

/** @param {{name: string}} block */
export const fillOf = ({ name }) =>
  name === 'input' || name === 'hidden' ? name : /** @type {const} */ ('other');

/** @param {Variable} variable */
function wholeFill(variable) {
  if (variable.role === 'recurrent_kernel') return 'hidden';
  return variable.role === 'kernel' ? 'input' : 'other';
}

/**
 * @param {Variable[]} matrices of one layer
 * @returns {Variable[][]} side by side, each from the top to the bottom
 */
export function stackMatrices(matrices) {
  /** @type {Variable[][]} */
  const stacks = [];
  for (const matrix of matrices) {
    const below =
      matrix.role === 'recurrent_kernel' &&
      stacks.find(
        (s) =>
          s.length === 1 && s[0].role === 'kernel' && s[0].shape.at(-1) === matrix.shape.at(-1),
      );
    if (below) below.push(matrix);
    else stacks.push([matrix]);
  }
  return stacks;
}

/** @param {Variable[]} stack */
function stackExtent(stack) {
  const sizes = stack.map(extent);
  return {
    rows: sizes.reduce((sum, x) => sum + x.rows, 0),
    columns: Math.max(...sizes.map((x) => x.columns)),
  };
}

/**
 * One scale for all layers, so that their kernels can be compared by eye: the one at which the
 * largest of them fills its room.
 *
 * @param {Variable[][]} layers the matrices of each layer
 * @param {Room} room of one layer
 * @returns {number} pixels per row or column
 */
export function commonScale(layers, room) {
  const all = layers.map((matrices) => stackMatrices(matrices).map(stackExtent));
  const plain = all.map((stacks) =>
    stacks.filter((x) => Math.max(x.rows / x.columns, x.columns / x.rows) <= LONGEST),
  );
  const measured = plain.some((stacks) => stacks.length > 0) ? plain : all;
  let scale = Infinity;
  for (const stacks of measured) {
    if (stacks.length === 0) continue;
    const columns = stacks.reduce((sum, x) => sum + x.columns, 0);
    const gaps = GAP * (stacks.length - 1);
    const rows = Math.max(...stacks.map((x) => x.rows));
    scale = Math.min(scale, Math.max(LEAST, room.width - gaps) / columns, room.height / rows);
  }
  return Number.isFinite(scale) ? scale : 1;
}

/**
 * @param {Variable[]} matrices of one layer
 * @param {Variable[]} biases of the layer
 * @param {number} scale
 * @param {Room} room what does not fit in it at this scale is cut short, and said to be
 * @returns {Glyph}
 */
export function drawGlyph(matrices, biases, scale, room) {
  const stacks = stackMatrices(matrices);
  const owners = biasOwners(stacks, biases);
  const gaps = GAP * Math.max(0, stacks.length - 1);
  const columns = stacks.reduce((sum, stack) => sum + stackExtent(stack).columns, 0);
  const side = columns * scale + gaps <= room.width + 1;
  const widest = side ? room.width : (room.width - gaps) / stacks.length;
  let x = 0;
  let height = 0;
  const glyphs = stacks.flatMap((stack) => {
    let y = 0;
    const fits = stackExtent(stack).rows * scale <= room.height;
    const each = fits ? room.height : (room.height - STACK_GAP) / stack.length;
    const most = { width: widest, height: each };
    const drawn = stack.map((variable, i) => {
      const box = { x, y, ...sizeOf(variable, scale, most) };
      y += box.height + STACK_GAP;
      return drawMatrix(variable, box, scale, i === 0);
    });
    y -= STACK_GAP;
    const width = Math.max(...drawn.map((g) => g.box.width));
    if (owners.has(stack)) {
      drawn[drawn.length - 1].bias = { x, y: y + BIAS_GAP, width, height: BIAS_HEIGHT };
      y += BIAS_GAP + BIAS_HEIGHT;
    }
    x += width + GAP;
    height = Math.max(height, y);
    return drawn;
  });
  return { matrices: glyphs, width: Math.max(0, x - GAP), height };
}

/**
 * The stacks that a bias is added to: one strip for each bias, and none twice.
 *
 * @param {Variable[][]} stacks
 * @param {Variable[]} biases
 */
function biasOwners(stacks, biases) {
  const scope = (/** @type {Variable} */ v) => v.name.slice(0, v.name.lastIndexOf('/') + 1);
  const owners = new Set();
  for (const bias of biases) {
    const free = stacks.filter((s) => !owners.has(s));
    const fitting = free.filter((s) => s[0].shape.at(-1) === bias.shape.at(-1));
    const owner = fitting.find((s) => scope(s[0]) === scope(bias)) ?? fitting[0];
    if (owner) owners.add(owner);
  }
  if (biases.length > 0 && owners.size === 0 && stacks.length > 0) owners.add(stacks[0]);
  return owners;
}

/**
 * @param {Variable} variable
 * @param {number} scale
 * @param {Room} most
 */
function sizeOf(variable, scale, most) {
  const { rows, columns } = extent(variable);
  const clamp = (/** @type {number} */ size, /** @type {number} */ limit) =>
    Math.max(LEAST, Math.min(limit, size));
  return { width: clamp(columns * scale, most.width), height: clamp(rows * scale, most.height) };
}

/**
 * @param {Variable} variable
 * @param {Box} box
 * @param {number} scale
 * @param {boolean} top
 * @returns {MatrixGlyph}
 */
function drawMatrix(variable, box, scale, top) {
  const { rows, columns } = extent(variable);
  const last = variable.shape.length - 1;
  const gates = variable.blocks.filter((b) => b.dimension === last && last > 0);
  const short = (/** @type {number} */ size, /** @type {number} */ drawn) =>
    size * scale > drawn + 1;
  const thin = (/** @type {number} */ size, /** @type {number} */ drawn) =>
    size * scale < drawn - 1;
  return {
    variable,
    box,
    top,
    rows: rowBoxes(variable, box, rows),
    gates: gates.map((b) => ({
      name: b.name,
      x: box.x + (b.start / columns) * box.width,
      width: ((b.stop - b.start) / columns) * box.width,
    })),
    bias: undefined,
    torn: short(rows, box.height) ? 'rows' : short(columns, box.width) ? 'columns' : '',
    widened: thin(rows, box.height) || thin(columns, box.width),
  };
}

/**
 * @param {Variable} variable
 * @param {Box} box
 * @param {number} total
 * @returns {BlockBox[]}
 */
function rowBoxes(variable, box, total) {
  const blocks = variable.blocks.filter((b) => b.dimension === variable.shape.length - 2);
  if (blocks.length === 0) {
    const block = { name: '', dimension: 0, start: 0, stop: total };
    return [{ ...box, block, fill: wholeFill(variable) }];
  }
  const heights = blocks.map((b) =>
    Math.max(LEAST_BLOCK, ((b.stop - b.start) / total) * box.height),
  );
  const scaled = box.height / heights.reduce((a, b) => a + b, 0);
  let y = box.y;
  return blocks.map((block, i) => {
    const height = heights[i] * scaled;
    y += height;
    return { x: box.x, y: y - height, width: box.width, height, block, fill: fillOf(block) };
  });
}
