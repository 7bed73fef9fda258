/**
 * The words on a wire: how many timesteps share the kernel.
 *
 * @import {Axis, Layer} from './timeline.js'
 * @import {Model} from './model.js'
 */
import { symbolOf } from './lengths.js';
import { mainVariable } from './model.js';
import { axesAround, isBounded } from './uses.js';
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
  const here = uses.filter((u) => u.axis === axis.id).map(timesteps);
  if (here.length === 0) return '';
  const total = here.every((n) => n !== undefined) ? here.reduce((a, b) => a + b, 0) : undefined;
  const around = axesAround(model.axes, axis.id);
  const bound = isBounded(model.axes, axis.id);
  const times = [
    ...around.map((a) => a.length ?? symbolOf(model.axes, a.id)),
    total ?? symbolOf(model.axes, axis.id),
  ];
  if (times.every((n) => n === 1)) return 'used once';
  const words = times.map((n) => (typeof n === 'string' ? n : number(n)));
  return `shared × ${bound ? 'up to ' : ''}${words.join(' × ')}`;
}
