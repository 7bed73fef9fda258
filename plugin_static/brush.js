/**
 * What everything is painted with, and what is the same for all that is painted.
 *
 * @import {Band, Row, Scene} from './layout.js'
 * @import {Heat} from './heat.js'
 * @import {Use} from './timeline.js'
 * @import {Model} from './model.js'
 * @import {Colours, Ramps} from './theme.js'
 * @import {Context} from './pen.js'
 */
import { EVERY, columnId, usedAt } from './columns.js';
import { mainVariable } from './model.js';

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
 * @property {Heat | undefined} heat the colours of a measure, where one is shown
 * @property {Ramps} ramps
 */

/** Narrower columns are painted as runs. */
export const LEAST_COLUMN = 4;

/**
 * How much is shown of what is written in the columns, while they come together.
 *
 * @param {Band} band
 */
export const legible = ({ columns, shown, squeezed }) => (columns.rolled ? shown : 1 - squeezed);

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
 * @param {Lit} lit
 * @param {Band} band
 * @param {Row} row
 * @param {number} column
 */
export const isChosen = ({ cell }, band, row, column) =>
  cell?.layer === row.layer.id &&
  cell.axis === band.axis?.id &&
  (cell.column === EVERY || [cell.column, EVERY].includes(columnId(band.columns, column)));

/**
 * @param {Band} band
 * @param {Use[]} uses
 * @param {number} column
 */
export const isTapped = (band, uses, column) =>
  uses.some((use) => !band.axis || use.axis === '' || usedAt(band.columns, use, column));
