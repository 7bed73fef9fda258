/**
 * Where everything is: from a model and the size of the view to a scene in pixels. A scene holds
 * O(rows) numbers whatever the number of timesteps; the painter works out the cells in view.
 *
 * @import {Application, Axis, Layer} from './timeline.js'
 * @import {Columns} from './columns.js'
 * @import {BandNeeds, Heights} from './heights.js'
 * @import {Kernels} from './kernels.js'
 * @import {Link} from './links.js'
 * @import {Model} from './model.js'
 * @import {Route} from './routes.js'
 */
import { columnsOf } from './columns.js';
import { groundOf, isBackwardRow } from './ground.js';
import { planRoutes } from './routes.js';
import { TOGETHER, spread } from './spread.js';

/**
 * @typedef {object} Row
 * @property {Layer} layer
 * @property {Application | undefined} application
 * @property {boolean} first whether this row holds the layer's kernel card
 * @property {boolean} backward
 * @property {'cells' | 'bar' | 'box'} shape one cell per timestep, one for all of them, outside
 * @property {number} rolled how far its own cells have become one, from 0 to 1
 * @property {number} y centre
 * @property {number} top
 * @property {number} room from its upper edge to that of what is below
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
 * @property {number} near from 0 = cells with their states to 1 = the inside of a cell
 * @property {number} pad what their ground has around them, when they come together
 * @property {number} squeezed how far the columns have come together, 0 to 1
 * @property {number} shown of what is written in the one column that they become, 0 to 1
 * @property {number} top upper edge of the columns
 * @property {number} header height of what is written above the columns
 * @property {number} bottom lower edge of the columns
 * @property {number} inputY where the inputs' names are
 * @property {number} rulerY
 * @property {number} foot lower edge of all that belongs to the band
 * @property {Row[]} rows the lowest first
 * @property {Link[]} links
 *
 * @typedef {object} Scene
 * @property {number} width
 * @property {number} height
 * @property {number} least height that shows all of it, drawn as low as it can be
 * @property {number} viewWidth the width that it was laid out for
 * @property {number} closest the zoom beyond which nothing more is to be seen
 * @property {number} left width of the part that holds the kernel cards
 * @property {number} right the same on the right, for backward layers
 * @property {Band[]} bands the lowest first
 * @property {Route[]} routes lines between bands
 * @property {Kernels} kernels
 * @property {{text: number, labels: number, glyph: number}} card widths of a card's parts
 * @property {number} bend x at which the wires turn down
 * @property {boolean} narrow
 * @property {boolean} crowded even narrower
 */

const START_ROOM = 46;
const BOX_WIDTH = 104;
/** A row whose cells can be looked into. */
const NEAR_ROW = { least: 236, most: 380, besides: 64 };
/** A bar is lower than a cell: half of it is this part of a cell's height. */
export const BAR_HALF = 0.35;

/**
 * @typedef {{all: number, layers: Map<string, number>}} Rolled how far all columns have been rolled
 *   up, and the cells of some layers by themselves: 0 = not at all, 1 = into one
 */

/** @type {Rolled} */
const UNROLLED = { all: 0, layers: new Map() };

/**
 * @param {Model} model
 * @param {{width: number, height: number}} view
 * @param {number} zoom 1 = every axis fits the view
 * @param {Rolled} [rolled]
 * @returns {Scene}
 */
export function layOut(model, view, zoom, rolled = UNROLLED) {
  const ground = groundOf(model, view);
  const { plan, feeds, heights, left, right, ends } = ground;
  const tracks = view.width - left - right;
  const widths = { room: tracks - START_ROOM - ends, tracks };

  let y = 8;
  /** @type {Band[]} */
  const bands = [];
  let closest = 1;
  for (const band of plan.toReversed()) {
    const columns = columnsOf(model.axes, band.axis);
    const { closest: most, inset, ...across } = spread(columns, widths, zoom, rolled.all);
    if (band.axis) closest = Math.max(closest, most);
    const nearRow = Math.min(NEAR_ROW.most, view.height - NEAR_ROW.besides);
    const down = { y, heights, nearRow: Math.max(NEAR_ROW.least, nearRow) };
    const x0 = Math.round(left) + START_ROOM + inset;
    const laid = layOutBand(band, { ...across, x0, pad: inset * 0.91 }, down, rolled);
    bands.unshift(laid);
    y = laid.foot + heights.gap;
  }
  placeBoxes(bands, left);
  const widestBand = Math.max(
    0,
    ...bands.map((b) => (b.axis ? b.columns.slots * b.pitch : BOX_WIDTH + START_ROOM)),
  );
  return {
    width: Math.max(view.width, left + START_ROOM + widestBand + ends + right),
    height: y + 6,
    least: heights.least,
    viewWidth: view.width,
    closest,
    left,
    right,
    bands,
    routes: planRoutes(model, bands, feeds),
    kernels: ground.kernels,
    card: ground.card,
    bend: ground.bend,
    narrow: ground.narrow,
    crowded: ground.crowded,
  };
}

/**
 * @param {BandNeeds & {links: Link[]}} plan
 * @param {Pick<Band, 'columns' | 'x0' | 'pad' | 'pitch' | 'cellWidth' | 'near' | 'squeezed' |
 *   'shown'>} across
 * @param {{y: number, heights: Heights, nearRow: number}} down
 * @param {Rolled} rolls
 * @returns {Band}
 */
function layOutBand(plan, across, { y, heights, nearRow }, rolls) {
  const { margins } = heights;
  const head = y + plan.header;
  let rowsBottom = head + (plan.axis ? margins.outputs : 0);
  const rows = plan.rows
    .toReversed()
    .map((row) => {
      const rollable = plan.axis && row.layer.kind !== 'SEQUENCE';
      const rolled = rollable ? (rolls.layers.get(row.layer.id) ?? 0) : 0;
      const shape = shapeOf(plan.axis, row.layer, across.columns.rolled ? 0 : rolled);
      const far = { cells: heights.row, bar: heights.bar, box: heights.outside };
      const usual = far[shapeOf(plan.axis, row.layer, 0)];
      const near = shape === 'cells' ? across.near : 0;
      const each = usual + (Math.max(usual, nearRow) - usual) * near;
      const low = Math.min(74, Math.max(36, usual * 0.48));
      const height = 2 * Math.round((low + (Math.max(low, nearRow - 64) - low) * near) / 2);
      const top = rowsBottom;
      rowsBottom += each;
      const centre = Math.round(top + each / 2 - 4);
      const foot = centre + height * (shape === 'bar' ? BAR_HALF : 0.5);
      const trunkY = Math.round(foot + 13);
      const backward = isBackwardRow(row);
      const places = { y: centre, top, room: each, height, trunkY, boxX: 0 };
      return { ...row, backward, shape, rolled, ...places };
    })
    .reverse();
  const inputs = plan.axis ? margins.inputs : 0;
  return {
    ...across,
    axis: plan.axis,
    foot: rowsBottom + (plan.axis ? inputs + plan.bus + margins.ruler + plan.footer : 0),
    top: head,
    header: plan.header,
    bottom: rowsBottom + inputs + plan.bus,
    inputY: rowsBottom + inputs - 12,
    rulerY: rowsBottom + inputs + plan.bus,
    rows,
    links: plan.links,
  };
}

/**
 * @param {Axis | undefined} axis
 * @param {Layer} layer
 * @param {number} rolled
 * @returns {Row['shape']}
 */
function shapeOf(axis, layer, rolled) {
  if (!axis) return 'box';
  return layer.kind === 'SEQUENCE' || rolled >= TOGETHER ? 'bar' : 'cells';
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
    const x = below ? below.x0 + below.columns.slots * below.pitch + 2 : left + START_ROOM;
    for (const row of band.rows) row.boxX = x;
  });
}

/**
 * One cell for all timesteps.
 *
 * @param {Band} band
 * @param {Row} row
 */
export function barBox(band, row) {
  const inset = (band.pitch - band.cellWidth) / 2;
  return {
    x: band.x0 + inset,
    y: row.y - row.height * BAR_HALF,
    width: band.columns.slots * band.pitch - 2 * inset,
    height: row.height * 2 * BAR_HALF,
  };
}

/** @param {Row} row */
export const boxWidth = (row) => (row.shape === 'box' ? BOX_WIDTH : 0);
