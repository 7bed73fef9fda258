import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookFrom, lookState, selectionFrom, selectionState } from '../../plugin_static/looks.js';
import { firstSelection } from '../../plugin_static/selection.js';
import { modelOf, starting } from './samples.mjs';

const model = modelOf(starting());

test('what is chosen at first is not written down', () => {
  assert.deepEqual(selectionState(model, firstSelection(model)), {});
  assert.equal(selectionFrom(model, {}), undefined);
});

test('a variable and a cell come back as they were', () => {
  /** @type {import('../../plugin_static/selection.js').Selection[]} */
  const both = [
    { kind: 'variable', index: 3 },
    { kind: 'cell', layer: 'layer1', axis: 'axis0', column: 2 },
  ];
  for (const chosen of both) {
    assert.deepEqual(selectionFrom(model, selectionState(model, chosen)), chosen);
  }
});

test('what is not there is not chosen', () => {
  /** @type {Record<string, string>[]} */
  const states = [
    { variable: '99' },
    { variable: '-1' },
    { variable: 'constructor' },
    { cell: '1,layer9,axis0' },
    { cell: '1,layer1,axis9' },
    { cell: 'x,layer1,axis0' },
    { cell: '1,%E0%A4%A,axis0' },
    { cell: '' },
  ];
  for (const state of states) {
    assert.equal(selectionFrom(model, state), undefined, JSON.stringify(state));
  }
});

test('names that would part the text of the address stay whole', () => {
  const layer = 'a,b&c=d %';
  const state = selectionState(model, { kind: 'cell', layer, axis: '', column: 0 });
  assert.deepEqual(state.cell.split(',').map(decodeURIComponent), ['0', layer, '']);
});

const far = { zoom: 1, x: 0.5, y: 0.5 };

test('all in view and unrolled is not written down', () => {
  assert.deepEqual(lookState({ near: far, all: false, layers: [] }), {});
  assert.equal(lookFrom({}), undefined);
});

test('how near, where, and what is rolled up come back', () => {
  const near = { zoom: 2.5, x: 0.25, y: 0.75 };
  for (const look of [
    { near, all: false, layers: [] },
    { near, all: false, layers: ['layer1', 'a,b'] },
    { near: { zoom: 1, x: 0, y: 0 }, all: true, layers: [] },
  ]) {
    assert.deepEqual(lookFrom(lookState(look)), look);
  }
});

test('nonsense in the address shows everything', () => {
  for (const view of ['x', '1e999,0,0', '-3,0,0', '2,NaN,0', '']) {
    assert.deepEqual(lookFrom({ view })?.near, { zoom: 1, x: 0, y: 0 }, view);
  }
});
