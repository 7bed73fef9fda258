/**
 * Where everything is: from a model and the size of the view to a scene in pixels. A scene holds
 * O(rows) numbers whatever the number of timesteps; the painter works out the cells in view.
 *
 * @import {Application, Axis, Layer, Variable} from './timeline.js'
 * @import {Columns} from './columns.js'
 * @import {Glyph} from './glyph.js'
 * @import {Link} from './links.js'
 * @import {Model} from './model.js'
 * @import {BandPlan, RowPlan} from './bands.js'
 */
import { planBands } from './bands.js';
import { columnsOf, slotOf } from './columns.js';
import { commonScale, drawGlyph } from './glyph.js';
import { planLinks } from './links.js';
import { isMatrix } from './model.js';
import { planRoutes } from './routes.js';

/**
 * @typedef {object} Row
 * @property {Layer} layer
 * @property {Application | undefined} application
 * @property {boolean} first whether this row holds the layer's kernel card
 * @property {boolean} backward
 * @property {'cells' | 'bar' | 'box'} shape one cell per timestep, all timesteps at once, outside
 * @property {number} y centre
 * @property {number} top
 * @property {number} height of a cell
 * @property {number} trunkY where the wire runs
 * @property {number} boxX left edge of a box outside time
 *
 * @typedef {object} Band
 * @property {Axis | undefined} axis
 * @property {Columns} columns
 * @property {number} x0 left edge of the first column
 * @property {number} pitch width of a column
 * @property {number} cellWidth
 * @property {number} top
 * @property {number} bottom lower edge of the columns
 * @property {number} rulerY
 * @property {Row[]} rows the lowest first
 * @property {Link[]} links
 *
 * @typedef {{points: [number, number][], from: string, to: string}} Route
 *
 * @typedef {object} Scene
 * @property {number} width
 * @property {number} height
 * @property {number} viewWidth the width that it was laid out for
 * @property {number} left width of the part that holds the kernel cards
 * @property {number} right the same on the right, for backward layers
 * @property {Band[]} bands the lowest first
 * @property {Route[]} routes lines between bands
 * @property {Map<string, Glyph>} glyphs by layer id
 * @property {{text: number, labels: number, glyph: number}} card widths of a card's parts
 */

const AXIS_STRIP = 30;
const WIRE_ROOM = 98;
const START_ROOM = 40;
const FINAL_ROOM = 128;
const BOX_WIDTH = 104;
const WIDEST_COLUMN = 240;
const OUTSIDE_ROW = 78;

/** What a band needs besides its rows. */
const ROOMY = { outputs: 42, inputs: 40, ruler: 46 };
const TIGHT = { outputs: 32, inputs: 34, ruler: 38 };

/**
 * @param {Model} model
 * @param {{width: number, height: number}} view
 * @param {number} zoom 1 = every axis fits the view
 * @returns {Scene}
 */
export function layOut(model, view, zoom) {
  const plan = planBands(model);
  const narrow = view.width < 860;
  const margins = view.height < 440 ? TIGHT : ROOMY;
  const rowHeight = chooseRowHeight(plan, view.height, margins);
  const { glyphs, widest } = layOutGlyphs(model, narrow ? 66 : 100, rowHeight - 26);
  const card = { text: narrow ? 112 : 146, labels: narrow ? 46 : 52, glyph: widest };
  const left = AXIS_STRIP + card.text + card.labels + card.glyph + WIRE_ROOM;
  const backward = plan.some((b) => b.rows.some(isBackwardRow));
  const right = backward ? card.text + card.labels + card.glyph + 40 : 0;
  const room = view.width - left - right - START_ROOM - FINAL_ROOM;

  let y = 8;
  /** @type {Band[]} */
  const bands = [];
  for (const band of plan.toReversed()) {
    const laid = layOutBand(model, band, { y, rowHeight, room, left, zoom, margins });
    bands.unshift(laid.band);
    y = laid.bottom;
  }
  placeBoxes(bands, left);
  const widestBand = Math.max(
    0,
    ...bands.map((b) => (b.axis ? b.columns.slots * b.pitch : BOX_WIDTH + START_ROOM)),
  );
  return {
    width: Math.max(view.width, left + START_ROOM + widestBand + FINAL_ROOM + right),
    height: Math.max(y + 6, 0),
    viewWidth: view.width,
    left,
    right,
    bands,
    routes: planRoutes(bands, model.timeline.connections),
    glyphs,
    card,
  };
}

/** @param {RowPlan} row */
const isBackwardRow = ({ application }) => application?.direction === 'BACKWARD';

/**
 * @param {BandPlan[]} plan
 * @param {number} height
 * @param {typeof ROOMY} margins
 */
function chooseRowHeight(plan, height, { outputs, inputs, ruler }) {
  let fixed = 14;
  let rows = 0;
  for (const band of plan) {
    if (band.axis) {
      fixed += outputs + inputs + ruler;
      rows += band.rows.length;
    } else {
      fixed += OUTSIDE_ROW * band.rows.length;
    }
  }
  return Math.min(128, Math.max(70, (height - fixed) / Math.max(1, rows)));
}

/**
 * @param {Model} model
 * @param {number} width
 * @param {number} height
 */
function layOutGlyphs(model, width, height) {
  const drawn = new Map(model.timeline.layers.map((x) => [x.id, drawnVariables(model, x.id)]));
  const recurrent = model.timeline.layers
    .filter((x) => x.kind === 'RECURRENT')
    .map((x) => drawn.get(x.id) ?? []);
  const scale = commonScale(recurrent, width, height);
  /** @type {Map<string, Glyph>} */
  const glyphs = new Map();
  let widest = 24;
  for (const [id, variables] of drawn) {
    // An embedding of a large vocabulary must not shrink every kernel to a dot.
    const own = Math.min(scale, commonScale([variables], width, height));
    const bias = (model.variablesOf.get(id) ?? []).some((v) => v.role === 'bias');
    const glyph = drawGlyph(variables, bias, own);
    glyphs.set(id, glyph);
    widest = Math.max(widest, glyph.width);
  }
  return { glyphs, widest };
}

/**
 * @param {Model} model
 * @param {string} layer
 * @returns {Variable[]}
 */
function drawnVariables(model, layer) {
  const all = model.variablesOf.get(layer) ?? [];
  const matrices = all.filter(isMatrix);
  return matrices.length > 0 ? matrices.slice(0, 4) : all.filter((v) => v.role !== 'bias');
}

/**
 * @param {Model} model
 * @param {BandPlan} plan
 * @param {{y: number, rowHeight: number, room: number, left: number, zoom: number,
 *   margins: typeof ROOMY}} at
 * @returns {{band: Band, bottom: number}}
 */
function layOutBand(model, plan, { y, rowHeight, room, left, zoom, margins }) {
  const columns = columnsOf(plan.axis);
  const fit = Math.min(WIDEST_COLUMN, Math.max(room, 60) / Math.max(1, columns.slots));
  const pitch = fit * zoom;
  const each = plan.axis ? rowHeight : OUTSIDE_ROW;
  const first = y + (plan.axis ? margins.outputs : 0);
  const height = Math.round(Math.min(60, Math.max(36, each * 0.5)));
  const rows = plan.rows.map((row, i) => {
    const top = first + (plan.rows.length - 1 - i) * each;
    const centre = Math.round(top + each / 2 - 4);
    return {
      ...row,
      backward: isBackwardRow(row),
      shape: shapeOf(plan.axis, row.layer),
      y: centre,
      top,
      height,
      trunkY: Math.round(centre + height / 2 + 13),
      boxX: 0,
    };
  });
  const rowsBottom = first + plan.rows.length * each;
  const ids = rows.map((r) => r.layer.id);
  const band = {
    axis: plan.axis,
    columns,
    x0: left + START_ROOM,
    pitch,
    cellWidth: cellWidth(pitch),
    top: y,
    bottom: rowsBottom + (plan.axis ? margins.inputs : 0),
    rulerY: rowsBottom + margins.inputs,
    rows,
    links: plan.axis ? planLinks(ids, model.timeline.connections) : [],
  };
  return { band, bottom: plan.axis ? rowsBottom + margins.inputs + margins.ruler : rowsBottom };
}

/**
 * @param {Axis | undefined} axis
 * @param {Layer} layer
 * @returns {Row['shape']}
 */
function shapeOf(axis, layer) {
  if (!axis) return 'box';
  return layer.kind === 'SEQUENCE' ? 'bar' : 'cells';
}

/** @param {number} pitch */
function cellWidth(pitch) {
  if (pitch >= 56) return Math.min(104, Math.max(34, pitch * 0.5));
  return pitch * (pitch >= 8 ? 0.66 : 0.8);
}

/**
 * What is outside time stands beside the columns, never in one: before them where the data comes
 * in first, behind them otherwise.
 *
 * @param {Band[]} bands
 * @param {number} left
 */
function placeBoxes(bands, left) {
  bands.forEach((band, i) => {
    if (band.axis) return;
    const below = bands.slice(0, i).findLast((b) => b.axis);
    const x = below ? below.x0 + below.columns.slots * below.pitch + 6 : left + START_ROOM;
    for (const row of band.rows) row.boxX = x;
  });
}

/**
 * @param {Band} band
 * @param {number} column
 * @returns {number} x of the column's centre
 */
export const columnX = (band, column) =>
  band.x0 + (slotOf(band.columns, column) + 0.5) * band.pitch;

/** @param {Row} row */
export const boxWidth = (row) => (row.shape === 'box' ? BOX_WIDTH : 0);
