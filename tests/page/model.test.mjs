import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otherLayers } from '../../plugin_static/others.js';
import { shortenPath } from '../../plugin_static/words.js';
import { bidirectional, encoderDecoder, modelOf, starting } from './samples.mjs';

test('both directions have the name of the layer that holds them', () => {
  const plain = bidirectional();
  plain.layers[0].name = 'encoder/bidirectional/forward_lstm';
  plain.layers[1].name = 'encoder/bidirectional/backward_lstm';
  const model = modelOf(plain);
  assert.deepEqual([...model.names.values()], Array(2).fill('encoder/bidirectional'));
  assert.deepEqual([...model.titles.values()], ['Layer 0 forward', 'Layer 0 backward']);
  assert.deepEqual(
    [...model.partners],
    [
      ['layer0', 'layer1'],
      ['layer1', 'layer0'],
    ],
  );
});

test('names with nothing in common stay as they are', () => {
  const plain = bidirectional();
  assert.deepEqual([...modelOf(plain).names.values()], ['cell_0', 'cell_1']);
});

test('where several axes have layers, their names tell them apart', () => {
  const plain = encoderDecoder();
  Object.assign(plain.layers[0], { name: 'encoder' });
  Object.assign(plain.layers[1], { name: 'decoder' });
  const { titles, short } = modelOf(plain);
  assert.deepEqual([...titles.values()], ['Layer 0 · encoder', 'Layer 0 · decoder']);
  assert.deepEqual([...short.values()], ['Layer 0', 'Layer 0'], 'where the name is beside it');
});

test('a layer without a name is called by its variables, or by its depth', () => {
  const plain = starting();
  plain.layers[0].name = '';
  plain.layers.push({ id: 'layer9', name: '', kind: 'ONCE', applications: [] });
  for (const name of ['w', 'u', 'v', 'b']) plain.variables.push({ name, layers: ['layer9'] });
  const { titles, names } = modelOf(plain);
  assert.equal(titles.get('layer0'), 'Layer 0');
  assert.equal(titles.get('layer9'), 'w, u, v, …');
  assert.equal(names.get('layer9'), 'w, u, v, …');
});

test('a path is cut between its scopes', () => {
  assert.equal(shortenPath('time_distributed/cnn/conv2d_1', 26), '…/cnn/conv2d_1');
  assert.equal(shortenPath('attention_0/query', 26), 'attention_0/query');
  assert.equal(shortenPath('a/very_long_name_without_scopes', 12), '…hout_scopes');
});

/** @param {[string, string, number?][]} others name, kind, reads */
function withOthers(...others) {
  const plain = starting();
  for (const [name, kind, reads = 1] of others) {
    plain.layers.push({ id: name, name, kind, applications: [] });
    const use = { layer: name, axis: '', start: 0, stop: 1, stride: 1, reads };
    plain.variables.push({ name: `${name}/w`, shape: [10], layers: [name], uses: [use] });
  }
  return otherLayers(modelOf(plain));
}

test('the kinds of other layers are said in words', () => {
  assert.deepEqual(withOthers(), []);
  assert.deepEqual(withOthers(['embedding', 'SEQUENCE'], ['dense', 'ONCE']), [
    '2 other layers, 20 parameters: embedding (all timesteps at once), dense (once).',
  ]);
  assert.deepEqual(withOthers(['a', 'STEPWISE'], ['b', 'STEPWISE'], ['c', 'ONCE', 8]), [
    '3 other layers, 30 parameters: a, b (at each timestep), c (8 times).',
  ]);
});

test('where they are many they are counted', () => {
  const many = ['a', 'b', 'c', 'd'].map((x) => /** @type {[string, string]} */ ([x, 'SEQUENCE']));
  assert.deepEqual(withOthers(...many, ['e', 'SEQUENCE']), [
    '5 other layers, 50 parameters: all timesteps at once.',
  ]);
  assert.deepEqual(withOthers(...many, ['e', 'ONCE'], ['f', 'ONCE', 2], ['g', 'ONCE', 3]), [
    '7 other layers, 70 parameters: 4 (all timesteps at once), 1 (once), 2 (several times).',
  ]);
});
