import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INPUT, planLinks } from '../../plugin_static/links.js';

test('a stack is one straight line from the input to the output', () => {
  const connections = [{ from: 'a', to: 'b', offset: 0 }];
  const straight = { offset: 0, lane: 0, joins: false };
  assert.deepEqual(planLinks(['a', 'b'], connections), [
    { from: INPUT, to: 0, ...straight },
    { from: 0, to: 1, ...straight },
    { from: 1, to: 2, ...straight },
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

/** Two bidirectional layers, one above the other, with a layer below and one above. */
const rows = ['embedding', 'bw0', 'fw0', 'bw1', 'fw1', 'head'];
const both = (/** @type {string} */ from, /** @type {string[]} */ ...to) =>
  to.map((id) => ({ from, to: id, offset: 0 }));
const pairs = [
  ...both('embedding', 'fw0', 'bw0'),
  ...both('fw0', 'fw1', 'bw1'),
  ...both('bw0', 'fw1', 'bw1'),
  ...both('fw1', 'head'),
  ...both('bw1', 'head'),
];
const partners = new Map([
  ['fw0', 'bw0'],
  ['bw0', 'fw0'],
  ['fw1', 'bw1'],
  ['bw1', 'fw1'],
]);

test('what both directions give goes on as one, and both read it', () => {
  const links = planLinks(rows, pairs, new Map(), partners);
  const said = links.map(({ from, to, joins, lane }) => [from, to, joins, Math.sign(lane)]);
  assert.deepEqual(
    new Set(said.map(String)),
    new Set(
      [
        [INPUT, 0, false, 0],
        [0, 1, false, 0],
        [0, 2, false, -1], // into the first pair, past its lower row
        [1, 2, true, 1], // which joins the upper one
        [2, 3, false, 0],
        [2, 4, false, -1],
        [3, 4, true, 1],
        [4, 5, false, 0],
        [5, 6, false, 0],
      ].map(String),
    ),
  );
  assert.ok(
    links.every((l) => Math.abs(l.lane) <= 1),
    'one line on each side is enough',
  );
});

test('directions that go different ways are not joined', () => {
  const apart = [...both('fw0', 'fw1'), ...both('bw0', 'bw1')];
  const links = planLinks(rows, apart, new Map(), partners);
  const joined = links.filter((l) => l.joins).map((l) => rows[l.from]);
  assert.deepEqual(joined, ['bw1'], 'both of the second layer go out of the picture');
  assert.ok(links.some((l) => l.from === 1 && l.to === 3 && !l.joins));
});
