import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf, timestepName } from '../../plugin_static/columns.js';
import { symbolOf } from '../../plugin_static/lengths.js';
import { sentence } from '../../plugin_static/sentence.js';
import { sharedWords } from '../../plugin_static/shared.js';
import { totalWords } from '../../plugin_static/uses.js';
import { encoderDecoder, modelOf, stacked } from './samples.mjs';

/** @param {import('./samples.mjs').Sample} plain */
function open(plain) {
  for (const axis of plain.axes) Object.assign(axis, { length: undefined, reason: 'it is open' });
  for (const use of plain.variables.flatMap((v) => /** @type {{stop?: number}[]} */ (v.uses))) {
    delete use.stop;
  }
  return plain;
}

/** One layer on two sequences, of 7 and of 4 timesteps. */
function appliedTwice() {
  const plain = stacked({ layers: 1, length: 7, inputs: 3, units: 4 });
  plain.axes.push({ ...plain.axes[0], id: 'axis1', label: 'right', length: 4 });
  const [layer] = /** @type {{applications: {axis: string}[]}[]} */ (
    /** @type {unknown} */ (plain.layers)
  );
  layer.applications.push({ ...layer.applications[0], axis: 'axis1' });
  for (const variable of plain.variables) {
    const uses = /** @type {object[]} */ (variable.uses);
    variable.uses = [uses[0], { ...uses[0], axis: 'axis1', stop: 4 }];
  }
  return plain;
}

test('one length that is not known is T, and of several each has its own', () => {
  const one = modelOf(open(stacked({ layers: 2, inputs: 3, units: 4 })));
  assert.equal(symbolOf(one.axes, 'axis0'), 'T');
  const two = modelOf(open(encoderDecoder()));
  assert.deepEqual(
    ['axis0', 'axis1'].map((id) => symbolOf(two.axes, id)),
    ['T₁', 'T₂'],
  );
  const { headline, notes } = sentence(two);
  assert.equal(headline, 'Encoder: 1 layer × T₁ timesteps → decoder: 1 layer × T₂ timesteps');
  assert.deepEqual(notes, ['T₁ is not known: it is open.', 'T₂ is not known: it is open.']);
  const [, axis] = two.timeline.axes;
  assert.equal(timestepName(columnsOf(two.axes, axis), 2), 'T₂−1');
  assert.equal(sharedWords(two, axis, two.timeline.layers[1]), 'shared × T₂');
});

test('ten lengths are counted in two digits', () => {
  const plain = stacked({ layers: 1, inputs: 3, units: 4 });
  for (let i = 1; i < 12; i += 1) plain.axes.push({ id: `axis${i}`, label: `axis ${i}` });
  assert.equal(symbolOf(modelOf(plain).axes, 'axis9'), 'T₁₀');
});

test('a layer that reads two sequences is one layer', () => {
  const model = modelOf(appliedTwice());
  const { headline, detail } = sentence(model);
  assert.equal(headline, '1 layer × (7 + 4) timesteps');
  // (3 + 4) · 4 + 4 parameters, 7 + 4 times
  assert.equal(
    detail,
    'Its weights are shared by all its 7 + 4 timesteps: 32 parameters ' +
      '(352 if every timestep had its own).',
  );
  const words = model.timeline.axes.map((axis) =>
    sharedWords(model, axis, model.timeline.layers[0]),
  );
  assert.deepEqual(words, ['shared × 7', 'shared × 4']);
});

test('and where nobody knows how long they are, their lengths are added all the same', () => {
  const model = modelOf(open(appliedTwice()));
  assert.equal(sentence(model).headline, '1 layer × (T₁ + T₂) timesteps');
  assert.equal(totalWords(model, model.timeline.variables[0]), 'T₁ + T₂');
});

test('on many axes they are counted', () => {
  const plain = appliedTwice();
  const [layer] = /** @type {{applications: {axis: string}[]}[]} */ (
    /** @type {unknown} */ (plain.layers)
  );
  for (const id of ['axis2', 'axis3']) {
    plain.axes.push({ ...plain.axes[0], id, label: id });
    layer.applications.push({ ...layer.applications[0], axis: id });
  }
  assert.equal(sentence(modelOf(plain)).headline, '1 layer on 4 time axes');
});
