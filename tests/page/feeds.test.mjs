import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnX } from '../../plugin_static/columns.js';
import { layOut } from '../../plugin_static/layout.js';
import { busY } from '../../plugin_static/routes.js';
import { encoderDecoder, modelOf, nested, starting } from './samples.mjs';

const view = { width: 986, height: 560 };

/** @param {import('./samples.mjs').Sample} plain */
const routesOf = (plain) => layOut(modelOf(plain), view, 1).routes;

test('a state that starts from another layer’s final state is joined to it', () => {
  const plain = encoderDecoder();
  plain.states[1].initial_layer = 'layer0';
  plain.connections[0].starts_state = true;
  const scene = layOut(modelOf(plain), view, 1);
  const [{ kind, points, label }] = scene.routes;
  assert.equal(kind, 'start');
  assert.match(label?.text ?? '', /^final/);
  const [encoder, decoder] = scene.bands;
  assert.equal(points[0][1], encoder.rows[0].y - 8);
  const [x, y] = /** @type {[number, number]} */ (points.at(-1));
  assert.equal(y, decoder.rows[0].y - 8);
  assert.ok(x < columnX(decoder, 0) && x > decoder.x0);
});

test('with zeros to start from, a value of another axis is read at every timestep', () => {
  const scene = layOut(modelOf(encoderDecoder()), view, 1);
  const [{ kind, points }] = scene.routes;
  assert.equal(kind, 'each');
  const [, decoder] = scene.bands;
  assert.deepEqual(points.at(-1), [columnX(decoder, 3), busY(decoder)]);
  assert.ok(busY(decoder) > decoder.inputY && busY(decoder) < decoder.bottom);
});

test('the result of a nested timeline feeds every outer timestep', () => {
  const scene = layOut(modelOf(nested()), { width: 1110, height: 560 }, 1);
  const [inner, outer] = scene.bands;
  assert.ok(inner.header > 0 && outer.header === 0);
  const [{ kind, label }] = scene.routes;
  assert.equal(kind, 'each');
  assert.equal(label?.text, 'the result of each run of letters → its timestep');
});

test('words of lines that go opposite ways between two bands keep clear of each other', () => {
  const plain = nested();
  const [first] = plain.connections;
  plain.layers.push({
    id: 'outer_input',
    name: 'outer_input',
    kind: 'STEPWISE',
    depth: 0,
    applications: [{ axis: 'axis1', direction: 'FORWARD', name: 'outer_input' }],
  });
  plain.connections.push({ from: 'outer_input', to: first.from, offset: 0 });
  const labels = layOut(modelOf(plain), { width: 1110, height: 560 }, 1).routes.map((r) => r.label);
  assert.equal(labels.length, 2);
  const [a, b] = labels.map((label) => label?.y ?? 0);
  assert.ok(Math.abs(a - b) >= 14, `${a} and ${b}`);
});

test('what is made of a final state is called no final state', () => {
  const plain = encoderDecoder();
  plain.connections[0].starts_state = true;
  const [{ kind, label }] = routesOf(plain);
  assert.equal(kind, 'start');
  assert.equal(label?.text, '→ initial state');
});

test('a bridge outside time may be the start', () => {
  const plain = encoderDecoder();
  plain.layers.splice(1, 0, {
    id: 'bridge',
    name: 'bridge',
    kind: 'ONCE',
    applications: [{ axis: '', name: 'bridge' }],
  });
  plain.connections = [
    { from: 'layer0', to: 'bridge', offset: 0 },
    { from: 'bridge', to: 'layer1', offset: 0, starts_state: true },
  ];
  assert.deepEqual(
    routesOf(plain).map((r) => r.kind),
    ['out', 'start'],
  );
});

test('on one axis there is nothing to join', () => {
  assert.deepEqual(routesOf(starting()), []);
});

/** An encoder of two directions, all of whose outputs an attention on the other axis reads. */
function attending() {
  const plain = encoderDecoder();
  const [encoder] = plain.layers;
  const applications = [{ axis: 'axis0', direction: 'BACKWARD', name: 'bw/while' }];
  plain.layers.splice(1, 0, { ...encoder, id: 'back', name: 'back', applications });
  plain.layers.push({
    id: 'attention',
    name: 'attention',
    kind: 'SEQUENCE',
    depth: 1,
    applications: [{ axis: 'axis1', direction: 'FORWARD', name: 'attention' }],
  });
  plain.connections = ['layer0', 'back', 'layer1'].map((from) => ({
    from,
    to: 'attention',
    offset: 0,
  }));
  return plain;
}

test('what both directions give goes to another axis as one', () => {
  const scene = layOut(modelOf(attending()), { width: 1440, height: 700 }, 1);
  const [{ kind, points, label }, ...others] = scene.routes;
  assert.equal(others.length, 0);
  assert.equal(kind, 'into');
  assert.equal(label?.text, 'all outputs → attention');
  const [encoder] = scene.bands;
  assert.ok(points[0][1] < encoder.rows[1].y - encoder.rows[1].height / 2, 'from above both');
});
