import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookInside, openness } from '../../plugin_static/inside.js';
import { modelOf, starting } from './samples.mjs';

const box = { x: 100, y: 50, width: 500, height: 220 };
const when = { now: '1', before: '0' };

/** @param {import('../../plugin_static/reason.js').Formula} parts */
const text = (parts) => parts.map((p) => (typeof p === 'string' ? p : `_${p.sub}`)).join('');

/** @param {string} cell @param {string[]} gates @param {boolean} [packed] */
function cellOf(cell, gates, packed = true) {
  const plain = starting();
  plain.layers = plain.layers.slice(0, 1);
  plain.connections = [];
  plain.layers[0].cell = cell;
  const columns = 100 * gates.length;
  const dimension = 1;
  const blocks = gates.map((name, i) => ({ name, dimension, start: 100 * i, stop: 100 * (i + 1) }));
  const [kernel, bias] = plain.variables;
  if (packed) {
    const rows = /** @type {object[]} */ (kernel.blocks);
    plain.variables = [{ ...kernel, shape: [126, columns], blocks: [...rows, ...blocks] }];
  } else {
    const recurrent = { ...kernel, name: 'u', role: 'recurrent_kernel', shape: [100, columns] };
    plain.variables = [
      { ...kernel, shape: [26, columns], blocks },
      { ...recurrent, blocks },
    ];
  }
  plain.variables.push({ ...bias, shape: [columns] });
  return modelOf(plain);
}

test('a SimpleRNN cell: the rows for x and for h, its equation, its shapes', () => {
  const inside = lookInside(modelOf(starting()), 'layer0', box, when);
  assert.equal(inside.title, 'SimpleRNN at timestep 1');
  assert.deepEqual(
    inside.rows.map((r) => [r.size, text(r.sees), r.fill]),
    [
      [26, 'x_1', 'input'],
      [100, 'h_0', 'hidden'],
    ],
  );
  assert.deepEqual(
    inside.lines.map((l) => text(l.parts)),
    ['h_1 = tanh([x_1, h_0] · kernel + bias)'],
  );
  assert.equal(inside.shapes.texts[0], '[26 + 100] · [126 × 100] + [100] → 100 numbers');
  assert.deepEqual(
    inside.gates.map((g) => g.activation),
    ['tanh'],
  );
});

test('an LSTM cell: four gates, each over its own columns', () => {
  const inside = lookInside(cellOf('LSTM', ['i', 'c', 'f', 'o']), 'layer0', box, when);
  assert.deepEqual(
    inside.gates.map((g) => [g.activation, g.name, g.words]),
    [
      ['σ', 'i', 'input gate'],
      ['tanh', 'c', 'candidate'],
      ['σ', 'f', 'forget gate'],
      ['σ', 'o', 'output gate'],
    ],
  );
  const [first, second] = inside.gates;
  assert.ok(Math.abs(first.x + first.width - second.x) < 1e-9);
  assert.equal(
    inside.shapes.texts[0],
    '[26 + 100] · [126 × 400] + [400] → 400 numbers, 100 for each of 4 blocks',
  );
});

test('weights stored as two matrices stand one above the other, as one packed kernel would', () => {
  const inside = lookInside(cellOf('LSTM', ['i', 'f', 'c', 'o'], false), 'layer0', box, when);
  assert.deepEqual(
    inside.rows.map((r) => [r.size, text(r.sees)]),
    [
      [26, 'x_1'],
      [100, 'h_0'],
    ],
  );
  const sum = '[26] · [26 × 400] + [100] · [100 × 400] + [400] → 400 numbers';
  assert.equal(inside.shapes.texts[1], sum);
});

test('what a cell of an unknown kind computes is not made up', () => {
  const inside = lookInside(cellOf('', ['a']), 'layer0', box, when);
  assert.deepEqual(
    inside.lines.map((l) => text(l.parts)),
    ['What this cell computes is not known.'],
  );
  assert.ok(inside.gates.every((g) => g.activation === ''));
});

test('all of it lies within the cell', () => {
  for (const size of [box, { ...box, width: 250, height: 180 }]) {
    const inside = lookInside(cellOf('LSTM', ['i', 'f', 'c', 'o']), 'layer0', size, when);
    for (const part of [...inside.rows, ...inside.gates]) {
      assert.ok(part.x >= size.x && part.x + part.width <= size.x + size.width);
      assert.ok(part.y >= size.y && part.y + part.height <= size.y + size.height);
    }
    const feet = [...inside.lines, inside.shapes].map((l) => l.y);
    assert.ok(Math.max(...feet) <= size.y + size.height - 4);
    assert.ok(Math.min(...feet) > Math.max(...inside.gates.map((g) => g.y + g.height)));
  }
  assert.equal(openness({ width: 128, height: 60 }), 0);
  assert.equal(openness(box), 1);
});
