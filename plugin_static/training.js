/**
 * The statistics of the network that is shown: which there are, which of them is looked at, and at
 * which training step.
 *
 * @import {Heat} from './heat.js'
 * @import {Measure} from './measures.js'
 * @import {Model} from './model.js'
 * @import {Listed, Listing, Overview, StepTable} from './statistics.js'
 * @import {Extremes, Scale} from './scale.js'
 */
import { rowHeat } from './heat.js';
import { joinLayers, measuresOf, rowOf } from './measures.js';
import { scaleOver, usualKind } from './scale.js';
import { overall } from './statistics.js';
import { Film } from './film.js';
import { fetchAtStep, fetchOverTraining } from './server.js';
import { TimestepCurves } from './timestep_curves.js';

/** Tables of steps that were looked at; a layer's is at most some 100 kB. */
const REMEMBERED = 300;
/** No measure: the cells are as they are without statistics. */
export const NO_MEASURE = 'none';

/** @typedef {{measure?: string, scale?: string, at?: string}} Wanted as in the address */

export class Training {
  /** @param {{changed: () => void, failed: (problem: string) => void}} events */
  constructor(events) {
    this.events = events;
    this.run = '';
    /** @type {Map<string, Listed>} by place, see joinLayers */
    this.listed = new Map();
    /** @type {Map<string, {version: string, overview: Overview}>} by tag */
    this.overviews = new Map();
    /** @type {Map<string, StepTable>} by tag and step; the one looked at last is the last */
    this.tables = new Map();
    /** @type {Measure[]} */
    this.measures = [];
    /** @type {Listing['skipped']} */
    this.skipped = [];
    /** @type {number[]} */
    this.steps = [];
    /** What was chosen; undefined = nobody has chosen, or the newest step.
     *
     * @type {{measure: string | undefined, scale: 'linear' | 'log' | undefined,
     *   step: number | undefined}} */
    this.chosen = { measure: undefined, scale: undefined, step: undefined };
    /** The step whose numbers are on screen. */
    this.shownStep = NaN;
    /** @type {{of: {overviews?: Map<string, unknown>, measure?: string, kind?: string},
     *   scale: Scale}} worked out once, not at each movement of the pointer */
    this.lastScale = { of: {}, scale: scaleOver('', 'linear', []) };
    this.curves = new TimestepCurves(() => events.changed());
    this.film = new Film(this);
    this.request = new AbortController();
  }

  /** @param {Wanted} wanted */
  want({ measure, scale, at }) {
    this.chosen = {
      measure,
      scale: scale === 'linear' || scale === 'log' ? scale : undefined,
      step: /^-?\d+$/.test(at ?? '') ? Number(at) : undefined,
    };
  }

  /** @returns {Record<string, string>} what a link should lead back to */
  state() {
    const { measure, scale, step } = this.chosen;
    return {
      ...(measure === undefined ? {} : { measure }),
      ...(scale === undefined ? {} : { scale }),
      // The newest step is not written down: a link to it should lead to the newest.
      ...(step === undefined ? {} : { at: String(step) }),
    };
  }

  /**
   * @param {Model} model
   * @param {{run: string, tag: string}} choice
   * @param {Listing} listing
   * @param {AbortSignal} signal
   */
  async show(model, { run, tag }, listing, signal) {
    const joined = joinLayers(model, listing, tag);
    const tags = new Map([...joined.values()].map((x) => [x.tag, x]));
    const known = run === this.run ? this.overviews : new Map();
    const overviews = new Map();
    const problems = [...listing.skipped];
    if (joined.size === 0 && listing.layers.length > 0) {
      const { tag: name, layer } = listing.layers[0];
      problems.push({ tag: name, reason: `This network has no layer called ${layer}.` });
    }
    await Promise.all(
      [...tags.values()].map(async ({ tag: name, version, rows }) => {
        const before = known.get(name);
        if (before?.version === version) {
          overviews.set(name, before);
          return;
        }
        try {
          const overview = await fetchOverTraining({ run, tag: name }, rows.length, signal);
          overviews.set(name, { version, overview });
        } catch (error) {
          if (signal.aborted) throw error;
          problems.push({ tag: name, reason: error instanceof Error ? error.message : '' });
        }
      }),
    );
    if (run !== this.run) {
      this.request.abort();
      this.film.stop();
      this.tables.clear();
    }
    for (const [name, { overview }] of overviews) {
      const before = this.overviews.get(name)?.overview.steps ?? [];
      // What was only added to is still true; after a restart steps are written anew.
      if (before.some((step, i) => overview.steps[i] !== step)) this.forget(name);
    }
    this.run = run;
    this.overviews = overviews;
    this.skipped = problems;
    this.listed = new Map([...joined].filter(([, x]) => overviews.has(x.tag)));
    this.measures = measuresOf(this.listed.values());
    const all = [...overviews.values()].flatMap((x) => x.overview.steps);
    this.steps = [...new Set(all)].sort((a, b) => a - b);
    if (this.steps.length === 0) this.film.stop();
    await this.look(signal);
  }

  /** There is no network, or no statistics of it. */
  clear() {
    this.film.stop();
    this.listed = new Map();
    this.overviews = new Map();
    this.measures = [];
    this.skipped = [];
    this.steps = [];
  }

  /** @param {string} tag */
  forget(tag) {
    for (const key of this.tables.keys()) {
      if (key.startsWith(`${tag} `)) this.tables.delete(key);
    }
  }

  get measure() {
    const { measure } = this.chosen;
    if (measure === NO_MEASURE) return undefined;
    return this.measures.find((x) => x.key === measure) ?? this.measures[0];
  }

  get kind() {
    return this.chosen.scale ?? usualKind(this.measure?.measure ?? '');
  }

  /** The step that is chosen, or the nearest before it that there is. */
  get step() {
    const { step } = this.chosen;
    if (step === undefined) return this.steps.at(-1) ?? NaN;
    return this.steps.findLast((x) => x <= step) ?? this.steps[0] ?? NaN;
  }

  /** @returns {Scale} the same at every training step */
  get scale() {
    const { measure, kind, overviews } = this;
    const { of } = this.lastScale;
    if (of.overviews !== overviews || of.measure !== measure?.key || of.kind !== kind) {
      const scale = scaleOver(measure?.measure ?? '', kind, this.extremes(measure?.key ?? ''));
      this.lastScale = { of: { overviews, measure: measure?.key, kind }, scale };
    }
    return this.lastScale.scale;
  }

  /**
   * @param {string} key of a measure
   * @returns {Extremes[]} of every layer and training step
   */
  extremes(key) {
    return [...this.listed.values()].flatMap((listed) => {
      const row = rowOf(listed, key);
      const overview = this.overviews.get(listed.tag)?.overview;
      if (row < 0 || !overview) return [];
      return overview.steps.map((_, i) => ({
        least: overall(overview, i, row, 'least'),
        leastAbove: overall(overview, i, row, 'leastAbove'),
        greatest: overall(overview, i, row, 'greatest'),
      }));
    });
  }

  /** @returns {Heat | undefined} undefined = nothing is coloured */
  get heat() {
    const { measure, scale } = this;
    if (!measure || this.steps.length === 0) return undefined;
    const rows = new Map(
      [...this.listed].flatMap(([place, listed]) => {
        const row = rowOf(listed, measure.key);
        const table = this.table(listed.tag);
        return row >= 0 && table ? [[place, rowHeat(listed, table, row, scale)]] : [];
      }),
    );
    return { diverging: scale.diverging, of: (place) => rows.get(place) };
  }

  /**
   * @param {string} tag
   * @returns {StepTable | undefined} at the step on screen
   */
  table(tag) {
    return this.tables.get(`${tag} ${this.shownStep}`);
  }

  /**
   * @param {Listed} listed
   * @param {number} timestep
   */
  curveAt({ tag, version, rows }, timestep) {
    return this.curves.at({ run: this.run, tag, version, timestep }, rows);
  }

  /**
   * Fetches what is to be seen at the chosen step, and shows it all at once.
   *
   * @param {AbortSignal} signal
   */
  async look(signal) {
    const { step, run } = this;
    await Promise.all(
      [...new Set([...this.listed.values()])].map(async ({ tag, rows }) => {
        const key = `${tag} ${step}`;
        const kept = this.tables.get(key);
        const there = this.overviews.get(tag)?.overview.steps.includes(step);
        if (!kept && !there) return;
        const table = kept ?? (await fetchAtStep({ run, tag, step }, rows, signal));
        this.tables.delete(key);
        this.tables.set(key, table);
      }),
    );
    const most = Math.max(REMEMBERED, 2 * this.listed.size);
    const oldest = [...this.tables.keys()].slice(0, Math.max(0, this.tables.size - most));
    for (const key of oldest) this.tables.delete(key);
    // Meanwhile another one may have been chosen, which is on its way.
    if (step === this.step && run === this.run) this.shownStep = step;
  }

  /** @param {string} measure */
  chooseMeasure(measure) {
    this.chosen.measure = measure;
    // Each measure has the scale that suits it, until a scale is chosen for it.
    this.chosen.scale = undefined;
    this.events.changed();
  }

  /** @param {'linear' | 'log'} scale */
  chooseScale(scale) {
    this.chosen.scale = scale;
    this.events.changed();
  }

  /**
   * @param {number} index in steps
   * @returns {Promise<boolean>} whether it is on screen
   */
  async goTo(index) {
    const last = this.steps.length - 1;
    this.chosen.step = index >= last ? undefined : this.steps[Math.max(0, index)];
    this.request.abort();
    const request = new AbortController();
    this.request = request;
    this.events.changed();
    try {
      await this.look(request.signal);
    } catch (error) {
      if (request.signal.aborted) return false;
      this.film.stop();
      this.events.failed(error instanceof Error ? error.message : String(error));
      return false;
    }
    this.events.changed();
    return true;
  }
}
