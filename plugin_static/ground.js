/**
 * What a picture rests on, however near it is and whatever of it is rolled up: its bands, how high
 * all is, the kernels, and what stands beside the columns.
 *
 * @import {BandPlan, RowPlan} from './bands.js'
 * @import {Feed} from './feeds.js'
 * @import {BandNeeds} from './heights.js'
 * @import {Model} from './model.js'
 */
import { planBands } from './bands.js';
import { planFeeds } from './feeds.js';
import { chooseHeights } from './heights.js';
import { drawKernels } from './kernels.js';
import { planLinks } from './links.js';
import { sharedWords } from './shared.js';

const AXIS_STRIP = 30;
/** The wire's way from the card to the columns; its words are above it, where there is room. */
const LEAST_WIRE_ROOM = 92;
const WORDS_ROOM = 18;
const BEND = 72;
const SHORT_WIRE = { room: 46, bend: 32 };
const LETTER = 7.4;
const FINAL_ROOM = 128;
/** An axis inside another one has a frame around it, and words above. */
const NESTED = { header: 22, footer: 8 };
const BUS = 16;

/** @type {{model?: Model, width: number, height: number, ground?: ReturnType<typeof prepare>}} */
const last = { width: 0, height: 0 };

/**
 * While zooming and rolling, only the columns change: all else is worked out once.
 *
 * @param {Model} model
 * @param {{width: number, height: number}} view
 */
export function groundOf(model, view) {
  const { width, height } = view;
  const same = last.model === model && last.width === width && last.height === height;
  if (same && last.ground) return last.ground;
  const ground = prepare(model, view);
  Object.assign(last, { model, width, height, ground });
  return ground;
}

/**
 * @param {Model} model
 * @param {{width: number, height: number}} view
 */
function prepare(model, view) {
  const bare = planBands(model);
  const feeds = planFeeds(model, bare);
  const plan = bare.map((band) => ({
    ...band,
    links: linksOf(model, band, feeds),
    ...(model.axes.has(band.axis?.parent ?? '') ? NESTED : { header: 0, footer: 0 }),
    bus: feeds.some((f) => f.kind === 'each' && f.target === band) ? BUS : 0,
  }));
  const joining = feeds.filter((f) => f.kind !== 'out');
  const back = joining.some((f) =>
    joining.some((g) => g.source === f.target && g.target === f.source),
  );
  const backward = plan.some((b) => b.rows.some(isBackwardRow));
  const narrow = view.width < (backward ? 1240 : 860);
  const crowded = backward && view.width < 860;
  const heights = chooseHeights(plan, view.height, joining.length ? (back ? 2 : 1) : 0, narrow);
  const widest = crowded ? 44 : narrow ? 66 : 100;
  const kernels = drawKernels(model, {
    cells: { width: widest, height: heights.row - 28 },
    bar: { width: widest, height: heights.bar - 20 },
    outside: { width: widest, height: heights.outside - 24 },
  });
  // Cards on both sides leave little for the columns between them.
  const text = crowded ? 86 : narrow ? 112 : 146;
  const card = { text, labels: narrow ? 50 : 54, glyph: kernels.widest };
  const words = narrow ? 0 : longestWords(model, plan) * LETTER;
  const wires = narrow ? SHORT_WIRE.room : Math.max(LEAST_WIRE_ROOM, words + WORDS_ROOM);
  const left = AXIS_STRIP + card.text + card.labels + card.glyph + wires;
  const ends = backward ? Math.max(FINAL_ROOM, words + 48) : FINAL_ROOM;
  // Where room is short, the rows are counted on the forward layer's card only.
  const right = backward ? card.text + (crowded ? 8 : card.labels) + card.glyph + 16 : 0;
  const bend = left - (narrow ? SHORT_WIRE.bend : BEND);
  return { plan, feeds, heights, kernels, card, left, right, ends, bend, narrow, crowded };
}

/**
 * @param {Model} model
 * @param {BandNeeds[]} plan
 */
function longestWords(model, plan) {
  const words = plan.flatMap(({ axis, rows }) =>
    rows.map((row) => sharedWords(model, axis, row.layer)),
  );
  return Math.max(0, ...words.map((w) => w.length));
}

/** @param {RowPlan} row */
export const isBackwardRow = ({ application }) => application?.direction === 'BACKWARD';

/**
 * @param {Model} model
 * @param {BandPlan} band
 * @param {Feed[]} feeds
 */
function linksOf(model, { axis, rows }, feeds) {
  if (!axis) return [];
  const ids = rows.map((r) => r.layer.id);
  const here = feeds.filter((f) => f.target.axis === axis && ids.includes(f.to));
  return planLinks(ids, model.timeline.connections, fedFrom(here), model.partners);
}

/**
 * @param {Feed[]} feeds into one band
 * @returns {Map<string, 'each' | 'elsewhere'>} by layer id: whether it comes in at every timestep
 */
function fedFrom(feeds) {
  /** @type {Map<string, 'each' | 'elsewhere'>} */
  const fed = new Map();
  for (const { to, kind, target } of feeds) {
    const bar = target.rows.find((r) => r.layer.id === to)?.layer.kind === 'SEQUENCE';
    if (kind === 'each') fed.set(to, 'each');
    else if (bar) fed.set(to, 'elsewhere');
  }
  return fed;
}
