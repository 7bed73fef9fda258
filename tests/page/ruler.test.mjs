import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelled } from '../../plugin_static/paint_band.js';

/**
 * @param {number} count timesteps
 * @param {number} pitch pixels from one to the next
 * @param {boolean} known
 */
const band = (count, pitch, known = true) =>
  /** @type {import('../../plugin_static/layout.js').Band} */ (
    /** @type {unknown} */ ({ pitch, columns: { count, known } })
  );

const upTo = (/** @type {number} */ count) => Array.from({ length: count }, (_, i) => i);

test('numbers of two digits fit where one is 32 pixels from the next', () => {
  assert.deepEqual(labelled(band(12, 32), 0, 11), upTo(12));
});

test('where there is not room for all, round ones are told, and the last', () => {
  // 8 pixels apart, and a number of two digits is 15 wide: every fifth has room.
  const fifths = upTo(20).map((i) => 5 * i);
  assert.deepEqual(labelled(band(100, 8), 0, 99), [...fifths, 99]);
  // 95 would be too near to 96.
  assert.deepEqual(labelled(band(97, 8), 0, 96), [...fifths.slice(0, -1), 96]);
});

test('the last one pushes its neighbour out, and no other', () => {
  for (const [count, pitch] of [
    [12, 20],
    [12, 16],
    [50, 12],
    [1000, 1],
    [20_000, 0.05],
  ]) {
    const found = labelled(band(count, pitch), 0, count - 1);
    const digits = String(count).length;
    assert.equal(found.at(-1), count - 1);
    for (let i = 1; i < found.length; i += 1) {
      assert.ok((found[i] - found[i - 1]) * pitch >= digits * 7.5, `${found}`);
    }
  }
});

test('nothing is in view', () => {
  assert.deepEqual(labelled(band(12, 32), 5, 4), []);
});
