import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellBox } from '../../plugin_static/cells.js';
import { columnX } from '../../plugin_static/columns.js';
import { layOut } from '../../plugin_static/layout.js';
import { hitTest } from '../../plugin_static/hit.js';
import { bidirectional, encoderDecoder, modelOf, stacked, starting } from './samples.mjs';

const view = { width: 986, height: 340 };

test('layers go up and time goes right', () => {
  const { bands } = layOut(modelOf(starting()), view, 1);
  assert.equal(bands.length, 1);
  const ys = bands[0].rows.map((r) => r.y);
  assert.ok(ys[0] > ys[1] && ys[1] > ys[2]);
  assert.ok(columnX(bands[0], 0) < columnX(bands[0], 1));
});

test('every width from 1000 to 2560 pixels shows all timesteps without scrolling', () => {
  for (const width of [740, 986, 1110, 1420, 2180]) {
    for (const plain of [starting(), bidirectional(), encoderDecoder()]) {
      const scene = layOut(modelOf(plain), { width, height: 500 }, 1);
      assert.equal(scene.width, width);
      for (const band of scene.bands) {
        assert.ok(band.x0 >= scene.left);
        const end = band.x0 + band.columns.slots * band.pitch;
        assert.ok(end <= width - scene.right);
      }
    }
  }
});

test('cells, wires and rows keep clear of one another', () => {
  const { bands } = layOut(modelOf(starting()), view, 1);
  const [band] = bands;
  const boxes = band.rows.flatMap((row) =>
    [0, 1, 2].map((column) => ({ row, ...cellBox(band, row, column) })),
  );
  for (const a of boxes) {
    assert.ok(a.row.trunkY > a.y + a.height);
    for (const b of boxes) {
      if (a === b) continue;
      const apart = a.x + a.width < b.x || b.x + b.width < a.x;
      assert.ok(apart || a.y + a.height < b.y || b.y + b.height < a.y);
      assert.ok(a.row.trunkY < b.y || a.row.trunkY > b.y + b.height);
    }
  }
});

test('kernels are drawn to one scale', () => {
  const { glyphs } = layOut(modelOf(starting()), view, 1).kernels;
  const boxes = ['layer0', 'layer1', 'layer2'].map((id) => glyphs.get(id)?.matrices[0]);
  const heights = boxes.map((b) => b?.box.height ?? 0);
  assert.ok(Math.abs(heights[0] / heights[1] - 126 / 200) < 1e-9);
  assert.equal(heights[1], heights[2]);
  const rows = boxes[0]?.rows ?? [];
  assert.deepEqual(
    rows.map((r) => [r.fill, Math.round((r.height / heights[0]) * 126)]),
    [
      ['input', 26],
      ['hidden', 100],
    ],
  );
});

test('a backward layer has its card on the right', () => {
  const scene = layOut(modelOf(bidirectional()), view, 1);
  assert.deepEqual(
    scene.bands[0].rows.map((r) => r.backward),
    [true, false],
    'the forward one is drawn above it',
  );
  assert.ok(scene.right > 0);
  assert.equal(layOut(modelOf(starting()), view, 1).right, 0);
});

test('each axis is a band of its own, the first at the foot, joined by a line', () => {
  const scene = layOut(modelOf(encoderDecoder()), { width: 986, height: 500 }, 1);
  assert.deepEqual(
    scene.bands.map((b) => b.axis?.label),
    ['encoder', 'decoder'],
  );
  assert.ok(scene.bands[0].top > scene.bands[1].foot);
  assert.equal(scene.routes.length, 1);
  for (const [i, [x, y]] of scene.routes[0].points.slice(1).entries()) {
    const [px, py] = scene.routes[0].points[i];
    assert.ok(px === x || py === y, 'only level and upright pieces');
  }
});

test('what is outside time stands outside the columns, after what it follows', () => {
  const plain = starting();
  plain.layers.push({ id: 'head', name: 'head', kind: 'ONCE', applications: [] });
  plain.connections.push({ from: 'layer2', to: 'head', offset: 0 });
  const { bands } = layOut(modelOf(plain), { width: 986, height: 500 }, 1);
  const [time, outside] = bands;
  assert.equal(outside.axis, undefined);
  assert.ok(outside.rows[0].boxX >= time.x0 + time.columns.slots * time.pitch);
  assert.ok(outside.rows[0].y < time.top);
});

test('zoom widens the columns and the scene', () => {
  const model = modelOf(stacked({ layers: 1, length: 200, inputs: 4, units: 4 }));
  const near = layOut(model, view, 10);
  assert.ok(near.width > view.width);
  assert.equal(near.bands[0].pitch / layOut(model, view, 1).bands[0].pitch, 10);
});

test('the pointer finds the cell, the wire, and nothing between', () => {
  const scene = layOut(modelOf(starting()), view, 1);
  const [band] = scene.bands;
  const row = band.rows[1];
  const hit = hitTest(scene, columnX(band, 2), row.y);
  assert.ok(hit?.kind === 'cell' && hit.row === row && hit.column === 2);
  assert.equal(hitTest(scene, columnX(band, 0), row.trunkY)?.kind, 'wire');
  const between = (columnX(band, 0) + columnX(band, 1)) / 2;
  assert.equal(hitTest(scene, between, row.y), undefined);
});

test('the gap for unknown timesteps belongs to no cell', () => {
  const scene = layOut(modelOf(stacked({ layers: 1, inputs: 4, units: 4 })), view, 1);
  const [band] = scene.bands;
  assert.equal(band.columns.count, 3);
  const gap = (columnX(band, 1) + columnX(band, 2)) / 2;
  assert.equal(hitTest(scene, gap, band.rows[0].y), undefined);
  const last = hitTest(scene, columnX(band, 2), band.rows[0].y);
  assert.ok(last?.kind === 'cell' && last.column === 2);
});
