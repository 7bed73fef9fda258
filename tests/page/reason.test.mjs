import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equation, reasons } from '../../plugin_static/reason.js';
import { firstSelection, isLit, readBy } from '../../plugin_static/selection.js';
import { modelOf, starting } from './samples.mjs';

test('why 126 rows: 26 that see the input, 100 that see the state', () => {
  const [kernel] = modelOf(starting()).timeline.variables;
  const [reason] = reasons(kernel);
  assert.equal(reason.question, 'Why 126 rows?');
  assert.deepEqual(
    reason.parts.map((p) => [p.size, p.name]),
    [
      [26, 'input'],
      [100, 'hidden'],
    ],
  );
});

test('one row is one', () => {
  const plain = starting();
  plain.variables[0].shape = [1, 100];
  plain.variables[0].blocks = [{ name: 'input', dimension: 0, start: 0, stop: 1 }];
  assert.equal(reasons(modelOf(plain).timeline.variables[0])[0].question, 'Why 1 row?');
});

test('gates are columns', () => {
  const plain = starting();
  plain.variables[0].shape = [126, 400];
  plain.variables[0].blocks = ['i', 'f', 'c', 'o'].map((name, i) => ({
    name,
    dimension: 1,
    start: i * 100,
    stop: (i + 1) * 100,
  }));
  const [reason] = reasons(modelOf(plain).timeline.variables[0]);
  assert.equal(reason.question, 'Why 400 columns?');
  assert.equal(reason.parts[1].what, 'forget gate');
});

test('the equation tells packed weights from separate ones', () => {
  const text = (/** @type {Record<string, unknown>} */ plain) =>
    JSON.stringify(equation(modelOf(plain), 'layer0'));
  const plain = starting();
  assert.match(text(plain), /· kernel \+ bias/);
  plain.variables[1].role = 'recurrent_kernel';
  assert.match(text(plain), /recurrent_kernel/);
  plain.layers[0].cell = 'something else';
  assert.equal(equation(modelOf(plain), 'layer0'), undefined);
});

test('a cell reads the variables that are used at its timestep', () => {
  const plain = starting();
  plain.variables[1].uses = [
    { layer: 'layer0', axis: 'axis0', start: 1, stop: 3, stride: 1, reads: 1 },
  ];
  const model = modelOf(plain);
  const names = (/** @type {number} */ column) =>
    readBy(model, { layer: 'layer0', axis: 'axis0', column }).map((v) => v.role);
  assert.deepEqual(names(0), ['kernel']);
  assert.deepEqual(names(1), ['kernel', 'bias']);
});

test('first shown is the kernel nearest the input', () => {
  const model = modelOf(starting());
  assert.deepEqual(firstSelection(model), { kind: 'variable', index: 0 });
  assert.ok(isLit(model, { kind: 'cell', layer: 'layer1', axis: 'axis0', column: 0 }, 2));
  assert.ok(!isLit(model, { kind: 'cell', layer: 'layer1', axis: 'axis0', column: 0 }, 0));
  assert.equal(firstSelection(modelOf({ ...starting(), variables: [], layers: [] })), undefined);
});
