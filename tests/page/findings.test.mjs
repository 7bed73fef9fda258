import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentences } from '../../plugin_static/findings.js';

test('the first sentence of a message is what it comes to', () => {
  assert.deepEqual(sentences('3 graphs are logged. This is one; v1.2 of it.'), [
    '3 graphs are logged.',
    'This is one; v1.2 of it.',
  ]);
  assert.deepEqual(sentences('x.pb is read by model.py only'), [
    'x.pb is read by model.py only',
    '',
  ]);
});
