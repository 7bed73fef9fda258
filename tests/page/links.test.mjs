import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INPUT, planLinks } from '../../plugin_static/links.js';

test('a stack is one straight line from the input to the output', () => {
  const connections = [{ from: 'a', to: 'b', offset: 0 }];
  assert.deepEqual(planLinks(['a', 'b'], connections), [
    { from: INPUT, to: 0, offset: 0, lane: 0 },
    { from: 0, to: 1, offset: 0, lane: 0 },
    { from: 1, to: 2, offset: 0, lane: 0 },
  ]);
});

test('what passes a row runs beside its cells', () => {
  const links = planLinks(['forward', 'backward'], []);
  const input = links.find((l) => l.from === INPUT && l.to === 1);
  const output = links.find((l) => l.from === 0 && l.to === 2);
  assert.ok(input && input.lane < 0);
  assert.ok(output && output.lane > 0);
});

test('two values never share a lane', () => {
  const rows = ['a', 'b', 'c', 'd'];
  const connections = [
    { from: 'a', to: 'c', offset: 0 },
    { from: 'b', to: 'd', offset: 0 },
    { from: 'a', to: 'b', offset: 0 },
    { from: 'c', to: 'd', offset: 0 },
  ];
  const passing = planLinks(rows, connections).filter((l) => l.to - l.from === 2);
  assert.equal(passing.length, 2);
  assert.notEqual(passing[0].lane, passing[1].lane);
});

test('feedback reaches the next timestep', () => {
  const links = planLinks(
    ['a', 'b'],
    [
      { from: 'a', to: 'b', offset: 0 },
      { from: 'b', to: 'a', offset: 1 },
    ],
  );
  const back = links.find((l) => l.offset === 1);
  assert.deepEqual([back?.from, back?.to], [1, 0]);
  assert.notEqual(back?.lane, 0);
});
