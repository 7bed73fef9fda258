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
import { sharedWords } from './shared.js';
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
 * @property {number} foot lower edge of all that belongs to the band
 * @property {Row[]} rows the lowest first
 * @property {Link[]} links
 *
 * @typedef {{points: [number, number][], from: string, to: string}} Route
 *
 * @typedef {object} Scene
 * @property {number} width
 * @property {number} height
 * @property {number} least height that shows all of it, drawn as low as it can be
 * @property {number} viewWidth the width that it was laid out for
 * @property {number} left width of the part that holds the kernel cards
 * @property {number} right the same on the right, for backward layers
 * @property {Band[]} bands the lowest first
 * @property {Route[]} routes lines between bands
 * @property {Map<string, Glyph>} glyphs by layer id
 * @property {{text: number, labels: number, glyph: number}} card widths of a card's parts
 * @property {boolean} crowded
 */

const AXIS_STRIP = 30;
const START_ROOM = 46;
/** The wire's way from the card to the columns has its words above it. */
const LEAST_WIRE_ROOM = 92;
const WORDS_ROOM = 18;
const LETTER = 7.4;
const BAND_GAP = 16;
const FINAL_ROOM = 128;
const BOX_WIDTH = 104;
const LEAST_ROW = 70;
const OUTSIDE_ROW = 60;

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
  const backward = plan.some((b) => b.rows.some(isBackwardRow));
  const narrow = view.width < (backward ? 1240 : 860);
  const crowded = backward && view.width < 860;
  const margins = view.height < leastHeight(plan) + 60 ? TIGHT : ROOMY;
  const rowHeight = chooseRowHeight(plan, view.height, margins);
  const { glyphs, widest } = layOutGlyphs(model, crowded ? 44 : narrow ? 66 : 100, rowHeight - 28);
  // Cards on both sides leave little for the columns between them.
  const text = crowded ? 86 : narrow ? 112 : 146;
  const card = { text, labels: narrow ? 50 : 54, glyph: widest };
  const words = longestWords(model, plan) * LETTER;
  const wires = Math.max(LEAST_WIRE_ROOM, words + WORDS_ROOM);
  const left = AXIS_STRIP + card.text + card.labels + card.glyph + wires;
  const ends = backward ? Math.max(FINAL_ROOM, words + 48) : FINAL_ROOM;
  // Where room is short, the rows are counted on the forward layer's card only.
  const right = backward ? card.text + (crowded ? 8 : card.labels) + card.glyph + 16 : 0;
  const room = view.width - left - right - START_ROOM - ends;

  let y = 8;
  /** @type {Band[]} */
  const bands = [];
  for (const band of plan.toReversed()) {
    const laid = layOutBand(model, band, { y, rowHeight, room, left, zoom, margins });
    bands.unshift(laid.band);
    y = laid.bottom + (plan.length > 1 ? BAND_GAP : 0);
  }
  placeBoxes(bands, left);
  const widestBand = Math.max(
    0,
    ...bands.map((b) => (b.axis ? b.columns.slots * b.pitch : BOX_WIDTH + START_ROOM)),
  );
  return {
    width: Math.max(view.width, left + START_ROOM + widestBand + ends + right),
    height: y + 6,
    least: leastHeight(plan),
    viewWidth: view.width,
    left,
    right,
    bands,
    routes: planRoutes(bands, model.timeline.connections),
    glyphs,
    card,
    crowded,
  };
}

/**
 * @param {Model} model
 * @param {BandPlan[]} plan
 */
function longestWords(model, plan) {
  const words = plan.flatMap(({ axis, rows }) =>
    rows.map((row) => sharedWords(model, axis, row.layer)),
  );
  return Math.max(0, ...words.map((w) => w.length));
}

/** @param {RowPlan} row */
const isBackwardRow = ({ application }) => application?.direction === 'BACKWARD';

/** @param {BandPlan[]} plan */
function leastHeight(plan) {
  let height = 14 + (plan.length > 1 ? BAND_GAP * plan.length : 0);
  for (const { axis, rows } of plan) {
    height += rows.length * (axis ? LEAST_ROW : OUTSIDE_ROW);
    if (axis) height += TIGHT.outputs + TIGHT.inputs + TIGHT.ruler;
  }
  return height;
}

/**
 * @param {BandPlan[]} plan
 * @param {number} height
 * @param {typeof ROOMY} margins
 */
function chooseRowHeight(plan, height, { outputs, inputs, ruler }) {
  let fixed = 14 + (plan.length > 1 ? BAND_GAP * plan.length : 0);
  let rows = 0;
  for (const band of plan) {
    if (band.axis) {
      fixed += outputs + inputs + ruler;
      rows += band.rows.length;
    } else {
      fixed += OUTSIDE_ROW * band.rows.length;
    }
  }
  return Math.min(
    height > 800 ? 160 : 128,
    Math.max(LEAST_ROW, (height - fixed) / Math.max(1, rows)),
  );
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
  // The gates' letters stand above their matrix.
  const gated = recurrent.flat().some((v) => v.blocks.some((b) => b.dimension > 0));
  const scale = commonScale(recurrent, width, height - (gated ? 8 : 0));
  /** @type {Map<string, Glyph>} */
  const glyphs = new Map();
  let widest = 24;
  for (const [id, variables] of drawn) {
    // An embedding of a large vocabulary must not shrink every kernel to a dot.
    const inTime = model.layers.get(id)?.applications.some((a) => model.axes.has(a.axis));
    const most = inTime ? height : Math.min(height, OUTSIDE_ROW - 24);
    const own = Math.min(scale, commonScale([variables], width, most));
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
  const fit = Math.min(widestColumn(room), Math.max(room, 60) / Math.max(1, columns.slots));
  const pitch = fit * zoom;
  const each = plan.axis ? rowHeight : OUTSIDE_ROW;
  const first = y + (plan.axis ? margins.outputs : 0);
  const height = 2 * Math.round(Math.min(74, Math.max(36, each * 0.48)) / 2);
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
  const foot = rowsBottom + (plan.axis ? margins.inputs + margins.ruler : 0);
  const band = {
    axis: plan.axis,
    foot,
    columns,
    x0: Math.round(left) + START_ROOM,
    pitch,
    cellWidth: cellWidth(pitch, columns.known ? 34 : 46),
    top: y,
    bottom: rowsBottom + (plan.axis ? margins.inputs : 0),
    rulerY: rowsBottom + margins.inputs,
    rows,
    links: plan.axis ? planLinks(ids, model.timeline.connections) : [],
  };
  return { band, bottom: foot };
}

/**
 * A few timesteps fill a large screen without being torn apart.
 *
 * @param {number} room
 */
const widestColumn = (room) => Math.min(360, Math.max(240, room / 5));

/**
 * @param {Axis | undefined} axis
 * @param {Layer} layer
 * @returns {Row['shape']}
 */
function shapeOf(axis, layer) {
  if (!axis) return 'box';
  return layer.kind === 'SEQUENCE' ? 'bar' : 'cells';
}

/**
 * @param {number} pitch
 * @param {number} least what the names in the cells need
 */
function cellWidth(pitch, least) {
  if (pitch >= 56) return 2 * Math.round(Math.min(128, Math.max(least, pitch * 0.5)) / 2);
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
 * @returns {number} x of the column's centre, on a whole pixel where that makes lines sharper
 */
export function columnX(band, column) {
  const x = band.x0 + (slotOf(band.columns, column) + 0.5) * band.pitch;
  return band.pitch >= 8 ? Math.round(x) : x;
}

/** @param {Row} row */
export const boxWidth = (row) => (row.shape === 'box' ? BOX_WIDTH : 0);
