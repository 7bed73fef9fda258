import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentence } from '../../plugin_static/sentence.js';
import { bidirectional, encoderDecoder, modelOf, nested, stacked, starting } from './samples.mjs';

test('the starting program', () => {
  const { headline, detail, notes } = sentence(modelOf(starting()));
  assert.equal(headline, '3 layers × 3 timesteps');
  assert.equal(
    detail,
    "Each layer's weights are shared by its 3 timesteps: 52,900 parameters " +
      '(158,700 if every timestep had its own).',
  );
  assert.deepEqual(notes, []);
});

test('one timestep', () => {
  const one = { layers: 1, length: 1, inputs: 3, units: 2 };
  const { headline, detail } = sentence(modelOf(stacked(one)));
  assert.equal(headline, '1 layer × 1 timestep');
  assert.equal(detail, 'Its weights are used at its only timestep: 12 parameters.');
  const two = sentence(modelOf(stacked({ ...one, layers: 2 })));
  assert.equal(two.headline, '2 layers × 1 timestep');
  // (3 + 2) · 2 + 2 and (2 + 2) · 2 + 2 parameters
  assert.equal(two.detail, "Each layer's weights are used at its only timestep: 22 parameters.");
});

test('layers that share their weights at one timestep', () => {
  const two = stacked({ layers: 2, length: 1, inputs: 2, units: 2 });
  const uses = /** @type {any[]} */ (two.variables).map((v) => v.uses[0]);
  const layers = ['layer0', 'layer1'];
  const shared = /** @type {any[]} */ (two.variables)
    .slice(0, 2)
    .map((v) => ({ ...v, layers, uses: layers.map((layer) => ({ ...uses[0], layer })) }));
  assert.equal(
    sentence(modelOf({ ...two, variables: shared })).detail,
    "Each layer's weights are used at its only timestep: 10 parameters " +
      '(20 if every layer had its own).',
  );
});

test('what was meant', () => {
  const meant = stacked({ layers: 1, length: 3, inputs: 26, units: 100 });
  const { headline, detail } = sentence(modelOf(meant));
  assert.equal(headline, '1 layer × 3 timesteps');
  assert.match(detail, /12,700 parameters \(38,100 if every timestep had its own\)/);
});

test('layers that may take parts of one variable are not counted as copies of it', () => {
  const parts = stacked({ layers: 2, length: 3, inputs: 20, units: 30 });
  const [whole, ...others] = /** @type {any[]} */ (parts.variables);
  const layers = ['layer0', 'layer1'];
  const [use] = /** @type {{uses: object[]}} */ (whole).uses;
  const uses = layers.map((layer) => ({ ...use, layer }));
  const shared = { ...whole, layers, uses };
  const known = { ...parts, variables: [shared, ...others] };
  assert.match(sentence(modelOf(known)).detail, /if every timestep/);
  const reason = 'only cuDNN knows where in it each kernel lies';
  const open = { ...parts, variables: [{ ...shared, reason }, ...others] };
  assert.doesNotMatch(sentence(modelOf(open)).detail, /if every timestep/);
});

test('a length that is not known is T, with the reason', () => {
  const open = stacked({ layers: 3, inputs: 20, units: 30, reason: 'x is open' });
  const { headline, detail, notes } = sentence(modelOf(open));
  assert.equal(headline, '3 layers × T timesteps');
  assert.doesNotMatch(detail, /if every timestep/);
  assert.deepEqual(notes, ['T is not known: x is open.']);
});

test('a bound is said to be one', () => {
  const reason = "'rnn/Maximum' is computed from data";
  const bound = stacked({ layers: 2, length: 20, inputs: 28, units: 64, bound: true, reason });
  const { headline, detail, notes } = sentence(modelOf(bound));
  assert.equal(headline, '2 layers × up to 20 timesteps');
  // (28 + 64) · 64 + 64 and (64 + 64) · 64 + 64 parameters, 20 times
  assert.equal(
    detail,
    "Each layer's weights are shared by its timesteps, up to 20 of them: 14,208 parameters " +
      '(up to 284,160 if every timestep had its own).',
  );
  assert.deepEqual(notes, ["A run may stop earlier: it depends on data ('rnn/Maximum')."]);
  const other = { ...bound, axes: [{ ...bound.axes[0], reason: 'a user said so.' }] };
  assert.deepEqual(sentence(modelOf(other)).notes, ['A run may stop earlier: a user said so.']);
});

test('a pair of directions is one bidirectional layer', () => {
  const { headline, detail } = sentence(modelOf(bidirectional()));
  assert.equal(headline, '1 bidirectional layer × 5 timesteps');
  assert.match(detail, /^Each direction's weights/);
});

test('several axes are named', () => {
  const { headline } = sentence(modelOf(encoderDecoder()));
  assert.equal(headline, 'Encoder: 1 layer × 7 timesteps → decoder: 1 layer × 4 timesteps');
});

test('a name that is no plain word is written as the program writes it', () => {
  const plain = encoderDecoder();
  plain.axes[0].label = 'enc_1';
  assert.match(sentence(modelOf(plain)).headline, /^enc_1: 1 layer × 7 timesteps → decoder: /);
  plain.axes[0].label = 'lstm';
  assert.match(sentence(modelOf(plain)).headline, /^lstm: /, 'an abbreviation is no word');
});

test('no recurrence is said plainly', () => {
  const plain = starting();
  for (const layer of plain.layers) Object.assign(layer, { kind: 'ONCE', applications: [] });
  const { headline, detail } = sentence(modelOf(plain));
  assert.equal(headline, 'No recurrent layer was found.');
  assert.match(detail, /no time to unroll/);
});

test('what a nested timeline uses, every outer timestep would have of its own', () => {
  // (4 + 5) · 5 + 5 = 50 parameters, 3 × 4 times, and (5 + 7) · 7 + 7 = 91, 3 times
  assert.match(sentence(modelOf(nested())).detail, /141 parameters \(873 if every timestep/);
});

test('what was not looked into is no network without recurrence', () => {
  const plain = starting();
  for (const layer of plain.layers) Object.assign(layer, { kind: 'ONCE', applications: [] });
  const message = 'Part of it is not recognised, because it is fused.';
  const found = { code: 'NOT_RECOGNISED', severity: 'WARNING', message, advice: 'Unfuse it.' };
  const { headline, detail, notes } = sentence(modelOf({ ...plain, findings: [found] }));
  assert.equal(headline, 'Part of this graph is not recognised.');
  assert.match(detail, /^So it is not known whether it has a recurrent layer/);
  assert.deepEqual(notes, [message, 'Unfuse it.']);

  Object.assign(plain.layers[0], { kind: 'UNKNOWN', name: 'odd', reason: 'nobody knows' });
  assert.deepEqual(sentence(modelOf(plain)).notes, ['odd: nobody knows.']);
});

test('the parameters of other layers are said apart', () => {
  const plain = starting();
  plain.layers.push({ id: 'head', name: 'head', kind: 'ONCE', applications: [] });
  const use = { layer: 'head', axis: '', start: 0, stop: 1, stride: 1, reads: 1 };
  plain.variables.push({
    name: 'w',
    shape: [100, 26],
    layers: ['head'],
    role: 'kernel',
    uses: [use],
  });
  const { detail, notes } = sentence(modelOf(plain));
  assert.match(detail, /52,900/);
  assert.deepEqual(notes, ['1 other layer, 2,600 parameters: head (once).']);
});
