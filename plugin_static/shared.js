/**
 * The words on a wire: how many timesteps share the kernel.
 *
 * @import {Axis, Layer} from './timeline.js'
 * @import {Model} from './model.js'
 */
import { mainVariable } from './model.js';
import { number, timesteps } from './words.js';

/**
 * @param {Model} model
 * @param {Axis | undefined} axis
 * @param {Layer} layer
 * @returns {string} "" = the picture says it already
 */
export function sharedWords(model, axis, layer) {
  const uses = (mainVariable(model, layer.id)?.uses ?? []).filter((u) => u.layer === layer.id);
  if (uses.length === 0) return 'connected to nothing';
  if (!axis || layer.kind === 'SEQUENCE') return '';
  let total = 0;
  for (const use of uses) {
    const steps = timesteps(use);
    if (steps === undefined) return 'shared × T';
    total += steps;
  }
  if (total === 1) return 'used once';
  return `shared × ${axis.length_is_bound ? '≤ ' : ''}${number(total)}`;
}
