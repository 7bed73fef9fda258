import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { rampOf } from '../../plugin_static/heat.js';

const css = await readFile(new URL('../../plugin_static/page.css', import.meta.url), 'utf8');

/** @param {string} selector */
function colours(selector) {
  const start = css.indexOf(`${selector} {`);
  const block = css.slice(start, css.indexOf('}', start));
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map((m) => [m[1], m[2]]),
  );
}

/** @param {string} colour WCAG 2.1, relative luminance */
function luminance(colour) {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(colour.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * @param {string} a
 * @param {string} b
 */
function contrast(a, b) {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const TEXT = [
  ['ink', ['bg', 'panel', 'grid', 'cell', 'lit', 'over']],
  ['soft', ['bg', 'panel', 'grid', 'lit']],
  ['wire', ['bg']],
  ['wire-back', ['bg']],
  ['warn', ['warn-bg', 'bg']],
  ['error', ['error-bg']],
];
const LINES = [
  ['edge', ['bg', 'grid', 'cell']],
  ['input', ['bg', 'grid']],
  ['wire', ['bg', 'grid', 'cell']],
  ['wire-quiet', ['bg', 'grid', 'cell']],
  ['wire-back', ['bg', 'grid', 'cell']],
  ['wire-back-quiet', ['bg', 'grid', 'cell']],
  ['bias', ['bg']],
  ['hidden-edge', ['bg']],
  ['other', ['bg', 'panel']],
  ['focus', ['bg', 'panel', 'grid']],
];

for (const theme of [':root', ":root[data-theme='dark']"]) {
  const all = colours(theme);
  for (const [pairs, least] of /** @type {const} */ ([
    [TEXT, 4.5],
    [LINES, 3],
  ])) {
    for (const [front, grounds] of pairs) {
      for (const ground of grounds) {
        test(`${theme}: ${front} on ${ground} reaches ${least}`, () => {
          const ratio = contrast(all[String(front)], all[ground]);
          assert.ok(ratio >= least, `${ratio.toFixed(2)}`);
        });
      }
    }
  }
}

for (const theme of [':root', ":root[data-theme='dark']"]) {
  const all = colours(theme);
  for (const name of ['heat', 'vote']) {
    const stops = [0, 1, 2, 3, 4].map((i) => all[`${name}-${i}`]);
    const shades = rampOf(stops).map(({ fill, dark }) => {
      const parts = (fill.match(/\d+/g) ?? []).map((x) => Number(x).toString(16).padStart(2, '0'));
      return { colour: `#${parts.join('')}`, dark };
    });
    test(`${theme}: what is written on any shade of ${name} reaches 4.5`, () => {
      for (const { colour, dark } of shades) {
        assert.ok(contrast(colour, dark ? '#ffffff' : '#000000') >= 4.5, colour);
      }
    });
    // Brightness alone tells the shades apart, for whoever sees no colours.
    test(`${theme}: the shades of ${name} get brighter or darker all the way`, () => {
      const halves =
        name === 'vote' ? [shades.slice(0, 128).reverse(), shades.slice(128)] : [shades];
      for (const half of halves) {
        const bright = half.map(({ colour }) => luminance(colour));
        const way = Math.sign(bright[bright.length - 1] - bright[0]);
        for (const [i, value] of bright.entries()) {
          assert.ok(i === 0 || (value - bright[i - 1]) * way >= -1e-3, half[i].colour);
        }
        assert.ok(contrast(half[0].colour, half[half.length - 1].colour) > 4.5);
      }
    });
  }
}
