/**
 * How high everything is: rows share what the picture has, down to what they need.
 *
 * @import {BandPlan} from './bands.js'
 */

/**
 * @typedef {BandPlan & {header: number, footer: number, bus: number}} BandNeeds
 *   header, footer = what is around the columns and their ruler needs so much; bus = so much for
 *   the line below them from which every timestep reads
 *
 * @typedef {{outputs: number, inputs: number, ruler: number}} Margins what a band needs besides
 *   its rows
 * @typedef {{row: number, bar: number, outside: number, gap: number, margins: Margins,
 *   least: number}} Heights of a row of cells, of one bar for all timesteps, and of a row outside
 *   time, between bands; least = height of all at its lowest
 */

const ROOMY = { outputs: 42, inputs: 40, ruler: 46 };
const TIGHT = { outputs: 32, inputs: 34, ruler: 38 };
const LEAST_ROW = 70;
/** Narrow cards break their lines, and what is not recognised needs lines for the reason. */
const LEAST_NARROW = 84;
/** A bar has no state, and no words around it. */
const BAR = { share: 0.75, least: 56, narrow: 70 };
const LEAST_OUTSIDE = 60;
const MOST_OUTSIDE = 116;
const EDGES = 14;
/** Between bands: nothing; a line and its words; two that go opposite ways. */
const GAPS = [16, 34, 52];

/** @param {{layer: {kind: string}}} row */
const isBar = ({ layer }) => layer.kind === 'SEQUENCE';

/**
 * @param {BandNeeds[]} plan
 * @param {number} height of the view
 * @param {0 | 1 | 2} ways in how many ways lines run between two bands
 * @param {boolean} narrow
 * @returns {Heights}
 */
export function chooseHeights(plan, height, ways, narrow) {
  const lowest = narrow ? LEAST_NARROW : LEAST_ROW;
  const gap = plan.length > 1 ? GAPS[ways] : 0;
  const inTime = plan.filter((b) => b.axis);
  const rows = inTime.reduce((sum, b) => sum + b.rows.length, 0);
  const bars = inTime.reduce((sum, b) => sum + b.rows.filter(isBar).length, 0);
  const lowestBar = narrow ? BAR.narrow : BAR.least;
  const outside = plan.reduce((sum, b) => sum + (b.axis ? 0 : b.rows.length), 0);
  const odd = plan.some((b) => !b.axis && b.rows.some((r) => r.layer.kind === 'UNKNOWN'));
  const lowestOutside = odd ? LEAST_NARROW : LEAST_OUTSIDE;
  const fixed = (/** @type {Margins} */ { outputs, inputs, ruler }) =>
    inTime.reduce((sum, b) => sum + outputs + inputs + ruler + b.header + b.footer + b.bus, 0) +
    EDGES +
    gap * plan.length;
  const least = fixed(TIGHT) + (rows - bars) * lowest + bars * lowestBar + outside * lowestOutside;
  const margins = height < least + 60 ? TIGHT : ROOMY;
  const left = height - fixed(margins);
  const shares = rows - bars + bars * BAR.share;
  const each = (left - outside * lowestOutside) / Math.max(1, shares);
  const row = Math.min(height > 800 || rows === 1 ? 168 : 128, Math.max(lowest, each));
  return {
    row,
    bar: Math.max(lowestBar, row * BAR.share),
    // What is outside time is beside the point, except where there is nothing else.
    outside:
      rows > 0
        ? lowestOutside
        : Math.min(MOST_OUTSIDE, Math.max(lowestOutside, left / Math.max(1, outside))),
    gap,
    margins,
    least,
  };
}
