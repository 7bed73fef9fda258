import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Training } from '../../plugin_static/training.js';
import { modelOf, stacked } from './samples.mjs';

const ROWS = [
  { measure: 'activation', of: 'h', unit: 'RMS', merged: 'maximum' },
  { measure: 'state_gradient', of: 'h', unit: 'RMS', merged: 'maximum' },
];
const model = modelOf(stacked({ layers: 2, length: 3, inputs: 4, units: 4 }));
const CHOICE = { run: 'train', tag: 'net' };
const { signal } = new AbortController();

/** What the server holds: values of each step, by layer. */
let logged = /** @type {Record<string, Record<number, number[]>>} */ ({});
let asked = /** @type {string[]} */ ([]);

/** @param {string} version */
const listing = (version) => ({
  skipped: [],
  layers: Object.keys(logged).map((layer) => ({
    tag: `net/${layer}`,
    version,
    layer,
    application: 0,
    rows: ROWS,
  })),
});

const { fetch } = globalThis;

beforeEach(() => {
  logged = { cell_0: { 0: [1, 2, 4], 100: [2, 4, 8] }, cell_1: { 0: [1, 1, 1] } };
  asked = [];
  globalThis.fetch = async (input) => {
    const url = new URL(String(input));
    const layer = (url.searchParams.get('tag') ?? '').replace('net/', '');
    const steps = Object.entries(logged[layer]);
    asked.push(`${url.pathname.split('/').at(-1)} ${layer} ${url.searchParams.get('step') ?? ''}`);
    if (url.pathname.endsWith('statistics_at_step')) {
      const values = logged[layer][Number(url.searchParams.get('step'))];
      const places = values.map((_, i) => i);
      const row = [7, NaN, ...values];
      const ones = values.map(() => 1);
      return new Response(
        new Float32Array([values.length, 0, ...places, 1, 0, ...ones, ...row, ...row]),
      );
    }
    const numbers = steps.flatMap(([, v]) => {
      const row = [7, NaN, Math.min(...v), Math.min(...v), Math.max(...v)];
      return [v.length, ...row, ...row];
    });
    const body = new Uint8Array(8 * steps.length + 4 * numbers.length);
    body.set(new Uint8Array(new Float64Array(steps.map(([step]) => Number(step))).buffer));
    body.set(new Uint8Array(new Float32Array(numbers).buffer), 8 * steps.length);
    return new Response(body);
  };
});

afterEach(() => {
  globalThis.fetch = fetch;
});

const failed = (/** @type {string} */ problem) => assert.fail(problem);
const started = () => new Training({ changed: () => {}, failed });

/** @param {Training} training @param {string} place */
const values = (training, place) => [0, 1, 2].map((t) => training.heat?.of(place)?.look(t).value);

test('the newest step is shown, in the scale of all of them', async () => {
  const training = started();
  await training.show(model, CHOICE, listing('1'), signal);
  assert.deepEqual(training.steps, [0, 100]);
  assert.equal(training.step, 100);
  assert.equal(training.measure?.words, 'Gradient of the state h');
  assert.equal(training.kind, 'log');
  assert.deepEqual(values(training, 'layer0 0'), [2, 4, 8]);
  assert.equal(training.heat?.of('layer1 0'), undefined, 'nothing was logged of it at this step');
  assert.deepEqual([training.scale.low, training.scale.high], [1, 10]);
});

test('new steps are followed, unless another one was chosen', async () => {
  const training = started();
  await training.show(model, CHOICE, listing('1'), signal);
  logged.cell_0[200] = [3, 3, 3];
  await training.show(model, CHOICE, listing('2'), signal);
  assert.equal(training.step, 200);
  assert.deepEqual(training.state(), {});

  await training.goTo(1);
  assert.equal(training.step, 100);
  assert.deepEqual(training.state(), { at: '100' });
  logged.cell_0[300] = [5, 5, 5];
  await training.show(model, CHOICE, listing('3'), signal);
  assert.equal(training.step, 100);
  await training.goTo(3);
  assert.equal(training.step, 300);
  assert.deepEqual(training.state(), {});
});

test('what did not change is not asked for again', async () => {
  const training = started();
  await training.show(model, CHOICE, listing('1'), signal);
  asked = [];
  await training.show(model, CHOICE, listing('1'), signal);
  assert.deepEqual(asked, []);
  await training.goTo(0);
  await training.goTo(1);
  await training.goTo(0);
  assert.deepEqual(asked.sort(), ['statistics_at_step cell_0 0', 'statistics_at_step cell_1 0']);
});

test('a program that began anew has other numbers under the same steps', async () => {
  const training = started();
  await training.show(model, CHOICE, listing('1'), signal);
  await training.goTo(0);
  logged.cell_0 = { 0: [9, 9, 9] };
  await training.show(model, CHOICE, listing('2'), signal);
  assert.deepEqual(values(training, 'layer0 0'), [9, 9, 9]);
});

test('what comes late does not take the place of what was chosen meanwhile', async () => {
  const training = started();
  await training.show(model, CHOICE, listing('1'), signal);
  const quick = globalThis.fetch;
  /** @type {(value?: unknown) => void} */
  let release = () => {};
  globalThis.fetch = async (...asking) => {
    await new Promise((done) => (release = done));
    return quick(...asking);
  };
  logged.cell_0[200] = [3, 3, 3];
  delete logged.cell_1;
  const late = training.show(model, CHOICE, listing('2'), signal);
  const waited = async () => new Promise((done) => setTimeout(done, 5));
  await waited();
  release();
  await waited();
  globalThis.fetch = quick;
  await training.goTo(0);
  release();
  await late;
  assert.equal(training.step, 0);
  assert.deepEqual(values(training, 'layer0 0'), [1, 2, 4]);
});

test('a link leads back to the measure, the scale and the step', async () => {
  const training = started();
  training.want({ measure: 'activation:h', scale: 'log', at: '0' });
  await training.show(model, CHOICE, listing('1'), signal);
  assert.equal(training.measure?.key, 'activation:h');
  assert.equal(training.kind, 'log');
  assert.deepEqual(values(training, 'layer1 0'), [1, 1, 1]);
  assert.deepEqual(training.state(), { measure: 'activation:h', scale: 'log', at: '0' });
  training.want({ measure: 'gone', scale: 'x', at: '77' });
  assert.equal(training.measure?.key, 'state_gradient:h');
  assert.equal(training.step, 0, 'the nearest before it');
  training.want({ measure: 'none' });
  assert.equal(training.heat, undefined);
});

test('played, it goes from the first step to the newest, and stops there', async () => {
  const training = started();
  globalThis.window = /** @type {any} */ ({ setTimeout: (/** @type {() => void} */ f) => f() });
  await training.show(model, CHOICE, listing('1'), signal);
  /** @type {number[]} */
  const seen = [];
  await new Promise((done) => {
    training.events.changed = () => {
      seen.push(training.shownStep);
      if (!training.film.playing) done(undefined);
    };
    training.film.toggle();
  });
  assert.deepEqual([...new Set(seen.slice(1))], [0, 100]);
  assert.deepEqual(training.state(), {});
});

test('statistics of no layer here say so', async () => {
  const training = started();
  logged = { elsewhere: { 0: [1] } };
  await training.show(model, CHOICE, listing('1'), signal);
  assert.deepEqual(training.steps, []);
  assert.match(training.skipped[0].reason, /no layer called elsewhere/);
});
