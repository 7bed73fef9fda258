import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commonScale, drawGlyph } from '../../plugin_static/glyph.js';
import { modelOf, starting } from './samples.mjs';

const room = { width: 100, height: 60 };

/** @param {...{name: string, shape: number[], role: string}} given */
function variables(...given) {
  const plain = starting();
  const uses = plain.variables[0].uses;
  plain.variables = given.map((v) => ({ ...v, layers: ['layer0'], uses }));
  return modelOf(plain).timeline.variables;
}

const KERNEL = { name: 'lstm/kernel', shape: [100, 512], role: 'kernel' };
const RECURRENT = { name: 'lstm/recurrent_kernel', shape: [128, 512], role: 'recurrent_kernel' };
const BIAS = { name: 'lstm/bias', shape: [512], role: 'bias' };

test('the largest kernel fills its room, however small it is', () => {
  for (const factor of [1, 100]) {
    const matrices = variables({ name: 'w', shape: [4 * factor, 5 * factor], role: 'kernel' });
    const scale = commonScale([matrices], room);
    const { width, height } = drawGlyph(matrices, [], scale, room).matrices[0].box;
    assert.ok(Math.abs(width - 75) < 1e-9 && Math.abs(height - 60) < 1e-9);
  }
});

test('kernel and recurrent kernel stand one above the other, with one bias below both', () => {
  const [kernel, recurrent, bias] = variables(KERNEL, RECURRENT, BIAS);
  const matrices = [kernel, recurrent];
  const glyph = drawGlyph(matrices, [bias], commonScale([matrices], room), room);
  const [upper, lower] = glyph.matrices;
  assert.equal(upper.box.x, lower.box.x);
  assert.equal(upper.box.width, lower.box.width);
  assert.ok(upper.box.y + upper.box.height < lower.box.y);
  assert.equal(upper.bias, undefined);
  assert.ok(lower.bias && lower.bias.y > lower.box.y + lower.box.height);
  assert.deepEqual([upper.top, lower.top], [true, false]);
  assert.ok(Math.abs(upper.box.height / lower.box.height - 100 / 128) < 1e-9);
});

test('each of two kernels side by side has its own bias', () => {
  const [gates, candidate, ...biases] = variables(
    { name: 'gru/gates/kernel', shape: [90, 128], role: 'kernel' },
    { name: 'gru/candidate/kernel', shape: [90, 64], role: 'kernel' },
    { name: 'gru/gates/bias', shape: [128], role: 'bias' },
    { name: 'gru/candidate/bias', shape: [64], role: 'bias' },
  );
  const matrices = [gates, candidate];
  const glyph = drawGlyph(matrices, biases, commonScale([matrices], room), room);
  assert.deepEqual(
    glyph.matrices.map((m) => [Boolean(m.bias), m.torn]),
    [
      [true, ''],
      [true, ''],
    ],
  );
  assert.ok(glyph.width <= room.width + 1);
  const [a, b] = glyph.matrices.map((m) => m.box);
  assert.ok(Math.abs(a.width / b.width - 2) < 1e-9 && a.x + a.width < b.x);
});

test('what is too long is torn and shrinks nothing else; what is too thin is widened', () => {
  const [embedding, plain, thin] = variables(
    { name: 'e', shape: [9013, 100], role: 'embedding' },
    { name: 'w', shape: [100, 100], role: 'kernel' },
    { name: 'h', shape: [60, 1], role: 'kernel' },
  );
  const scale = commonScale([[embedding], [plain]], room);
  assert.equal(scale, 0.6);
  const draw = (/** @type {typeof embedding} */ v) => drawGlyph([v], [], scale, room).matrices[0];
  assert.equal(draw(embedding).torn, 'rows');
  assert.ok(draw(embedding).box.height <= room.height);
  assert.deepEqual([draw(plain).torn, draw(plain).widened], ['', false]);
  assert.ok(draw(thin).widened && draw(thin).box.width >= 8);
});

test('a block of one row among many can be seen', () => {
  const [kernel] = variables({ name: 'w', shape: [513, 512], role: 'kernel' });
  kernel.blocks = [
    { name: 'input', dimension: 0, start: 0, stop: 1 },
    { name: 'hidden', dimension: 0, start: 1, stop: 513 },
  ];
  const { rows, box } = drawGlyph([kernel], [], commonScale([[kernel]], room), room).matrices[0];
  assert.ok(rows[0].height >= 1.5);
  const total = rows.reduce((sum, r) => sum + r.height, 0);
  assert.ok(Math.abs(total - box.height) < 1e-9);
});
