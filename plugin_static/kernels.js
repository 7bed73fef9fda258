/**
 * The kernels of all layers, drawn to one scale.
 *
 * @import {Variable} from './timeline.js'
 * @import {Glyph, Room} from './glyph.js'
 * @import {Model} from './model.js'
 */
import { commonScale, drawGlyph } from './glyph.js';
import { isMatrix } from './model.js';

/** More matrices of one layer are counted in the table, not drawn. */
const MOST = 4;
/** The gates' letters stand above their matrix. */
const LETTERS = 8;

/**
 * @typedef {{glyphs: Map<string, Glyph>, widest: number, torn: boolean, widened: boolean}} Kernels
 *   by layer id; whether any of them is not to scale, and how
 */

/**
 * @param {Model} model
 * @param {{cells: Room, bar: Room, outside: Room}} rooms of a layer with a cell for each timestep,
 *   of one for all timesteps at once, and of one outside time
 * @returns {Kernels}
 */
export function drawKernels(model, { cells: room, bar, outside }) {
  const { layers } = model.timeline;
  const drawn = new Map(layers.map((x) => [x.id, drawnVariables(model, x.id)]));
  const inTime = layers.filter((x) => x.applications.some((a) => model.axes.has(a.axis)));
  const roomOf = new Map(
    layers.map((x) => {
      const within = x.kind === 'SEQUENCE' ? bar : room;
      return [x.id, inTime.includes(x) ? within : outside];
    }),
  );
  // The recurrent layers are what is compared; without any, all layers are.
  const recurrent = layers.filter((x) => x.kind === 'RECURRENT');
  const compared = recurrent.length > 0 ? recurrent : layers;
  const matrices = compared.map((x) => drawn.get(x.id) ?? []);
  const gated = matrices.flat().some((v) => v.blocks.some((b) => b.dimension > 0));
  const least = recurrent.length > 0 ? room : outside;
  const height = least.height - (gated ? LETTERS : 0);
  const scale = commonScale(matrices, { width: least.width, height });
  /** @type {Map<string, Glyph>} */
  const glyphs = new Map();
  for (const [id, variables] of drawn) {
    const biases = (model.variablesOf.get(id) ?? []).filter((v) => v.role === 'bias');
    glyphs.set(id, drawGlyph(variables, biases, scale, roomOf.get(id) ?? room));
  }
  const all = [...glyphs.values()];
  return {
    glyphs,
    widest: Math.max(24, ...all.map((g) => g.width)),
    torn: all.some((g) => g.matrices.some((m) => m.torn !== '')),
    widened: all.some((g) => g.matrices.some((m) => m.widened)),
  };
}

/**
 * @param {Model} model
 * @param {string} layer
 * @returns {Variable[]}
 */
function drawnVariables(model, layer) {
  const all = (model.variablesOf.get(layer) ?? []).filter((v) => v.role !== 'bias');
  const matrices = all.filter(isMatrix);
  return (matrices.length > 0 ? matrices : all).slice(0, MOST);
}
