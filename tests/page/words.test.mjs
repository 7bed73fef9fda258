import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clean,
  interval,
  parameters,
  shapeTimes,
  shapeTuple,
  shorten,
  stateShape,
  timesteps,
} from '../../plugin_static/words.js';

const use = { layer: 'layer0', axis: 'axis0', start: 0, stop: 3, stride: 1, reads: 1 };

test('timesteps are written with both ends', () => {
  assert.equal(interval(use), '0 – 2');
  assert.equal(interval({ ...use, start: 2 }), '2');
  assert.equal(interval({ ...use, stop: 9, stride: 4 }), '0 – 8, every 4');
  assert.equal(interval({ ...use, stop: undefined }), '0 – T−1');
  assert.equal(interval({ ...use, axis: '' }), 'once');
  assert.equal(interval({ ...use, axis: '', reads: 4 }), 'outside time');
});

test('strides count their own steps only', () => {
  assert.equal(timesteps({ ...use, stop: 9, stride: 4 }), 3);
  assert.equal(timesteps({ ...use, stop: undefined }), undefined);
  assert.equal(timesteps({ ...use, axis: '', stop: undefined }), 1);
});

test('shapes are written as Python prints them, or to be read', () => {
  const known = (/** @type {number[]} */ ...shape) => ({ shape, shape_unknown: false });
  assert.equal(shapeTuple(known(126, 100)), '(126, 100)');
  assert.equal(shapeTuple(known(100)), '(100,)');
  assert.equal(shapeTuple(known()), '()');
  assert.equal(shapeTuple(known(-1, 3)), '(?, 3)');
  assert.equal(shapeTimes(known(126, 100)), '126 × 100');
  assert.equal(stateShape(known(-1, 100)), '[batch, 100]');
  assert.equal(shapeTuple({ shape: [], shape_unknown: true }), 'not known');
});

test('what would act on its surroundings is spelled out', () => {
  assert.equal(clean('a\u202eb\x1b[31m\n'), 'a\\u{202e}b\\u{1b}[31m\\u{a}');
  assert.equal(clean('\ud800'), '\\u{d800}');
  assert.equal(clean('<b>häß 層</b>'), '<b>häß 層</b>');
  assert.equal(shorten('abcdefgh', 4), '…fgh');
});

test('parameters of an open shape are not known', () => {
  const variable = /** @type {import('../../plugin_static/timeline.js').Variable} */ ({
    shape: [126, 100],
    shape_unknown: false,
  });
  assert.equal(parameters(variable), 12_600);
  assert.equal(parameters({ ...variable, shape: [-1, 100] }), undefined);
  assert.equal(parameters({ ...variable, shape: [] }), 1);
});
