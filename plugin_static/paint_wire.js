/**
 * The one wire from a layer's kernel, with a tap for every timestep that reads it.
 *
 * @import {Band, Row} from './layout.js'
 * @import {Brush, View} from './brush.js'
 * @import {Colours} from './theme.js'
 */

import { EVERY, columnX } from './columns.js';
import { BAR_HALF } from './layout.js';
import { LEAST_COLUMN, inTracks, isTapped, wireUses } from './brush.js';
import { line, strokes } from './pen.js';

/** Where a wire taps a box: beside the line of data that goes into it. */
const BOX_TAP = 30;

/**
 * A backward layer's wire has another colour: its weights are not those of its partner.
 *
 * @param {Colours} colours
 * @param {Row} row
 */
export const wireColours = (colours, row) =>
  row.backward
    ? { lit: colours['wire-back'], quiet: colours['wire-back-quiet'] }
    : { lit: colours.wire, quiet: colours['wire-quiet'] };

/**
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @param {[number, number]} span columns in view
 * @param {View} view
 * @param {{from: number, to: number}} tracks
 * @returns {{layer: string, taps: number, lit: number}} taps painted, and those of them lit
 */
export function paintWire(brush, band, row, span, view, tracks) {
  const { ctx, scene, colours } = brush;
  const { uses, lit } = wireUses(brush, band, row);
  const result = { layer: row.layer.id, taps: 0, lit: 0 };
  if (uses.length === 0) return result;
  const both = wireColours(colours, row);
  const style = { colour: lit ? both.lit : both.quiet, width: lit ? 3 : 2 };

  const places = tapPlaces(band, row, span).filter((p) => isTapped(band, uses, p.column));
  inTracks(ctx, view, tracks, () => {
    const foot = row.shape === 'bar' ? row.y + row.height * BAR_HALF : row.y + row.height / 2;
    const width = band.pitch < 8 ? style.width * 0.6 : style.width;
    const taps = places.map(({ x }) => /** @type {const} */ ([x, row.trunkY, x, foot]));
    strokes(ctx, taps, { ...style, width });
    const dotted = band.pitch >= 20 || !band.axis ? places : [];
    for (const { x } of dotted) dot(ctx, x, row.trunkY, lit ? 3.8 : 3, style.colour);
    result.taps = places.length;
    result.lit = lit ? places.length : 0;
  });

  // The trunk reaches from the card, which does not scroll, to the farthest tap.
  const xs = reach(band, row, uses).map((x) => x - view.x);
  const y = row.trunkY - view.y;
  const cardY = row.y - view.y;
  const card = scene.card;
  if (row.backward) {
    const from = view.width - scene.right - 16;
    const to = Math.max(tracks.from - 8, Math.min(...xs));
    line(
      ctx,
      [
        [from + 22, cardY],
        [from + 4, cardY],
        [from + 4, y],
        [to, y],
      ],
      style,
    );
  } else {
    const glyph = scene.kernels.glyphs.get(row.layer.id);
    const edge = 30 + card.text + card.labels + (glyph?.width ?? 0);
    const to = Math.min(tracks.to + 8, Math.max(...xs));
    const { bend } = scene;
    if (row.first) {
      line(
        ctx,
        [
          [edge + 5, cardY],
          [bend, cardY],
          [bend, y],
          [to, y],
        ],
        style,
      );
    } else {
      const home = homeRow(brush, row);
      // Clear of the wire's words, and of where a state starts.
      const spine = scene.left;
      line(
        ctx,
        [
          [spine, (home?.trunkY ?? row.trunkY) - view.y],
          [spine, y],
          [to, y],
        ],
        style,
      );
    }
  }
  return result;
}

/**
 * A tap keeps clear of the data that comes in at the middle of a cell.
 *
 * @param {Band} band
 */
function tapInset({ cellWidth }) {
  if (cellWidth >= 20) return 10 - cellWidth / 2;
  return cellWidth >= 9 ? 3 - cellWidth / 2 : 0;
}

/**
 * Where a wire taps: under each cell; under a run, every few timesteps.
 *
 * @param {Band} band
 * @param {Row} row
 * @param {[number, number]} span
 * @returns {{column: number, x: number}[]}
 */
function tapPlaces(band, row, [first, last]) {
  if (row.shape === 'box') return [{ column: 0, x: row.boxX + BOX_TAP }];
  if (row.shape === 'bar') {
    const column = row.rolled > 0 ? EVERY : 0;
    return [{ column, x: columnX(band, 0) - band.cellWidth / 2 + 10 }];
  }
  const inset = tapInset(band);
  const every = Math.max(1, Math.ceil(LEAST_COLUMN / band.pitch));
  const places = [];
  for (let i = Math.ceil(first / every) * every; i <= last; i += every) {
    places.push({ column: i, x: columnX(band, i) + inset });
  }
  return places;
}

/**
 * @param {Band} band
 * @param {Row} row
 * @param {import('./timeline.js').Use[]} uses
 * @returns {number[]} x of the first and the last tap, in view or not
 */
function reach(band, row, uses) {
  if (row.shape === 'box') return [row.boxX + BOX_TAP];
  if (row.shape === 'bar') return tapPlaces(band, row, [0, 0]).map((p) => p.x);
  const last = band.columns.count - 1;
  const inset = tapInset(band);
  return uses.flatMap((u) => [
    columnX(band, Math.min(u.start, last)) + inset,
    columnX(band, u.stop === undefined ? last : Math.max(0, Math.min(u.stop - 1, last))) + inset,
  ]);
}

/**
 * @param {Brush} brush
 * @param {Row} row
 */
const homeRow = ({ scene }, row) =>
  scene.bands.flatMap((b) => b.rows).find((r) => r.first && r.layer.id === row.layer.id);

/**
 * @param {import('./pen.js').Context} ctx
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {string} colour
 */
function dot(ctx, x, y, radius, colour) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fillStyle = colour;
  ctx.fill();
}
