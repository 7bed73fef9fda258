import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rampOf, rowHeat, shade } from '../../plugin_static/heat.js';
import { joinLayers, measuresOf, rowOf } from '../../plugin_static/measures.js';
import { scaleOver } from '../../plugin_static/scale.js';
import {
  StatisticsError,
  columnOf,
  overall,
  readListing,
  readOverview,
  readStep,
  readTimestep,
} from '../../plugin_static/statistics.js';
import { modelOf, starting } from './samples.mjs';

const VOTE = { measure: 'vote', of: 'rnn/cell_0/kernel', unit: 'share', merged: 'sum' };
const GRADIENT = { measure: 'state_gradient', of: 'h', unit: 'RMS', merged: 'maximum' };
const LIVE = { measure: 'live', of: '', unit: 'fraction', merged: 'maximum' };
const BROKEN = { measure: 'non_finite', of: '', unit: 'count', merged: 'sum' };

/** @param {import('../../plugin_static/statistics.js').RowLabel[]} rows */
const listed = (rows, layer = 'cell_0', tag = 'net/cell_0') => ({
  tag,
  version: '1',
  layer,
  application: 0,
  rows,
});

/**
 * A tensor as in docs/statistics.md.
 *
 * @param {{length: number, starts: number[], counts: number[], rows: number[][]}} parts
 *   rows = whole, elsewhere, values
 */
const tensor = ({ length, starts, counts, rows }) =>
  new Float32Array([[length, 0, ...starts], [7, 0, ...counts], ...rows].flat()).buffer;

test('a listing is read, and what is no listing is refused', () => {
  const answer = {
    layers: [{ tag: 'net/lstm', version: '3', layer: 'lstm', application: 1, rows: [VOTE] }],
    skipped: [{ tag: 'late', reason: 'newer' }],
  };
  assert.deepEqual(readListing(answer), answer);
  assert.deepEqual(readListing({ layers: [null] }).layers[0].rows, []);
  assert.throws(() => readListing('nothing'), StatisticsError);
  assert.throws(() => readListing(null), StatisticsError);
});

test('of every step there is a little', () => {
  const rows = 2;
  const buffer = new ArrayBuffer(2 * (8 + 4 * (1 + 5 * rows)));
  new Float64Array(buffer, 0, 2).set([100, 2 ** 40]);
  const first = [5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  new Float32Array(buffer, 16).set([...first, ...first.map((x) => x * 10)]);
  const overview = readOverview(buffer, rows);
  assert.deepEqual(overview.steps, [100, 2 ** 40]);
  assert.equal(overall(overview, 0, 0, 'whole'), 1);
  assert.equal(overall(overview, 0, 1, 'elsewhere'), 7);
  assert.equal(overall(overview, 1, 1, 'greatest'), 100);
  assert.throws(() => readOverview(buffer.slice(1), rows), StatisticsError);
});

test('of one timestep there is a number for each row and step', () => {
  const buffer = new ArrayBuffer(3 * (8 + 4 * 2));
  new Float64Array(buffer, 0, 3).set([0, 10, 20]);
  new Float32Array(buffer, 24).set([1, 2, 3, 4, 5, 6]);
  const { steps, values } = readTimestep(buffer, 2);
  assert.deepEqual(steps, [0, 10, 20]);
  assert.deepEqual(
    values.map((x) => [...x]),
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  );
  assert.throws(() => readTimestep(buffer.slice(4), 2), StatisticsError);
});

test('of a sum, the mean of its timesteps is looked at', () => {
  const table = readStep(
    tensor({
      length: 5,
      starts: [0, 2, 4],
      counts: [2, 2, 1],
      rows: [
        [3, 0.5, 1, 0.5, -0.5],
        [2, NaN, 8, 4, 2],
      ],
    }),
    [VOTE, GRADIENT],
  );
  assert.equal(table.length, 5);
  assert.deepEqual(table.whole, [3, 2]);
  assert.equal(table.elsewhere[0], 0.5);
  assert.deepEqual([...table.values[0]], [0.5, 0.25, -0.5]);
  assert.deepEqual([...table.values[1]], [8, 4, 2]);
  assert.deepEqual(
    [-1, 0, 1, 2, 3, 4, 5].map((t) => columnOf(table, t)),
    [-1, 0, 0, 1, 1, 2, -1],
  );
  assert.throws(() => readStep(new ArrayBuffer(20), [VOTE]), StatisticsError);
});

test('statistics find their layers by name, and the network by its tag', () => {
  const model = modelOf(starting());
  const layers = [
    listed([VOTE], 'cell_0', 'other/cell_0'),
    listed([VOTE], 'cell_0', 'net/cell_0'),
    listed([VOTE], 'cell_2', 'somewhere'),
    listed([VOTE], 'nowhere', 'net/nowhere'),
  ];
  const joined = joinLayers(model, { layers, skipped: [] }, 'net');
  assert.deepEqual(
    [...joined].map(([place, { tag }]) => [place, tag]),
    [
      ['layer0 0', 'net/cell_0'],
      ['layer2 0', 'somewhere'],
    ],
  );
});

test('layers that are called alike are told apart by their ids', () => {
  const plain = starting();
  for (const layer of plain.layers) layer.name = 'rnn';
  const layers = [listed([VOTE], 'rnn', 'a'), listed([VOTE], 'layer1', 'b')];
  const joined = joinLayers(modelOf(plain), { layers, skipped: [] }, 'net');
  assert.deepEqual([...joined.keys()], ['layer1 0']);
});

test('a measure is chosen for all layers at once', () => {
  const one = listed([LIVE, VOTE, GRADIENT]);
  const other = listed([
    { ...VOTE, of: 'rnn/cell_1/kernel' },
    { ...GRADIENT, of: 'c' },
  ]);
  const measures = measuresOf([one, other]);
  assert.deepEqual(
    measures.map((x) => x.words),
    [
      'Gradient of the state h',
      'Gradient of the state c',
      'Votes on the kernel',
      'Sequences still running',
    ],
  );
  assert.equal(rowOf(one, measures[2].key), 1);
  assert.equal(rowOf(other, measures[2].key), 0);
  assert.equal(rowOf(other, measures[3].key), -1);
});

test('two variables of one layer whose names end alike are both offered', () => {
  const cells = listed([
    { ...VOTE, of: 'a/kernel' },
    { ...VOTE, of: 'b/kernel' },
    { ...VOTE, of: '' },
  ]);
  assert.deepEqual(
    measuresOf([cells]).map((x) => x.words),
    ['Votes on the a/kernel', 'Votes on the b/kernel', 'Votes on all weights'],
  );
});

test('what is NaN, infinite, not defined, or beyond a sequence is no colour of the scale', () => {
  const rows = [GRADIENT, LIVE, BROKEN];
  const table = readStep(
    tensor({
      length: 6,
      starts: [0, 1, 2, 3, 4, 5],
      counts: [1, 1, 1, 1, 1, 1],
      rows: [
        [1, NaN, 1, 0, NaN, NaN, Infinity, 0],
        [1, NaN, 1, 1, 1, 1, 1, 0],
        [2, NaN, 0, 0, 2, 0, 0, 0],
      ],
    }),
    rows,
  );
  const scale = scaleOver('state_gradient', 'linear', [{ least: 0, leastAbove: 1, greatest: 1 }]);
  const heat = rowHeat(listed(rows), table, 0, scale);
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6].map((t) => heat.look(t).kind),
    ['value', 'value', 'broken', 'undefined', 'broken', 'over', 'over'],
  );
  assert.equal(heat.look(0).value, 1);
  assert.equal(heat.most(0, 1).value, 1);
  assert.equal(heat.most(1, 3).kind, 'broken');
  assert.equal(heat.most(3, 3).kind, 'undefined');
  assert.equal(heat.most(5, 9).kind, 'over');
  assert.equal(rowHeat(listed(rows), table, 1, scale).look(2).kind, 'value');
  const counts = rowHeat(listed(rows), table, 2, scale);
  assert.equal(counts.look(2).kind, 'broken');
  assert.equal(counts.look(0).kind, 'value');
});

test('numbers that are not finite concern what is made of them', () => {
  const values = { ...BROKEN, of: 'values' };
  const gradients = { ...BROKEN, of: 'gradients' };
  const rows = [GRADIENT, { ...GRADIENT, measure: 'activation' }, LIVE, values, gradients];
  const table = readStep(
    tensor({
      length: 2,
      starts: [0, 1],
      counts: [1, 1],
      rows: [
        [1, NaN, 0.5, 0.5],
        [1, NaN, 0.5, 0.5],
        [1, NaN, 1, 1],
        [1, NaN, 1, 0],
        [1, NaN, 0, 2],
      ],
    }),
    rows,
  );
  const scale = scaleOver('activation', 'linear', [{ least: 0, leastAbove: 1, greatest: 1 }]);
  const kinds = rows.map((_, row) => {
    const heat = rowHeat(listed(rows), table, row, scale);
    return [0, 1].map((t) => heat.look(t).kind);
  });
  assert.deepEqual(kinds, [
    ['value', 'broken'],
    ['broken', 'value'],
    ['value', 'value'],
    ['broken', 'value'],
    ['value', 'broken'],
  ]);
});

test('of several timesteps the vote that is strongest is seen, for or against', () => {
  const table = readStep(
    tensor({ length: 3, starts: [0, 1, 2], counts: [1, 1, 1], rows: [[1, NaN, 0.6, -0.9, 0.1]] }),
    [VOTE],
  );
  const scale = scaleOver('vote', 'linear', [{ least: -0.9, leastAbove: 0.1, greatest: 0.6 }]);
  const most = rowHeat(listed([VOTE]), table, 0, scale).most(0, 2);
  assert.equal(most.value, Math.fround(-0.9));
});

test('a ramp goes from its first colour to its last', () => {
  const ramp = rampOf(['#000000', '#808080', '#ffffff']);
  assert.deepEqual(shade(ramp, 0), { fill: 'rgb(0 0 0)', dark: true });
  assert.deepEqual(shade(ramp, 1), { fill: 'rgb(255 255 255)', dark: false });
  assert.equal(shade(ramp, 0.5).fill, 'rgb(128 128 128)');
});
