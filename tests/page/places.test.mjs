import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOut } from '../../plugin_static/layout.js';
import { placeAt, whereIs } from '../../plugin_static/places.js';
import { needed, overviewOf, scrollToPart } from '../../plugin_static/overview.js';
import { encoderDecoder, modelOf, stacked, starting } from './samples.mjs';

const view = { width: 986, height: 500 };

test('a place is found again where it was, and in its cell at any zoom', () => {
  for (const plain of [starting(), encoderDecoder()]) {
    const model = modelOf(plain);
    const [far, near] = [layOut(model, view, 1), layOut(model, view, 2.3)];
    for (let y = 0; y < far.height; y += 17) {
      const place = placeAt(far, 600, y);
      assert.ok(place);
      const again = whereIs(far, place);
      assert.ok(Math.abs(again.x - 600) < 1e-9 && Math.abs(again.y - y) < 1e-9, `${y}`);
    }
    const band = near.bands[0];
    const row = far.bands[0].rows[0];
    const place = placeAt(far, far.bands[0].x0 + 2.5 * far.bands[0].pitch, row.y);
    assert.ok(place);
    const { x, y } = whereIs(near, place);
    assert.ok(Math.abs(x - (band.x0 + 2.5 * band.pitch)) < 1e-9);
    assert.ok(Math.abs(y - band.rows[0].y) < band.rows[0].height / 4);
  }
});

test('without rows there is no place', () => {
  const scene = layOut(modelOf(stacked({ layers: 0, inputs: 4, units: 4 })), view, 1);
  assert.equal(placeAt(scene, 10, 10), undefined);
});

test('the overview is there when something may be lost, and frames what is in view', () => {
  const model = modelOf(stacked({ layers: 100, length: 10_000, inputs: 4, units: 4 }));
  const scene = layOut(model, view, 200);
  const at = { x: 40_000, y: 3000, ...view };
  assert.ok(needed(scene, at));
  assert.ok(!needed(layOut(modelOf(starting()), view, 1), { x: 0, y: 0, ...view }));
  const overview = overviewOf(scene, at);
  assert.equal(overview.rows.length, 100);
  assert.ok(overview.height <= 100);
  const [frame] = overview.frames;
  assert.equal(overview.frames.length, 1);
  for (const row of overview.rows) {
    assert.ok(row.y >= 0 && row.y + row.height <= overview.height);
  }
  assert.ok(frame.y + frame.height <= overview.height);
  // Who points at the frame stays where they are, as exactly as a pixel of it allows.
  const middle = { x: frame.x + frame.width / 2, y: frame.y + frame.height / 2 };
  const to = scrollToPart(scene, at, overview, middle);
  const pixel = (scene.bands[0].pitch * 10_000) / 158;
  assert.ok(Math.abs(to.x - at.x) < 3 * pixel);
  assert.ok(Math.abs(to.y - at.y) < view.height);
});

test('of two axes, each has a frame around what of it is in view', () => {
  const scene = layOut(modelOf(encoderDecoder()), view, 2);
  const whole = { x: 0, y: 0, width: view.width, height: scene.height };
  assert.equal(overviewOf(scene, whole).frames.length, 2);
  assert.equal(overviewOf(scene, { ...whole, height: 60 }).frames.length, 1);
});
