/**
 * Paints the part of a scene that is in view. Its work grows with the pixels, not with the number
 * of timesteps: cells narrower than a few pixels are drawn as one run.
 *
 * @import {Band, Row, Scene} from './layout.js'
 * @import {Use} from './timeline.js'
 * @import {Model} from './model.js'
 * @import {Colours} from './theme.js'
 * @import {Context} from './pen.js'
 */
import { usedAt, visibleColumns } from './columns.js';
import { mainVariable } from './model.js';
import { paintColumns, paintRuler } from './paint_band.js';
import { paintInputs, paintLinks, paintRoutes } from './paint_links.js';
import { paintRow } from './paint_row.js';
import { paintWire } from './paint_wire.js';
import { line, write } from './pen.js';

/**
 * @typedef {{x: number, y: number, width: number, height: number}} View
 *   x, y = how far the picture is scrolled
 *
 * @typedef {object} Lit what is pointed at or chosen
 * @property {Use[]} uses of a variable
 * @property {{layer: string, axis: string, column: number} | undefined} cell
 *
 * @typedef {object} Brush
 * @property {Context} ctx
 * @property {Model} model
 * @property {Scene} scene
 * @property {Colours} colours
 * @property {Lit} lit
 *
 * @typedef {{cells: number, columns: number, runs: number,
 *   wires: {layer: string, taps: number, lit: number}[]}} Drawn what was really painted
 */

/** Narrower columns are painted as runs. */
export const LEAST_COLUMN = 4;

/**
 * @param {Brush} brush
 * @param {View} view
 * @returns {Drawn}
 */
export function paint(brush, view) {
  const { ctx, scene } = brush;
  /** @type {Drawn} */
  const drawn = { cells: 0, columns: 0, runs: 0, wires: [] };
  ctx.clearRect(0, 0, view.width, view.height);
  const tracks = { from: scene.left, to: view.width - scene.right };
  const bands = scene.bands.filter(
    (b) => b.bottom + 60 > view.y && b.top - 20 < view.y + view.height,
  );

  inTracks(ctx, view, tracks, () => {
    for (const band of bands) {
      const span = columnsInView(band, view, tracks);
      paintColumns(brush, band, span);
      paintLinks(brush, band, span);
      paintInputs(brush, band, span);
      drawn.columns += Math.max(0, span[1] - span[0] + 1);
    }
    paintRoutes(brush);
  });
  for (const band of bands) {
    const span = columnsInView(band, view, tracks);
    for (const row of band.rows) {
      if (row.trunkY + 20 < view.y || row.y - row.height - 20 > view.y + view.height) continue;
      drawn.wires.push(paintWire(brush, band, row, span, view, tracks));
      inTracks(ctx, view, tracks, () => {
        const painted = paintRow(brush, band, row, span);
        drawn.cells += painted.cells;
        drawn.runs += painted.runs;
      });
    }
  }
  for (const band of bands) {
    if (band.axis) paintRuler(brush, band, columnsInView(band, view, tracks), view, tracks);
  }
  paintLayersArrow(brush, view);
  return drawn;
}

/**
 * Draws in the scene's own coordinates, and only where the tracks are: the cards stay free.
 *
 * @param {Context} ctx
 * @param {View} view
 * @param {{from: number, to: number}} tracks
 * @param {() => void} draw
 */
export function inTracks(ctx, view, tracks, draw) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(tracks.from - 8, 0, tracks.to - tracks.from + 16, view.height);
  ctx.clip();
  ctx.translate(-view.x, -view.y);
  draw();
  ctx.restore();
}

/**
 * @param {Band} band
 * @param {View} view
 * @param {{from: number, to: number}} tracks
 */
export function columnsInView(band, view, tracks) {
  if (!band.axis) return /** @type {[number, number]} */ ([0, 0]);
  const from = view.x + tracks.from - band.x0;
  return visibleColumns(band.columns, band.pitch, from, view.x + tracks.to - band.x0);
}

/**
 * The uses that a row's wire stands for: those of the variable pointed at, where it is one of this
 * layer's; else those of the layer's kernel.
 *
 * @param {Brush} brush
 * @param {Band} band
 * @param {Row} row
 * @returns {{uses: Use[], lit: boolean}}
 */
export function wireUses({ model, lit }, band, row) {
  const id = row.layer.id;
  const axis = band.axis?.id ?? '';
  // One operation for the whole axis reads its weights once, outside time.
  const here = (/** @type {Use} */ u) =>
    u.layer === id && (!band.axis || u.axis === axis || u.axis === '');
  const litHere = lit.uses.filter(here);
  if (litHere.length > 0) return { uses: litHere, lit: true };
  return { uses: (mainVariable(model, id)?.uses ?? []).filter(here), lit: false };
}

/**
 * @param {Band} band
 * @param {Use[]} uses
 * @param {number} column
 */
export const isTapped = (band, uses, column) =>
  uses.some((use) => !band.axis || use.axis === '' || usedAt(band.columns, use, column));

/**
 * @param {Brush} brush
 * @param {View} view
 */
function paintLayersArrow({ ctx, scene, colours }, view) {
  const rows = scene.bands.flatMap((b) => b.rows);
  if (rows.length < 2) return;
  const low = Math.min(view.height - 16, Math.max(...rows.map((r) => r.y)) + 20 - view.y);
  const high = Math.max(16, Math.min(...rows.map((r) => r.y)) - 20 - view.y);
  if (low - high < 60) return;
  line(
    ctx,
    [
      [20, low],
      [20, high],
    ],
    { colour: colours.soft, width: 1.3, arrow: true },
  );
  ctx.save();
  ctx.translate(14, (low + high) / 2 + 18);
  ctx.rotate(-Math.PI / 2);
  write(ctx, 'layers', 0, 0, { colour: colours.soft, size: 12.5 });
  ctx.restore();
}
