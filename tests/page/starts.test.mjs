import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentence } from '../../plugin_static/sentence.js';
import { shortStart, starters, startWords } from '../../plugin_static/starts.js';
import { encoderDecoder, modelOf, starting } from './samples.mjs';

/** @param {string} initial what the decoder's state starts from */
function translator(initial) {
  const plain = encoderDecoder();
  Object.assign(plain.layers[0], { name: 'encoder' });
  Object.assign(plain.layers[1], { name: 'decoder' });
  plain.states[1].initial = initial;
  return modelOf(plain);
}

test('a loop’s result is its layer’s final state', () => {
  for (const tensor of ['rnn/while:5', 'rnn/while/Exit_3']) {
    const model = translator(tensor);
    const states = model.statesOf.get('layer1') ?? [];
    assert.equal(shortStart(model.timeline, states), 'from encoder');
    assert.equal(startWords(model.timeline, states[0]), 'starts from the final state of encoder');
    assert.deepEqual(
      starters(model.timeline).map(({ layer, source }) => [layer, source.id]),
      [['layer1', 'layer0']],
    );
    assert.deepEqual(sentence(model).notes, [
      "'decoder' starts from the final state of 'encoder'.",
    ]);
  }
});

test('a name that only begins alike is another one', () => {
  const model = translator('rnn/while_1:5');
  assert.deepEqual(starters(model.timeline), []);
  assert.deepEqual(sentence(model).notes, []);
});

test('a layer’s own results start nothing of its own', () => {
  const plain = starting();
  plain.layers.length = 1;
  plain.states[0].initial = 'rnn/while:5';
  assert.deepEqual(starters(modelOf(plain).timeline), []);
});

test('what is kept from run to run is called so, what is trained is not', () => {
  for (const [trainable, words] of /** @type {[boolean, string][]} */ ([
    [false, 'kept'],
    [true, 'state_0'],
  ])) {
    const plain = starting();
    const name = 'rnn/state_0';
    plain.variables.push({ name, shape: [2, 100], role: 'initial_state', trainable });
    plain.states[0].initial = name;
    const model = modelOf(plain);
    const states = model.statesOf.get('layer0') ?? [];
    assert.equal(shortStart(model.timeline, states), words);
    assert.equal(
      startWords(model.timeline, states[0]).includes('kept from run to run'),
      !trainable,
    );
  }
});

test('states that start in different ways have no word in common', () => {
  const plain = starting();
  plain.states.push({ name: 'c', layer: 'layer0', shape: [-1, 100], initial: 'first/c' });
  const model = modelOf(plain);
  assert.equal(shortStart(model.timeline, model.statesOf.get('layer0') ?? []), 'start');
});
