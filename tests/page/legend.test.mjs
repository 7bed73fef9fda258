import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settled } from '../../plugin_static/legend.js';

const plain = {
  fills: ['input'],
  gates: false,
  biases: true,
  several: true,
  torn: false,
  widened: false,
};

test('what was said of torn kernels stays said, or legend and picture chase each other', () => {
  const torn = settled(plain, { ...plain, torn: true });
  assert.equal(torn.torn, true);
  assert.equal(settled(torn, plain).torn, true);
  assert.equal(settled(torn, { ...plain, widened: true }).widened, true);
});

test('another network begins anew', () => {
  assert.deepEqual(settled(undefined, plain), plain);
});

test('everything else is as it is now', () => {
  const before = { ...plain, fills: ['other'], gates: true };
  assert.deepEqual(settled(before, plain), plain);
});
