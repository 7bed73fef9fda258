/**
 * Timelines to draw, as the server would send them.
 */
import { buildModel } from '../../plugin_static/model.js';
import { readTimeline } from '../../plugin_static/timeline.js';

/**
 * @typedef {Record<string, unknown>} Plain
 * @typedef {{schema_version: number, name: string} & Record<
 *   'axes' | 'layers' | 'variables' | 'states' | 'connections', Plain[]>} Sample
 */

/**
 * Layers of one kernel and one bias each, stacked on one axis.
 *
 * @param {{layers: number, length?: number, inputs: number, units: number, bound?: boolean,
 *   reason?: string}} shape
 */
export function stacked({ layers, length, inputs, units, bound = false, reason = '' }) {
  /** @type {Sample} */
  const parts = {
    schema_version: 1,
    name: 'sample',
    axes: [{ id: 'axis0', label: 'time', length, length_is_bound: bound, reason }],
    layers: [],
    variables: [],
    states: [],
    connections: [],
  };
  for (let i = 0; i < layers; i += 1) {
    const id = `layer${i}`;
    const rows = i === 0 ? inputs : units;
    const use = { layer: id, axis: 'axis0', start: 0, stride: 1, reads: 1 };
    const uses = [length === undefined ? use : { ...use, stop: length }];
    parts.layers.push({
      id,
      name: `cell_${i}`,
      cell: 'SimpleRNN',
      units,
      kind: 'RECURRENT',
      depth: i,
      applications: [{ axis: 'axis0', direction: 'FORWARD', name: 'rnn/while' }],
      evidence: 'GRAPH',
    });
    parts.variables.push(
      {
        name: `rnn/cell_${i}/kernel`,
        shape: [rows + units, units],
        dtype: 'float32',
        layers: [id],
        role: 'kernel',
        blocks: [
          { name: 'input', dimension: 0, start: 0, stop: rows },
          { name: 'hidden', dimension: 0, start: rows, stop: rows + units },
        ],
        evidence: 'GRAPH',
        uses,
      },
      { name: `rnn/cell_${i}/bias`, shape: [units], layers: [id], role: 'bias', uses },
    );
    parts.states.push({ name: 'h', layer: id, shape: [-1, units], initial: 'zeros' });
    if (i > 0) parts.connections.push({ from: `layer${i - 1}`, to: id, offset: 0 });
  }
  return parts;
}

export const starting = () => stacked({ layers: 3, length: 3, inputs: 26, units: 100 });

/** One layer in each direction. */
export function bidirectional() {
  const plain = stacked({ layers: 2, length: 5, inputs: 20, units: 20 });
  plain.connections = [];
  plain.layers[1].depth = 0;
  plain.layers[1].applications = [{ axis: 'axis0', direction: 'BACKWARD', name: 'bw' }];
  return plain;
}

/** A recurrent layer on each of two axes; the first starts the second, which feeds itself. */
export function encoderDecoder() {
  const plain = stacked({ layers: 2, length: 7, inputs: 30, units: 30 });
  plain.axes.push({ ...plain.axes[0], id: 'axis1', label: 'decoder', length: 4 });
  plain.axes[0].label = 'encoder';
  plain.layers[1].depth = 0;
  plain.layers[1].applications = [{ axis: 'axis1', direction: 'FORWARD', name: 'decoder' }];
  for (const variable of plain.variables.slice(2)) {
    variable.uses = [{ layer: 'layer1', axis: 'axis1', start: 0, stop: 4, stride: 1, reads: 1 }];
  }
  return plain;
}

/** A layer of 4 timesteps that runs at each of the 3 timesteps of another, and feeds it. */
export function nested() {
  const plain = stacked({ layers: 2, length: 4, inputs: 4, units: 5 });
  plain.axes[0] = { ...plain.axes[0], label: 'letters', parent: 'axis1' };
  plain.axes.push({ id: 'axis1', label: 'words', length: 3 });
  plain.layers[1].depth = 0;
  plain.layers[1].applications = [{ axis: 'axis1', direction: 'FORWARD', name: 'words/while' }];
  Object.assign(plain.variables[2], { shape: [12, 7], blocks: [] });
  plain.variables[3].shape = [7];
  for (const variable of plain.variables.slice(2)) {
    variable.uses = [{ layer: 'layer1', axis: 'axis1', start: 0, stop: 3, stride: 1, reads: 1 }];
  }
  return plain;
}

/** @param {Plain} plain */
export const modelOf = (plain) => buildModel(readTimeline(plain));
