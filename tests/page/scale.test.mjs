import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHART, infinities, linePath } from '../../plugin_static/curves.js';
import {
  placeOn,
  scaleAround,
  scaleOver,
  scaleWords,
  significant,
} from '../../plugin_static/scale.js';

/** @param {[number, number, number][]} all least, least above 0, greatest */
const extremes = (...all) =>
  all.map(([least, leastAbove, greatest]) => ({ least, leastAbove, greatest }));

test('a linear scale starts at 0 and holds every training step', () => {
  const scale = scaleOver('activation', 'linear', extremes([0.1, 0.1, 2], [0.2, 0.2, 4]));
  assert.deepEqual(
    [0, 1, 4, 9].map((x) => placeOn(scale, x)),
    [0, 0.25, 1, 1],
  );
  assert.deepEqual(scaleWords(scale), ['0', '2', '4']);
});

test('a log scale goes from one power of ten to another', () => {
  const scale = scaleOver('state_gradient', 'log', extremes([2e-4, 2e-4, 0.5]));
  assert.deepEqual(scaleWords(scale), ['1e−4', '0.01', '1']);
  assert.ok(Math.abs(placeOn(scale, 1e-2) - 0.5) < 1e-9);
  assert.equal(placeOn(scale, 0), 0);
});

test('what vanished farther than a million times below the usual is no longer told apart', () => {
  const scale = scaleOver('state_gradient', 'log', extremes([0, 1e-38, 1], [0, 1e-30, 0.9]));
  assert.deepEqual(scaleWords(scale), ['≤ 1e−6', '0.001', '1']);
  assert.equal(placeOn(scale, 1e-20), 0);
});

test('what explodes at one training step does not hide the others', () => {
  const usual = /** @type {[number, number, number]} */ ([1e-3, 1e-3, 1]);
  const scale = scaleOver('state_gradient', 'log', extremes(usual, usual, [1, 1, 1e30]));
  assert.ok(placeOn(scale, 1) > placeOn(scale, 1e-2));
  assert.equal(placeOn(scale, 1e30), 1);
});

test('votes have a middle, whatever their sign', () => {
  const scale = scaleOver('vote', 'linear', extremes([-0.2, 0.1, 0.8]));
  assert.deepEqual(
    [-0.8, -0.4, 0, 0.4, 0.8].map((x) => placeOn(scale, x)),
    [0, 0.25, 0.5, 0.75, 1],
  );
  assert.deepEqual(scaleWords(scale), ['−0.8', '0', '0.8']);
  const log = scaleOver('vote', 'log', extremes([-0.2, 0.1, 0.8]));
  assert.equal(placeOn(log, 1e-9), 0.5);
  assert.ok(placeOn(log, -0.08) < 0.25, 'one of four decades below the end');
  assert.equal(placeOn(log, -0.8), 0);
});

test('parts of a whole have the whole as their end', () => {
  assert.equal(scaleOver('live', 'linear', extremes([0.5, 0.5, 0.6])).high, 1);
  assert.equal(scaleOver('saturation', 'linear', extremes([0, NaN, 0])).high, 1);
});

test('without a number there is a scale all the same', () => {
  for (const kind of /** @type {const} */ (['linear', 'log'])) {
    for (const values of [[], extremes([NaN, NaN, NaN]), extremes([0, NaN, 0])]) {
      for (const measure of ['vote', 'activation', 'live']) {
        const place = placeOn(scaleOver(measure, kind, values), 0.1);
        assert.ok(place >= 0 && place <= 1, `${kind} ${measure}`);
      }
    }
  }
  const place = placeOn(scaleAround([NaN, Infinity, 0]), 0.1);
  assert.ok(place >= 0 && place <= 1);
});

test('a line of its own has a scale as narrow as its values, and of the kind that suits', () => {
  const wide = scaleAround([0.5, 0.004, NaN, Infinity]);
  assert.deepEqual(scaleWords(wide).filter(Boolean), ['0.004', '0.5']);
  assert.equal(wide.kind, 'log');
  assert.deepEqual(scaleWords(scaleAround([0.5, 0.4])), ['0', '0.25', '0.5']);
  const vanishing = scaleAround([1, 1, 1, 1e-20]);
  assert.deepEqual(scaleWords(vanishing)[0], '≤ 1e−6');
});

test('measured numbers have three digits', () => {
  assert.deepEqual([0, 0.5, 0.012345, 12_345, -3, 1 / 3].map(significant), [
    '0',
    '0.5',
    '0.0123',
    '12,300',
    '−3',
    '0.333',
  ]);
  assert.deepEqual([4.5678e-7, 1e-4, -1.234e12, 1e5].map(significant), [
    '4.57e−7',
    '1e−4',
    '−1.23e12',
    '1e5',
  ]);
  assert.deepEqual([NaN, Infinity, -Infinity].map(significant), ['NaN', '∞', '−∞']);
});

test('a curve is broken where there is no number, and a lone point is a dot', () => {
  const scale = scaleOver('activation', 'linear', extremes([0, 1, 1]));
  const top = CHART.margin.toFixed(1);
  const foot = (CHART.height - CHART.margin).toFixed(1);
  const points = [0, 1, NaN, 1, Infinity, 0].map((value, x) => ({ x, value }));
  assert.equal(linePath(points, scale), `M0.0 ${foot}L1.0 ${top}M3.0 ${top}h0M5.0 ${foot}h0`);
  assert.deepEqual(infinities(points), [4]);
});
