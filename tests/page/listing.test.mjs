import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  choices,
  EVERYTHING,
  listVariables,
  NO_LAYER,
  searchOthers,
  sorted,
} from '../../plugin_static/listing.js';
import { modelOf, starting } from './samples.mjs';

/** Kernel and bias of layers 0, 1, 2; then one variable of no layer, of a shape not known. */
function sample() {
  const plain = starting();
  plain.variables.push({ name: 'Élan/left', shape_unknown: true, role: 'other' });
  const findings = [{ code: 'UNUSED', severity: 'WARNING', message: 'Élan/left is not used.' }];
  return modelOf({ ...plain, findings });
}

/** @param {Partial<import('../../plugin_static/listing.js').Wish>} wish */
const listed = (wish) => listVariables(sample(), { ...EVERYTHING, ...wish });

test('every word of a search has to be found, in any case and without accents', () => {
  assert.deepEqual(listed({}), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(listed({ search: 'BIAS' }), [1, 3, 5]);
  assert.deepEqual(listed({ search: ' bias  cell_1 ' }), [3]);
  assert.deepEqual(listed({ search: 'elan' }), [6]);
  assert.deepEqual(listed({ search: 'not used' }), [6]);
  assert.deepEqual(listed({ search: '(.*[' }), []);
});

test('a number is found as a whole', () => {
  // 100 units are in every shape; layer 1 is one layer.
  assert.deepEqual(listed({ search: 'layer 1' }), [2, 3]);
  assert.deepEqual(listed({ search: '126' }), [0]);
  assert.deepEqual(listed({ search: '26' }), []);
});

test('one role, one layer, no layer', () => {
  assert.deepEqual(listed({ role: 'kernel' }), [0, 2, 4]);
  assert.deepEqual(listed({ layer: 'layer2' }), [4, 5]);
  assert.deepEqual(listed({ layer: NO_LAYER }), [6]);
  assert.deepEqual(choices(sample()), {
    roles: ['kernel', 'bias', 'other'],
    layers: ['layer0', 'layer1', 'layer2', NO_LAYER],
  });
});

test('equals stay in the program’s order, and what is not known comes last both ways', () => {
  // 12,600 100 20,000 100 20,000 100 and not known
  assert.deepEqual(listed({ sort: 'parameters' }), [1, 3, 5, 0, 2, 4, 6]);
  assert.deepEqual(listed({ sort: 'parameters', down: true }), [2, 4, 0, 1, 3, 5, 6]);
  assert.deepEqual(listed({ sort: 'uses' })[0], 6);
  assert.deepEqual(listed({ sort: 'layer', down: true }), [4, 5, 2, 3, 0, 1, 6]);
});

test('a heading sorts up, then down, then not at all', () => {
  const up = sorted(EVERYTHING, 'shape');
  const down = sorted(up, 'shape');
  assert.deepEqual([up.sort, up.down, down.sort, down.down], ['shape', false, 'shape', true]);
  assert.deepEqual(sorted(down, 'shape'), EVERYTHING);
  assert.deepEqual(sorted(down, 'role'), { ...EVERYTHING, sort: 'role' });
});

test('layers and findings are found too, but not by an empty search', () => {
  assert.deepEqual(searchOthers(sample(), ' '), { layers: [], findings: [] });
  assert.deepEqual(searchOthers(sample(), 'cell_2').layers, ['layer2']);
  assert.deepEqual(searchOthers(sample(), 'unused').findings, [0]);
});

test('a name of 10,000 letters is searched as text', () => {
  const plain = starting();
  plain.variables[0].name = `<b>${'n'.repeat(10_000)}`;
  assert.deepEqual(listVariables(modelOf(plain), { ...EVERYTHING, search: '<b>nn' }), [0]);
});
