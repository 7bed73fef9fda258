import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../../plugin_static/choosers.js';
import { readHash, writeHash } from '../../plugin_static/url_state.js';

test('the address keeps what is not ours', () => {
  const hash = '#rnnview&p.rnnview.run=old&p.other.x=1';
  const written = writeHash(hash, { run: 'a b/&=ü', step: '3' });
  assert.ok(written.startsWith('#rnnview&p.other.x=1&'));
  assert.deepEqual(readHash(written), { run: 'a b/&=ü', step: '3' });
});

test('a broken address is no error', () => {
  assert.deepEqual(readHash('#rnnview&p.rnnview.run=%E0%A4%A&p.rnnview.tag=t'), { tag: 't' });
  assert.deepEqual(readHash(''), {});
});

const runs = {
  first: { graph: { steps: [0, 10], description: '' } },
  second: {
    a: { steps: [5], description: '' },
    graph: { steps: [1, 2, 3], description: '' },
  },
};

test('what was asked for is chosen where it exists', () => {
  const wanted = { run: 'second', tag: 'graph', step: 2 };
  assert.deepEqual(settle(runs, wanted), wanted);
});

test('else the nearest: the same tag of another run, the latest step', () => {
  assert.deepEqual(settle(runs, {}), { run: 'first', tag: 'graph', step: 10 });
  const gone = settle(runs, { run: 'gone', tag: 'graph', step: 7 });
  assert.deepEqual(gone, { run: 'first', tag: 'graph', step: 10 });
  assert.equal(settle({}, { run: 'x' }), undefined);
});
