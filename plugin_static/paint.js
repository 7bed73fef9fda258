/**
 * Paints the part of a scene that is in view. Its work grows with the pixels, not with the number
 * of timesteps: cells narrower than a few pixels are drawn as one run.
 *
 * @import {Brush, View} from './brush.js'
 * @import {Band, Scene} from './layout.js'
 */
import { inTracks } from './brush.js';
import { visibleColumns } from './columns.js';
import { paintColumns, paintRepetition, paintRepetitionWords, paintRuler } from './paint_band.js';
import { paintBus, paintInputs, paintLinks, paintRoutes } from './paint_links.js';
import { closed, paintRow } from './paint_row.js';
import { paintWire } from './paint_wire.js';
import { line, write } from './pen.js';

/**
 * @typedef {{cells: number, columns: number, runs: number,
 *   wires: {layer: string, taps: number, lit: number}[]}} Drawn what was really painted
 */

/**
 * @param {Brush} whole
 * @param {View} shown
 * @returns {Drawn}
 */
export function paint(whole, shown) {
  // A canvas counts in single precision: far to the right, only differences are exact enough.
  const brush = { ...whole, scene: shifted(whole.scene, shown.x) };
  const view = { ...shown, x: 0 };
  const { ctx, scene } = brush;
  /** @type {Drawn} */
  const drawn = { cells: 0, columns: 0, runs: 0, wires: [] };
  ctx.clearRect(0, 0, view.width, view.height);
  const tracks = { from: scene.left, to: view.width - scene.right };
  const bands = scene.bands.filter(
    (b) => b.bottom + 60 > view.y && b.top - b.header - 20 < view.y + view.height,
  );

  const inScene = { from: view.x + tracks.from, to: view.x + tracks.to };
  inTracks(ctx, view, tracks, () => {
    for (const band of bands) {
      const span = columnsInView(band, view, tracks);
      paintColumns(brush, band, span);
      paintRepetition(brush, band);
      paintLinks(brush, band, span);
      paintBus(brush, band, span);
      drawn.columns += Math.max(0, span[1] - span[0] + 1);
    }
    paintRoutes(brush, inScene);
    for (const band of bands) paintInputs(brush, band, columnsInView(band, view, tracks));
    for (const band of bands) paintRepetitionWords(brush, band, inScene);
  });
  for (const band of bands) {
    const span = columnsInView(band, view, tracks);
    for (const row of band.rows) {
      if (row.trunkY + 20 < view.y || row.y - row.height - 20 > view.y + view.height) continue;
      drawn.wires.push(paintWire(brush, closed(band, row), row, span, view, tracks));
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
 * @param {Scene} scene
 * @param {number} x how far it is scrolled
 * @returns {Scene} in pixels from the left edge of the view
 */
const shifted = (scene, x) => ({
  ...scene,
  bands: scene.bands.map((band) => ({
    ...band,
    x0: band.x0 - x,
    rows: band.rows.map((row) => ({ ...row, boxX: row.boxX - x })),
  })),
  routes: scene.routes.map((route) => ({
    ...route,
    points: route.points.map(([px, py]) => [px - x, py]),
    label: route.label && { ...route.label, x: route.label.x - x },
  })),
});

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
