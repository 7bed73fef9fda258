/**
 * Which rows the picture has, from the bottom (nearest the input) to the top.
 *
 * Every time axis is one band of rows; what is outside time has rows between the bands, in its
 * place in the flow of data.
 *
 * @import {Application, Axis, Layer} from './timeline.js'
 * @import {Model} from './model.js'
 */
import { isBackward } from './model.js';

/**
 * @typedef {{layer: Layer, application: Application | undefined, first: boolean}} RowPlan
 *   first = the layer's first row: the one that holds its kernel card
 * @typedef {{axis: Axis | undefined, rows: RowPlan[]}} BandPlan axis undefined = outside time
 */

/**
 * @param {Model} model
 * @returns {BandPlan[]} from the bottom to the top
 */
export function planBands({ timeline, axes, partners }) {
  /** @type {BandPlan[]} */
  const bands = [];
  for (const layer of timeline.layers) {
    const onAxes = uniqueAxes(layer).filter((a) => axes.has(a.axis));
    if (onAxes.length === 0) {
      let band = bands.at(-1);
      if (!band || band.axis) bands.push((band = { axis: undefined, rows: [] }));
      band.rows.push({ layer, application: layer.applications[0], first: true });
    }
    onAxes.forEach((application, i) => {
      let band = bands.find((b) => b.axis?.id === application.axis);
      if (!band) bands.push((band = { axis: axes.get(application.axis), rows: [] }));
      band.rows.push({ layer, application, first: i === 0 });
    });
  }
  for (const { rows } of bands) backwardBelow(rows, partners);
  return bands;
}

/**
 * The forward half of a bidirectional layer is drawn above the backward half.
 *
 * @param {RowPlan[]} rows
 * @param {Map<string, string>} partners
 */
function backwardBelow(rows, partners) {
  for (let i = 1; i < rows.length; i += 1) {
    const [lower, upper] = [rows[i - 1], rows[i]];
    const pair = partners.get(lower.layer.id) === upper.layer.id;
    if (pair && isBackward(upper.layer)) rows.splice(i - 1, 2, upper, lower);
  }
}

/**
 * Copies of a layer on one axis (towers, say) share a row.
 *
 * @param {Layer} layer
 */
function uniqueAxes(layer) {
  const seen = new Set();
  return layer.applications.filter((a) => !seen.has(a.axis) && seen.add(a.axis));
}
