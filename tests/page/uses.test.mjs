import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedWords } from '../../plugin_static/shared.js';
import { placesWords, totalWords, whenWords } from '../../plugin_static/uses.js';
import { modelOf, nested, stacked, starting } from './samples.mjs';

/**
 * @param {Record<string, unknown>[]} uses
 * @param {{plain?: import('./samples.mjs').Sample}} [options]
 */
function words(uses, { plain = starting() } = {}) {
  plain.variables[0].uses = uses;
  const model = modelOf(plain);
  const [variable] = model.timeline.variables;
  return [totalWords(model, variable), whenWords(model, variable), placesWords(model, variable)];
}

const use = { layer: 'layer0', axis: 'axis0', start: 0, stop: 3, stride: 1, reads: 1 };
const open = () => stacked({ layers: 1, inputs: 4, units: 4 });
const unbounded = { layer: 'layer0', axis: 'axis0', start: 0, stride: 1, reads: 1 };

test('once at each timestep', () => {
  assert.deepEqual(words([use]), ['3', '0 – 2', '0 – 2, once each']);
  assert.deepEqual(words([{ ...use, reads: 2 }])[0], '6');
});

test('at one timestep', () => {
  assert.deepEqual(words([{ ...use, stop: 1 }]), ['1', '0', '0, once']);
  assert.equal(words([{ ...use, stop: 1, reads: 2 }])[2], '0, 2 times');
});

test('on a nested axis, at each timestep of the outer one', () => {
  const model = modelOf(nested());
  const [inner, , outer] = model.timeline.variables;
  assert.equal(totalWords(model, inner), '3 × 4 = 12');
  assert.equal(placesWords(model, inner), '0 – 3 at each of the 3 timesteps of words, once each');
  assert.equal(totalWords(model, outer), '3');
});

test('where the length is not known, in terms of T', () => {
  const once = { ...use, axis: '', stop: 1 };
  assert.equal(words([unbounded], { plain: open() })[0], 'T');
  assert.equal(words([{ ...unbounded, reads: 2 }], { plain: open() })[0], 'T × 2');
  assert.deepEqual(words([once, unbounded], { plain: open() }).slice(0, 2), [
    '1 + T',
    'once, 0 – T−1',
  ]);
  assert.equal(words([unbounded, unbounded], { plain: open() })[0], '2 × T');
  assert.equal(words([{ ...unbounded, start: 1 }], { plain: open() })[0], 'not known');
  const both = nested();
  delete both.axes[0].length;
  delete both.axes[1].length;
  // The first axis of the two, letters, runs at each timestep of the second.
  assert.deepEqual(words([unbounded], { plain: both }).slice(0, 2), ['T₂ × T₁', '0 – T₁−1']);
});

test('one operation uses a weight for all timesteps at once', () => {
  const plain = starting();
  plain.layers[0].kind = 'SEQUENCE';
  const once = { ...use, axis: '', stop: 1 };
  const [total, when, places] = words([once], { plain });
  assert.deepEqual([total, when, places], ['1', 'all at once', 'once, for all timesteps at once']);
});

test('a bound is at most that', () => {
  const bound = stacked({ layers: 1, length: 3, inputs: 4, units: 4, bound: true });
  assert.equal(words([use], { plain: bound })[0], '≤ 3');
  const outer = nested();
  outer.axes[1].length_is_bound = true;
  assert.equal(words([{ ...use, stop: 4 }], { plain: outer })[0], '≤ 12');
});

test('axes that lie around each other end', () => {
  const plain = nested();
  plain.axes[1].parent = 'axis0';
  assert.equal(words([{ ...use, stop: 4 }], { plain })[0], '3 × 4 = 12');
  plain.axes[0].parent = 'axis0';
  assert.equal(words([{ ...use, stop: 4 }], { plain })[0], '4');
});

test('how often is not known is never 0', () => {
  const [total, , places] = words([{ ...use, reads: 0 }]);
  assert.equal(total, 'not known');
  assert.equal(places, '0 – 2, how often is not known');
});

test('by no layer, once', () => {
  const decay = { ...use, layer: '', axis: '', stop: 1 };
  assert.match(words([use, decay])[2], /; also used once outside time, by no layer/);
});

test('of a layer that is not recognised, when is not known', () => {
  const plain = starting();
  plain.layers[0].kind = 'UNKNOWN';
  const [, when, places] = words([{ ...use, axis: '', stop: 1, reads: 4 }], { plain });
  assert.equal(when, 'not known');
  assert.equal(places, 'at 4 places; when is not known');
});

test('the words on the wire', () => {
  const wire = (/** @type {import('./samples.mjs').Sample} */ plain) => {
    const model = modelOf(plain);
    return sharedWords(model, model.timeline.axes[0], model.timeline.layers[0]);
  };
  assert.equal(wire(starting()), 'shared × 3');
  assert.equal(wire(open()), 'shared × T');
  const shape = { layers: 1, length: 16, inputs: 4, units: 4, bound: true };
  assert.equal(wire(stacked(shape)), 'shared × up to 16');
  assert.equal(wire(nested()), 'shared × 3 × 4');
});
