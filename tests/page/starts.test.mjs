import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentence } from '../../plugin_static/sentence.js';
import { shortStart, starts, startWords } from '../../plugin_static/starts.js';
import { encoderDecoder, modelOf, starting } from './samples.mjs';

/** A decoder that starts from the tensor "x", which an encoder has made. */
function translator() {
  const plain = encoderDecoder();
  Object.assign(plain.layers[0], { name: 'encoder' });
  Object.assign(plain.layers[1], { name: 'decoder' });
  plain.states[1].initial = 'x';
  plain.connections[0].starts_state = true;
  return plain;
}

/**
 * @param {import('./samples.mjs').Sample} plain
 * @param {string} layer
 */
function said(plain, layer) {
  const model = modelOf(plain);
  const states = model.statesOf.get(layer) ?? [];
  return [shortStart(model, states), startWords(model, states[0]), ...sentence(model).notes];
}

test('another layer’s final state', () => {
  const plain = translator();
  plain.states[1].initial_layer = 'layer0';
  assert.deepEqual(said(plain, 'layer1'), [
    'from encoder',
    'starts from the final state of encoder',
    "'decoder' starts from the final state of 'encoder'.",
  ]);
});

test('what is made of it is not called so', () => {
  assert.deepEqual(said(translator(), 'layer1'), [
    'from encoder',
    'starts from a result of encoder',
    "'decoder' starts from a result of 'encoder'.",
  ]);
});

test('what both directions have made comes from their layer', () => {
  const plain = translator();
  Object.assign(plain.layers[0], { name: 'encoder/forward_gru' });
  const applications = [{ axis: 'axis0', direction: 'BACKWARD', name: '' }];
  plain.layers.push({ ...plain.layers[0], id: 'back', name: 'encoder/backward_gru', applications });
  plain.connections.push({ ...plain.connections[0], from: 'back' });
  const [short, words, ...notes] = said(plain, 'layer1');
  assert.equal(short, 'from encoder');
  assert.equal(words, 'starts from a result of encoder');
  assert.deepEqual(notes, ["'decoder' starts from a result of 'encoder'."]);
});

test('data for every timestep start nothing', () => {
  const plain = translator();
  plain.connections[0].starts_state = false;
  assert.deepEqual(said(plain, 'layer1'), ['x', 'starts from x']);
});

test('a layer starts nothing of its own', () => {
  const plain = starting();
  plain.states[0].initial_layer = 'layer0';
  assert.deepEqual(starts(modelOf(plain)), []);
});

test('what is kept from run to run is called so, what is trained is not', () => {
  for (const [trainable, short] of /** @type {[boolean, string][]} */ ([
    [false, 'kept'],
    [true, 'state_0'],
  ])) {
    const plain = starting();
    const name = 'rnn/state_0';
    plain.variables.push({ name, shape: [2, 100], role: 'initial_state', trainable });
    plain.states[0].initial = name;
    const words = `starts from ${name}${trainable ? '' : ', kept from run to run'}`;
    assert.deepEqual(said(plain, 'layer0'), [short, words]);
  }
});

test('states that start in different ways have no word in common', () => {
  const plain = starting();
  plain.states.push({ name: 'c', layer: 'layer0', shape: [-1, 100], initial: 'first/c' });
  assert.equal(said(plain, 'layer0')[0], 'start');
});
