import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedBy, sharedTimesWords, usageStrip } from '../../plugin_static/usage.js';
import { usesCounted } from '../../plugin_static/uses.js';
import { encoderDecoder, modelOf, nested, stacked, starting } from './samples.mjs';

/**
 * @param {import('./samples.mjs').Sample} plain
 * @param {number} [index]
 */
function shared(plain, index = 0) {
  const model = modelOf(plain);
  const variable = model.timeline.variables[index];
  return [sharedBy(model, variable), sharedTimesWords(model, variable)];
}

/**
 * @param {import('./samples.mjs').Sample} plain
 * @param {number} width
 */
function strip(plain, width) {
  const model = modelOf(plain);
  return usageStrip(model, model.timeline.variables[0], width);
}

test('how many timesteps share a variable', () => {
  assert.deepEqual(shared(starting()), [3, '× 3']);
  assert.deepEqual(shared(nested()), [12, '× 3 × 4']);
  assert.deepEqual(shared(stacked({ layers: 1, inputs: 4, units: 4 })), [undefined, '× T']);
  const bound = stacked({ layers: 1, length: 16, inputs: 4, units: 4, bound: true });
  assert.deepEqual(shared(bound), [16, '× ≤ 16']);
  assert.deepEqual(shared(stacked({ layers: 1, length: 1, inputs: 4, units: 4 })), [1, 'once']);
});

test('outside time once, not used, and not known', () => {
  const plain = starting();
  plain.variables[0].uses = [{ layer: 'layer0', axis: '', reads: 1 }];
  assert.deepEqual(shared(plain), [1, 'once']);
  plain.variables[0].uses = [];
  assert.deepEqual(shared(plain), [0, '–']);
  const other = starting();
  other.layers[0].kind = 'UNKNOWN';
  assert.deepEqual(shared(other), [undefined, 'not known']);
});

test('a timestep that two layers use it at counts once; axes are added', () => {
  const plain = starting();
  const on = (/** @type {number} */ start, /** @type {number} */ stop, stride = 1) => ({
    ...{ layer: 'layer0', axis: 'axis0', reads: 1 },
    ...{ start, stop, stride },
  });
  plain.axes[0].length = 10;
  plain.variables[0].uses = [on(0, 4), on(2, 6), on(8, 9)];
  assert.equal(shared(plain)[0], 7);
  plain.variables[0].uses = [on(0, 10, 2), on(0, 10, 5)]; // 0 2 4 6 8, and 5
  assert.equal(shared(plain)[0], 6);
  const both = encoderDecoder();
  both.variables[0].uses = [
    ...[{ layer: 'layer0', axis: 'axis0', start: 0, stop: 7, stride: 1, reads: 1 }],
    ...[{ layer: 'layer1', axis: 'axis1', start: 0, stop: 4, stride: 1, reads: 1 }],
  ];
  assert.deepEqual(shared(both), [11, '× (7 + 4)']);
});

test('the strip has a box for each timestep, where there is room', () => {
  const plain = starting();
  plain.variables[0].uses = [
    { layer: 'layer0', axis: 'axis0', start: 1, stop: 3, stride: 1, reads: 1 },
  ];
  const boxes = [0, 20, 40].map((x) => ({ x, width: 19 }));
  assert.deepEqual(strip(plain, 60), { all: boxes, used: boxes.slice(1) });
});

test('many timesteps are one stretch, and no use is lost in it', () => {
  const plain = stacked({ layers: 1, length: 10_000, inputs: 4, units: 4 });
  const whole = [{ x: 0, width: 50 }];
  assert.deepEqual(strip(plain, 50), { all: whole, used: whole });
  plain.variables[0].uses = [
    { layer: 'layer0', axis: 'axis0', start: 9999, stop: 10_000, stride: 1, reads: 1 },
  ];
  assert.deepEqual(strip(plain, 50).used, [{ x: 49, width: 1 }]);
});

test('of a length that is not known there are 0, 1, a gap, and the last', () => {
  const { all, used } = strip(stacked({ layers: 1, inputs: 4, units: 4 }), 40);
  assert.deepEqual(
    all.map((s) => s.x),
    [0, 10, 30],
  );
  assert.deepEqual(used, all);
});

test('uses are counted with what is around them', () => {
  const model = modelOf(nested());
  assert.equal(usesCounted(model.axes, model.timeline.variables[0]), 12);
  const open = modelOf(stacked({ layers: 1, inputs: 4, units: 4 }));
  assert.equal(usesCounted(open.axes, open.timeline.variables[0]), undefined);
});
