import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimelineError, readTimeline } from '../../plugin_static/timeline.js';
import { starting } from './samples.mjs';

test('a newer schema is refused with a remedy', () => {
  assert.throws(() => readTimeline({ ...starting(), schema_version: 2 }), /pip install -U/);
});

test('half an answer is no timeline', () => {
  for (const half of [null, 1, 'x', [], {}, { schema_version: 1 }]) {
    assert.throws(() => readTimeline(half), TimelineError);
  }
});

test('an odd field costs that field only', () => {
  const plain = starting();
  plain.layers[0].kind = 'SOMETHING_NEW';
  plain.layers[0].units = -4;
  plain.variables[0].shape = 'wide';
  const read = readTimeline(plain);
  assert.equal(read.layers[0].kind, 'UNKNOWN');
  assert.equal(read.layers[0].units, undefined);
  assert.deepEqual(read.variables[0].shape, []);
  assert.equal(read.layers.length, 3);
});
