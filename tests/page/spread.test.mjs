import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVERY, columnId, columnsOf, timestepName, usedAt } from '../../plugin_static/columns.js';
import { layOut } from '../../plugin_static/layout.js';
import { TOGETHER, spread } from '../../plugin_static/spread.js';
import { hitTest, selectionAt } from '../../plugin_static/hit.js';
import { bidirectional, encoderDecoder, modelOf, stacked, starting } from './samples.mjs';

const view = { width: 986, height: 340 };
const widths = { room: 470, tracks: 640 };
const three = columnsOf(new Map(), /** @type {any} */ ({ id: 'a', length: 3 }));

/** @param {number} all */
const rolled = (all) => ({ all, layers: new Map() });

test('rolled up, every axis has one column, and it stands for every timestep', () => {
  for (const plain of [
    starting(),
    bidirectional(),
    encoderDecoder(),
    stacked({ layers: 1, inputs: 4, units: 4 }),
  ]) {
    const model = modelOf(plain);
    const scene = layOut(model, view, 1, rolled(1));
    for (const band of scene.bands) {
      assert.equal(band.columns.count, 1);
      assert.equal(timestepName(band.columns, 0), 't');
      assert.equal(columnId(band.columns, 0), EVERY);
    }
    const [band] = scene.bands;
    const [row] = band.rows;
    const at = { x: band.x0 + band.pitch / 2, y: row.y };
    const axis = band.axis?.id ?? '';
    const cell = { kind: 'cell', layer: row.layer.id, axis, column: EVERY };
    assert.deepEqual(selectionAt(model, scene, at, { x: 0, y: 0, ...view }), cell);
  }
});

test('a kernel that is used at some timestep is used by the rolled cell', () => {
  const use = { layer: 'a', axis: 'a', start: 2, stop: 3, stride: 1, reads: 1 };
  assert.equal(usedAt(three, use, 0), false);
  assert.equal(usedAt(three, use, EVERY), true);
  assert.equal(usedAt(three, { ...use, stop: 2 }, EVERY), false);
});

test('the columns come together without a jump, into the place of the one cell', () => {
  const ends = (/** @type {ReturnType<typeof spread>} */ { columns, inset, pitch, cellWidth }) => {
    const gap = (pitch - cellWidth) / 2;
    return [inset + gap, inset + columns.slots * pitch - gap];
  };
  for (const zoom of [1, 1.7]) {
    const before = ends(spread(three, widths, zoom, TOGETHER - 1e-9));
    const after = ends(spread(three, widths, zoom, TOGETHER));
    assert.ok(
      before.every((x, i) => Math.abs(x - after[i]) < 1e-3),
      `${before} ${after}`,
    );
    let last = Infinity;
    for (let part = 0; part <= TOGETHER; part += 0.01) {
      const { pitch } = spread(three, widths, zoom, part);
      assert.ok(pitch <= last, 'narrower and narrower');
      last = pitch;
    }
  }
});

test('a layer rolled up by itself is one bar over the columns of the others', () => {
  const model = modelOf(starting());
  const scene = layOut(model, view, 1, { all: 0, layers: new Map([['layer1', 1]]) });
  const [band] = scene.bands;
  assert.equal(band.columns.count, 3);
  assert.deepEqual(
    band.rows.map((row) => row.shape),
    ['cells', 'bar', 'cells'],
  );
  const hit = hitTest(scene, band.x0 + 1.5 * band.pitch, band.rows[1].y);
  assert.ok(hit?.kind === 'cell' && hit.column === EVERY);
});

test('near, a column is no wider than the view, and its rows have room for the inside', () => {
  const model = modelOf(stacked({ layers: 2, length: 10_000, inputs: 4, units: 4 }));
  const far = layOut(model, view, 1);
  const near = layOut(model, view, far.closest);
  const [band] = near.bands;
  assert.ok(band.pitch >= 350 && band.pitch <= view.width - near.left);
  assert.ok(band.rows.every((row) => row.height >= 150 && row.height < view.height));
  assert.ok(band.cellWidth < band.pitch);
  assert.deepEqual(layOut(model, view, far.closest * 10).bands[0].pitch, band.pitch);
  // Browsers cannot scroll in what is wider than some 33 million pixels.
  const million = modelOf(stacked({ layers: 1, length: 1_000_000, inputs: 4, units: 4 }));
  assert.ok(layOut(million, view, layOut(million, view, 1).closest).width < 33e6);
});
