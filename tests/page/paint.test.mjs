import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOut } from '../../plugin_static/layout.js';
import { paint } from '../../plugin_static/paint.js';
import { litBy } from '../../plugin_static/selection.js';
import { bidirectional, encoderDecoder, modelOf, stacked, starting } from './samples.mjs';

/** A canvas that counts strokes instead of making them. */
function recorder() {
  const calls = { strokes: 0, texts: /** @type {string[]} */ ([]) };
  const ctx = new Proxy(/** @type {Record<string, unknown>} */ ({}), {
    get(target, name) {
      if (name in target) return target[String(name)];
      return (/** @type {unknown[]} */ ...args) => {
        if (name === 'stroke') calls.strokes += 1;
        if (name === 'fillText') calls.texts.push(String(args[0]));
        if (name === 'measureText') return { width: String(args[0]).length * 6 };
        return undefined;
      };
    },
  });
  return { calls, ctx: /** @type {CanvasRenderingContext2D} */ (/** @type {unknown} */ (ctx)) };
}

/**
 * @param {Record<string, unknown>} plain
 * @param {{size?: {width: number, height: number}, zoom?: number, scroll?: number,
 *   chosen?: import('../../plugin_static/selection.js').Selection}} [options]
 */
function draw(plain, { size = { width: 986, height: 340 }, zoom = 1, scroll = 0, chosen } = {}) {
  const model = modelOf(plain);
  const scene = layOut(model, size, zoom);
  const { ctx, calls } = recorder();
  const colours = /** @type {import('../../plugin_static/theme.js').Colours} */ ({});
  const lit = litBy(model, chosen);
  const view = { x: scroll, y: Math.max(0, scene.height - size.height), ...size };
  const brush = { ctx, model, scene, colours, lit, heat: undefined, ramps: { heat: [], vote: [] } };
  return { ...paint(brush, view), calls };
}

test('the starting program: 9 cells, and one wire with 3 taps for each of 3 kernels', () => {
  const { cells, columns, wires, calls } = draw(starting());
  assert.equal(cells, 9);
  assert.equal(columns, 3);
  assert.deepEqual(
    wires.map((w) => [w.layer, w.taps]),
    [
      ['layer0', 3],
      ['layer1', 3],
      ['layer2', 3],
    ],
  );
  for (const text of ['timestep 0', 'timestep 2', 'output 1', 'zeros', 'final state', 'time']) {
    assert.ok(calls.texts.includes(text), text);
  }
});

test('a chosen kernel lights its three uses and no others', () => {
  const { wires } = draw(starting(), { chosen: { kind: 'variable', index: 2 } });
  assert.deepEqual(
    wires.map((w) => w.lit),
    [0, 3, 0],
  );
});

test('a variable used at some timesteps taps those only', () => {
  const plain = stacked({ layers: 1, length: 9, inputs: 4, units: 4 });
  plain.variables[0].uses = [
    { layer: 'layer0', axis: 'axis0', start: 1, stop: 9, stride: 4, reads: 1 },
  ];
  assert.equal(draw(plain).wires[0].taps, 2);
});

test('an unknown length is drawn as 0, 1 and T−1', () => {
  const { cells, wires, calls } = draw(stacked({ layers: 2, inputs: 4, units: 4 }));
  assert.equal(cells, 6);
  assert.deepEqual(
    wires.map((w) => w.taps),
    [3, 3],
  );
  assert.ok(calls.texts.includes('T−1'));
});

test('both directions and both axes are drawn', () => {
  assert.equal(draw(bidirectional()).cells, 10);
  const tall = { width: 986, height: 560 };
  assert.equal(draw(encoderDecoder(), { size: tall }).cells, 11);
});

test('work grows with the pixels, not with the timesteps', () => {
  const size = { width: 1110, height: 500 };
  const few = draw(stacked({ layers: 64, length: 1000, inputs: 4, units: 4 }), { size });
  const many = draw(stacked({ layers: 64, length: 100_000, inputs: 4, units: 4 }), { size });
  assert.ok(many.calls.strokes <= few.calls.strokes * 1.2);
  assert.equal(many.cells, 0);
  assert.ok(many.runs > 0 && many.runs < 64);
});

test('near, only the cells in view are painted', () => {
  const plain = stacked({ layers: 1, length: 10_000, inputs: 4, units: 4 });
  const { cells, calls } = draw(plain, { zoom: 2000, scroll: 400_000 });
  assert.ok(cells > 0 && cells < 20);
  assert.ok(!calls.texts.includes('zeros'));
});

/** A lookup, both directions of a layer, and a dense layer on every timestep. */
function tagger(length = 400) {
  const plain = stacked({ layers: 2, length, inputs: 4, units: 4 });
  plain.layers[1].depth = 0;
  plain.layers[1].applications = [{ axis: 'axis0', direction: 'BACKWARD', name: 'bw' }];
  const applications = [{ axis: 'axis0', direction: 'FORWARD', name: '' }];
  const bar = { kind: 'SEQUENCE', depth: 0, applications };
  plain.layers.unshift({ ...bar, id: 'lookup', name: 'lookup' });
  plain.layers.push({ ...bar, id: 'dense', name: 'dense' });
  plain.connections = [
    { from: 'lookup', to: 'layer0', offset: 0 },
    { from: 'lookup', to: 'layer1', offset: 0 },
    { from: 'layer0', to: 'dense', offset: 0 },
    { from: 'layer1', to: 'dense', offset: 0 },
  ];
  return plain;
}

test('on a long axis a few lines stand for all, and both directions are framed', () => {
  const size = { width: 1110, height: 700 };
  const drawn = draw(tagger(), { size });
  const unlinked = draw({ ...tagger(), connections: [] }, { size });
  // Without the connections the lines from the input pass the cells: there none is drawn.
  const lines = drawn.calls.strokes - unlinked.calls.strokes;
  assert.ok(lines >= 4 * 2 * 3, 'four arrows, each a shaft and a head, at several timesteps');
  assert.ok(lines <= 4 * 2 * 40, 'and at a few of the 400 only');
});

test('a row for all timesteps at once is lower than one of cells', () => {
  const [band] = layOut(modelOf(tagger(5)), { width: 1110, height: 700 }, 1).bands;
  const tops = band.rows.map((row) => row.top);
  const ends = [band.rows[0].top + (tops[2] - tops[3]), ...tops];
  const heights = band.rows.map((row, i) => ends[i] - row.top);
  assert.deepEqual(
    band.rows.map((row) => row.layer.id),
    ['lookup', 'layer1', 'layer0', 'dense'],
  );
  assert.equal(heights[1], heights[2]);
  assert.ok(heights[3] < heights[2]);
  for (const [i, row] of band.rows.entries()) {
    assert.ok(row.trunkY <= ends[i], 'the wire runs within its row');
  }
});
