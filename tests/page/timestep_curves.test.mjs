import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { TimestepCurves } from '../../plugin_static/timestep_curves.js';

const ROWS = [{ measure: 'activation', of: 'h', unit: 'RMS', merged: 'maximum' }];
const { fetch } = globalThis;
let asked = /** @type {string[]} */ ([]);
let fails = false;

beforeEach(() => {
  asked = [];
  fails = false;
  globalThis.window = /** @type {any} */ (globalThis);
  globalThis.fetch = async (input) => {
    const timestep = new URL(String(input)).searchParams.get('timestep') ?? '';
    asked.push(timestep);
    if (fails) throw new Error('gone');
    const body = new ArrayBuffer(12);
    new Float32Array(body, 8).set([Number(timestep) * 10]);
    return new Response(body);
  };
});

afterEach(() => {
  globalThis.fetch = fetch;
});

/** @param {number} timestep */
const place = (timestep, version = '1') => ({ run: 'train', tag: 'net/lstm', version, timestep });
const wait = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

test('only the timestep that somebody stays at is asked for, and once', async () => {
  let arrived = 0;
  const curves = new TimestepCurves(() => (arrived += 1));
  for (const timestep of [1, 2, 3, 3]) assert.equal(curves.at(place(timestep), ROWS), undefined);
  await wait(250);
  assert.deepEqual(asked, ['3']);
  assert.equal(arrived, 1);
  assert.deepEqual([...(curves.at(place(3), ROWS)?.values[0] ?? [])], [30]);
  await wait(200);
  assert.deepEqual(asked, ['3']);
});

test('while training goes on, the curve stays until the longer one is here', async () => {
  const curves = new TimestepCurves(() => {});
  curves.at(place(3), ROWS);
  await wait(250);
  assert.deepEqual([...(curves.at(place(3, '2'), ROWS)?.values[0] ?? [])], [30]);
  assert.equal(curves.at(place(30, '2'), ROWS), undefined, 'it is that of another timestep');
  await wait(250);
});

test('what could not be had is asked for again', async () => {
  const curves = new TimestepCurves(() => {});
  fails = true;
  curves.at(place(3), ROWS);
  await wait(250);
  fails = false;
  curves.at(place(3), ROWS);
  await wait(250);
  assert.deepEqual(asked, ['3', '3']);
});
