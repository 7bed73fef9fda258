/**
 * A layer's weights drawn to scale: its matrices side by side, their blocks, and its bias.
 *
 * @import {Block, Variable} from './timeline.js'
 */

/**
 * @typedef {{x: number, y: number, width: number, height: number}} Box
 * @typedef {Box & {block: Block, fill: 'input' | 'hidden' | 'other'}} BlockBox
 * @typedef {object} MatrixGlyph
 * @property {Variable} variable
 * @property {Box} box
 * @property {BlockBox[]} rows blocks along dimension 0, or the whole
 * @property {{x: number, name: string, width: number}[]} gates blocks along the last dimension
 * @property {Box | undefined} bias the strip below, where the layer has a bias
 *
 * @typedef {{matrices: MatrixGlyph[], width: number, height: number}} Glyph
 */

const GAP = 6;
const BIAS_GAP = 3;
const BIAS_HEIGHT = 4;
const LEAST = 3;

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
 * One scale for all layers, so that their kernels can be compared by eye.
 *
 * @param {Variable[][]} layers the matrices of each layer
 * @param {number} width at most so many pixels for a layer
 * @param {number} height
 * @returns {number} pixels per row or column
 */
export function commonScale(layers, width, height) {
  let scale = 4;
  for (const matrices of layers) {
    if (matrices.length === 0) continue;
    const sizes = matrices.map(extent);
    const columns = sizes.reduce((sum, x) => sum + x.columns, 0);
    const rows = Math.max(...sizes.map((x) => x.rows));
    const gaps = GAP * (matrices.length - 1);
    scale = Math.min(scale, Math.max(8, width - gaps) / columns, height / rows);
  }
  return scale;
}

/**
 * @param {Variable[]} matrices of one layer
 * @param {boolean} bias whether the layer has a bias
 * @param {number} scale
 * @returns {Glyph}
 */
export function drawGlyph(matrices, bias, scale) {
  let x = 0;
  const glyphs = matrices.map((variable) => {
    const { rows, columns } = extent(variable);
    const box = {
      x,
      y: 0,
      width: Math.max(LEAST, columns * scale),
      height: Math.max(LEAST, rows * scale),
    };
    x += box.width + GAP;
    const last = variable.shape.length - 1;
    const gates = variable.blocks.filter((b) => b.dimension === last && last > 0);
    return {
      variable,
      box,
      rows: rowBoxes(variable, box, rows),
      gates: gates.map((b) => ({
        name: b.name,
        x: box.x + (b.start / columns) * box.width,
        width: ((b.stop - b.start) / columns) * box.width,
      })),
      bias: bias
        ? { x: box.x, y: box.height + BIAS_GAP, width: box.width, height: BIAS_HEIGHT }
        : undefined,
    };
  });
  const tallest = Math.max(0, ...glyphs.map((g) => g.box.height));
  return {
    matrices: glyphs,
    width: Math.max(0, x - GAP),
    height: tallest + (bias ? BIAS_GAP + BIAS_HEIGHT : 0),
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
  return blocks.map((block) => ({
    x: box.x,
    y: box.y + (block.start / total) * box.height,
    width: box.width,
    height: ((block.stop - block.start) / total) * box.height,
    block,
    fill: fillOf(block),
  }));
}
