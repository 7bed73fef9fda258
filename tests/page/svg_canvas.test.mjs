import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOut } from '../../plugin_static/layout.js';
import { paint } from '../../plugin_static/paint.js';
import { line, rectangle, symbol, write } from '../../plugin_static/pen.js';
import { SvgCanvas, escaped } from '../../plugin_static/svg_canvas.js';
import { modelOf, starting } from './samples.mjs';

const page = { width: 100, height: 50, ground: '#fff', title: 'a <title>', more: '' };

/**
 * @param {(ctx: CanvasRenderingContext2D) => void} draw
 * @returns {string[]} what was drawn, an element a line
 */
function drawn(draw) {
  const canvas = new SvgCanvas((_, text) => ({ width: text.length * 6 }));
  draw(/** @type {CanvasRenderingContext2D} */ (/** @type {unknown} */ (canvas)));
  return canvas.parts;
}

test('a line that turns is rounded off at its corner, the right way round', () => {
  const style = { colour: 'red', width: 2 };
  // To the right, then down: clockwise, as the y axis points down.
  const [down] = drawn((ctx) => line(ctx, [[0, 0], [40, 0], [40, 40]], style)); // prettier-ignore
  assert.equal(
    down,
    '<path d="M0 0L33 0A7 7 0 0 1 40 7L40 40" fill="none" stroke="red" stroke-width="2"/>',
  );
  const [up] = drawn((ctx) => line(ctx, [[0, 0], [40, 0], [40, -40]], style)); // prettier-ignore
  assert.match(up, /A7 7 0 0 0 40 -7L40 -40/);
  const [straight] = drawn((ctx) => line(ctx, [[0, 0], [9, 0], [40, 0]], style)); // prettier-ignore
  assert.match(straight, /d="M0 0L9 0L40 0"/);
});

test('boxes are rounded, filled and dashed', () => {
  const parts = drawn((ctx) =>
    rectangle(
      ctx,
      { x: 1, y: 2, width: 10, height: 20 },
      { fill: '#123', stroke: '#456', radius: 3, dash: [4, 2] },
    ),
  );
  const d = 'M4 2h4a3 3 0 0 1 3 3v14a3 3 0 0 1 -3 3h-4a3 3 0 0 1 -3 -3v-14a3 3 0 0 1 3 -3Z';
  assert.deepEqual(parts, [
    `<path d="${d}" fill="#123"/>`,
    `<path d="${d}" fill="none" stroke="#456" stroke-width="1.3" stroke-dasharray="4 2"/>`,
  ]);
});

test('text stays text, whatever it says', () => {
  const style = { colour: '#000', size: 14, align: /** @type {const} */ ('center'), italic: true };
  assert.deepEqual(
    drawn((ctx) => write(ctx, '</text><script>"&\u0000\ud800', 5, 6, style)),
    [
      '<text x="5" y="6" fill="#000" font-size="14" font-style="italic" text-anchor="middle">' +
        '&lt;/text&gt;&lt;script&gt;&quot;&amp;\ufffd\ufffd</text>',
    ],
  );
  assert.equal(escaped('ü 字 \u{1f600}'), 'ü 字 \u{1f600}');
});

test('an index stands below the line', () => {
  const parts = drawn((ctx) =>
    symbol(ctx, { base: 'h', below: '1' }, 50, 20, { colour: 'k', size: 20 }),
  );
  assert.equal(parts.length, 2);
  assert.match(parts[0], /y="25.2".*>1</);
  assert.match(parts[1], /y="20".*>h</);
});

test('what is moved, turned, clipped and faint goes back to what it was', () => {
  const canvas = new SvgCanvas(() => ({ width: 0 }));
  canvas.save();
  canvas.rect(0, 0, 9, 9);
  canvas.clip();
  canvas.translate(10, 20);
  canvas.rotate(Math.PI / 2);
  canvas.globalAlpha = 0.5;
  canvas.fillRect(1, 2, 3, 4);
  canvas.restore();
  canvas.fillRect(1, 2, 3, 4);
  const rect = 'd="M1 2h3v4h-3Z" fill="#000"';
  assert.deepEqual(canvas.parts, [
    '<clipPath id="rnnview-clip-1"><path d="M0 0h9v9h-9Z"/></clipPath>',
    '<g clip-path="url(#rnnview-clip-1)">',
    `<path ${rect} transform="matrix(0 1 -1 0 10 20)" opacity="0.5"/>`,
    '</g>',
    `<path ${rect}/>`,
  ]);
});

test('the whole picture of the starting program is one well-formed document', () => {
  const model = modelOf(starting());
  const scene = layOut(model, { width: 986, height: 340 }, 1);
  const canvas = new SvgCanvas((_, text) => ({ width: text.length * 6 }));
  const ctx = /** @type {CanvasRenderingContext2D} */ (/** @type {unknown} */ (canvas));
  const colours = /** @type {import('../../plugin_static/theme.js').Colours} */ (
    new Proxy({}, { get: () => '#777' })
  );
  const lit = { uses: [], cell: undefined };
  const brush = { ctx, model, scene, colours, lit, heat: undefined, ramps: { heat: [], vote: [] } };
  paint(brush, { x: 0, y: 0, width: 986, height: scene.height });
  const text = canvas.picture(page);
  /** @type {string[]} */
  const open = [];
  for (const [, end, name, own] of text.matchAll(/<(\/?)([\w]+)[^>]*?(\/?)>/g)) {
    if (own) continue;
    if (end) assert.equal(open.pop(), name);
    else open.push(name);
  }
  assert.deepEqual(open, []);
  assert.ok(!/NaN|undefined/.test(text));
  for (const word of ['timestep 0', 'timestep 2', 'final state', '[batch, 100]']) {
    assert.ok(text.includes(`>${word}</text>`), word);
  }
  assert.ok(text.includes('<title>a &lt;title&gt;</title>'));
});
