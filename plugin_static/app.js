/**
 * The page as a whole: what is chosen, what is known, and what is on screen for it.
 *
 * @import {Runs} from './server.js'
 * @import {Model} from './model.js'
 * @import {Selection} from './selection.js'
 * @import {Choice} from './choosers.js'
 * @import {Listing} from './statistics.js'
 * @import {Wanted} from './training.js'
 */
import { html, nothing, render } from './vendor/libraries.js';
import { choosers, settle } from './choosers.js';
import { details } from './details.js';
import { isAlone } from './embedded.js';
import { emptyPage } from './empty.js';
import { findings, openFinding } from './findings.js';
import { MEANING } from './glossary.js';
import { followReloads, followVisibility, isVisible } from './host.js';
import { followKeys, keysButton, keysList, openKeys } from './keys.js';
import { legend, marksOf, settled } from './legend.js';
import { EVERYTHING, isNarrowed } from './listing.js';
import { lookFrom, lookState, selectionFrom, selectionState } from './looks.js';
import { buildModel } from './model.js';
import { searchBox } from './search.js';
import { followMenu, pictureButtons } from './picture_buttons.js';
import { firstSelection, same } from './selection.js';
import { sentence, unrecognised } from './sentence.js';
import { fetchRuns, fetchStatistics, fetchTimeline } from './server.js';
import { Stage } from './stage.js';
import { table } from './table.js';
import { followTheme } from './theme.js';
import { Training } from './training.js';
import { trainingBar } from './training_bar.js';
import { noStatistics, trainingPanel } from './training_panel.js';
import { followState, readState, writeState } from './url_state.js';
import { clean } from './words.js';

/** An answer that takes longer is announced; a shorter one should not make the page flicker. */
const ANNOUNCE_AFTER = 400;

/** The address is not written at each picture of a film: browsers forbid it. */
const REMEMBER_AFTER = 400;

export class App {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {Runs | undefined} */
    this.runs = undefined;
    /** @type {Choice | undefined} */
    this.choice = undefined;
    /** @type {Model | undefined} */
    this.model = undefined;
    /** @type {Selection | undefined} */
    this.chosen = undefined;
    /** @type {Selection | undefined} */
    this.pointed = undefined;
    /** @type {import('./listing.js').Wish} */
    this.wish = EVERYTHING;
    this.allRows = false;
    this.tableHeight = '';
    this.problem = '';
    this.waiting = false;
    this.stale = false;
    this.shown = '';
    /** @type {import('./legend.js').Marks | undefined} */
    this.marks = undefined;
    this.place = '';
    /** @type {Choice | undefined} what the picture is of */
    this.shownChoice = undefined;
    this.request = new AbortController();
    this.remembering = 0;
    this.training = new Training({
      changed: () => this.trained(),
      failed: (problem) => this.fail(problem),
    });
    this.stageRoot = document.createElement('div');
    this.stageRoot.className = 'stage';
    this.stage = new Stage(this.stageRoot, {
      point: (selection) => this.point(selection),
      choose: (selection) => this.select(selection),
      arranged: (kernels) => this.arranged(kernels),
      rolled: () => {
        this.update();
        this.rememberSoon();
      },
      looked: () => this.rememberSoon(),
    });
  }

  start() {
    followTheme(() => this.stage.recolour());
    followState(() => this.load(wantedFromAddress()));
    followVisibility(() => {
      if (this.stale) this.reload();
    });
    followReloads(() => this.reload());
    followMenu(this.root);
    followKeys(this.root, {
      '/': () => this.find('.search', (x) => /** @type {HTMLInputElement} */ (x).select()),
      '?': () => openKeys(document),
    });
    this.load(wantedFromAddress());
  }

  /** TensorBoard has read its log folder again. */
  reload() {
    // Out of sight nobody reads the answer: it is fetched when the page is looked at again.
    this.stale = !isVisible();
    if (this.stale) return;
    const { run, tag, step } = wantedFromAddress();
    this.load({ run, tag, step });
  }

  /**
   * @param {{run?: string, tag?: string, step?: number, training?: Wanted,
   *   state?: Record<string, string>}} wanted state = the address, to be followed in all it says
   */
  async load(wanted) {
    this.request.abort();
    const request = new AbortController();
    this.request = request;
    const announce = setTimeout(() => {
      this.waiting = true;
      this.update();
    }, ANNOUNCE_AFTER);
    try {
      this.runs = await fetchRuns(request.signal);
      this.choice = settle(this.runs, wanted);
      if (this.choice) {
        const { choice } = this;
        const [timeline, listing] = await Promise.all([
          fetchTimeline(choice, request.signal),
          fetchStatistics(choice.run, request.signal).catch(nothingListed),
        ]);
        this.shownChoice = choice;
        if (wanted.training) this.training.want(wanted.training);
        else if (choice.run !== this.training.run) this.training.chosen.step = undefined;
        // The picture and its colours come together, so that nothing jumps.
        await this.training.show(buildModel(timeline), choice, listing, request.signal);
        this.showTimeline(timeline);
        if (wanted.state) this.lookAgain(wanted.state);
        this.stage.warm(this.training.heat);
        this.remember();
      } else {
        this.model = undefined;
        this.shown = '';
        this.training.clear();
      }
      this.problem = '';
    } catch (error) {
      if (request.signal.aborted) return;
      this.problem = error instanceof Error ? error.message : String(error);
    } finally {
      clearTimeout(announce);
    }
    this.waiting = false;
    this.update();
  }

  /** @param {import('./timeline.js').Timeline} timeline */
  showTimeline(timeline) {
    const text = JSON.stringify(timeline);
    // A reload that brings nothing new must not move what the reader is looking at.
    if (text === this.shown) return;
    this.shown = text;
    this.model = buildModel(timeline);
    this.chosen = firstSelection(this.model);
    this.pointed = undefined;
    this.allRows = false;
    // Another network need not have what the table is filtered by; a search goes on.
    this.wish = { ...this.wish, role: '', layer: '' };
    this.tableHeight = '';
    this.update();
    this.stage.show(this.model);
    this.stage.light(this.chosen);
  }

  /** @param {Record<string, string>} state of the address */
  lookAgain(state) {
    if (!this.model) return;
    const look = lookFrom(state);
    if (look) this.stage.lookAgain(look);
    const selection = selectionFrom(this.model, state);
    if (selection) this.select(selection);
  }

  /** Something else of training is to be seen. */
  trained() {
    this.stage.warm(this.training.heat);
    this.rememberSoon();
    this.update();
  }

  /** @param {string} problem */
  fail(problem) {
    this.problem = problem;
    this.update();
  }

  rememberSoon() {
    clearTimeout(this.remembering);
    this.remembering = window.setTimeout(() => this.remember(), REMEMBER_AFTER);
  }

  remember() {
    if (!this.choice || !this.model) return;
    const { run, tag, step } = this.choice;
    const steps = this.runs?.[run]?.[tag]?.steps ?? [];
    // The latest step is not written down: a link to it should lead to the latest.
    const pinned = step !== undefined && step !== steps.at(-1);
    /** @type {Record<string, string>} */
    const network = pinned ? { run, tag, step: String(step) } : { run, tag };
    const seen = { ...selectionState(this.model, this.chosen), ...lookState(this.stage.look) };
    writeState({ ...network, ...this.training.state(), ...seen });
  }

  /** @param {Selection | undefined} selection */
  point(selection) {
    if (same(selection, this.pointed)) return;
    this.pointed = selection;
    this.stage.light(selection ?? this.chosen);
    this.update();
  }

  /** @param {Selection} selection */
  select(selection) {
    if (same(selection, this.chosen) && this.pointed === undefined) return;
    this.chosen = selection;
    this.pointed = undefined;
    this.stage.light(selection);
    this.rememberSoon();
    this.update();
  }

  /** @param {import('./listing.js').Wish} wish */
  list(wish) {
    const height = this.root.querySelector('.variables')?.getBoundingClientRect().height ?? 0;
    // While less is listed the table keeps its height, so that the picture does not move.
    if (!isNarrowed(wish)) this.tableHeight = '';
    else if (!isNarrowed(this.wish)) this.tableHeight = `height:${height}px`;
    this.wish = wish;
    this.update();
  }

  /**
   * @param {string} selector
   * @param {(element: HTMLElement) => void} [then]
   */
  find(selector, then) {
    /** @type {HTMLElement | null} */
    const element = this.root.querySelector(selector);
    element?.focus();
    if (element) then?.(element);
  }

  /** @param {import('./kernels.js').Kernels} kernels */
  arranged(kernels) {
    const place = `${this.shown} ${window.innerWidth} ${window.innerHeight}`;
    const marks = settled(place === this.place ? this.marks : undefined, marksOf(kernels));
    this.place = place;
    // The legend may change the size of the picture: only a new one is drawn.
    if (JSON.stringify(marks) === JSON.stringify(this.marks)) return;
    this.marks = marks;
    this.update();
  }

  update() {
    render(this.view(), this.root);
  }

  view() {
    const { runs, choice, model } = this;
    const nothingYet = runs && !choice;
    return html`
      ${model && !nothingYet ? this.headline(model) : nothing}
      ${
        runs && choice
          ? html`<nav aria-label="What is shown">
              ${isAlone() ? nothing : choosers(runs, choice, (wanted) => this.load(wanted))}
              <span class="grow"></span>
              ${model ? this.search() : nothing} ${model ? this.take(model) : nothing}
              ${model ? this.zoomButtons() : nothing}
            </nav>`
          : nothing
      }
      ${model && !nothingYet ? trainingBar(this.training) : nothing} ${this.status()}
      ${nothingYet ? emptyPage() : nothing} ${model && !nothingYet ? this.body(model) : nothing}
      ${keysList()}
    `;
  }

  /** @param {Model} model */
  headline(model) {
    const { headline, detail, notes } = sentence(model);
    const words = `${MEANING.layer} ${MEANING.timestep}`;
    // Where what is not recognised is the answer, nothing of it is cut off.
    const whole = unrecognised(model.timeline) !== undefined;
    return html`<header>
      <div>
        <h1 title=${words}>${headline}</h1>
        <p class=${whole ? 'whole' : ''} title=${[detail, ...notes].join(' ')}>
          ${detail}${notes.map((note) => html` <span>${note}</span>`)}
        </p>
      </div>
      ${findings(model, (x) => this.select(x))}
    </header>`;
  }

  status() {
    const words = this.waiting ? 'Waiting for TensorBoard …' : '';
    return html`<div class="status" role="status">${words}</div>
      ${
        this.problem
          ? html`<div class="problem" role="alert">
              <span>${this.problem}${this.stillShown()}</span>
              <button @click=${() => this.load(this.choice ?? wantedFromAddress())}>
                Try again
              </button>
            </div>`
          : nothing
      }`;
  }

  /** What the picture is of, where the choosers already say something else. */
  stillShown() {
    if (!this.model || !this.shownChoice) return '';
    const { run, tag } = this.shownChoice;
    return ` Below is still ${clean(tag)} of ${clean(run)}.`;
  }

  search() {
    const go = () => this.find('.found .hit:enabled, tbody .link[tabindex="0"]');
    return html`${searchBox(this.wish, (wish) => this.list(wish), go)} ${keysButton()}`;
  }

  zoomButtons() {
    const rolled = this.stage.rolledUp;
    const one = 'one cell for each layer, whose state comes back to it';
    return html`<button
        class="roll"
        title=${rolled ? 'One cell for each timestep (R)' : `Time rolled up: ${one} (R)`}
        @click=${() => this.stage.rollAll()}
      >
        ${rolled ? 'Unroll' : 'Roll up'}
      </button>
      <span class="zoom" role="group" aria-label="Zoom">
        <button aria-label="Farther" title="Farther (−)" @click=${() => this.stage.zoomBy(-1)}>
          −
        </button>
        <button title="All timesteps (0)" @click=${() => this.stage.fit()}>Fit</button>
        <button
          aria-label="Closer"
          title="Closer (+, or the wheel)"
          @click=${() => this.stage.zoomBy(1)}
        >
          +
        </button>
      </span>`;
  }

  /** @param {Model} model */
  take(model) {
    const { headline } = sentence(model);
    const name = clean(model.timeline.name || headline);
    const picture = () => this.stage.picture(`${name}: ${headline}`);
    return pictureButtons(name, picture, (problem) => this.fail(problem));
  }

  /** @param {Model} model */
  body(model) {
    const active = this.pointed ?? this.chosen;
    const point = (/** @type {Selection | undefined} */ x) => this.point(x);
    const choose = (/** @type {Selection} */ x) => this.select(x);
    const trained = this.training.steps.length > 0;
    return html`<main>
      <div class="picture">
        ${this.stageRoot}${this.stage.minimap.canvas}
        ${this.marks ? legend(model, this.marks) : nothing}
        <div
          class="variables"
          style=${this.tableHeight}
          tabindex="0"
          role="region"
          aria-label="Variables"
        >
          ${table({
            model,
            wish: this.wish,
            all: this.allRows,
            active,
            point,
            choose,
            list: (wish) => this.list(wish),
            showAll: () => {
              this.allRows = true;
              this.update();
            },
            tell: (i) => openFinding(this.root, i),
          })}
        </div>
      </div>
      <aside aria-label="Details" tabindex="0">
        ${trained ? trainingPanel(this.training, model, active) : nothing}
        ${details(model, active, choose)}
        ${trained || isAlone() ? nothing : noStatistics(this.training)}
      </aside>
    </main>`;
  }
}

/**
 * @returns {{run?: string, tag?: string, step?: number, training: Wanted,
 *   state: Record<string, string>}}
 */
function wantedFromAddress() {
  const state = readState();
  const { run, tag, step, measure, scale, at } = state;
  const number = /^\d+$/.test(step ?? '') ? Number(step) : undefined;
  return { run, tag, step: number, training: { measure, scale, at }, state };
}

/**
 * Where statistics cannot be listed, the timeline is shown all the same.
 *
 * @param {unknown} error
 * @returns {Listing}
 */
function nothingListed(error) {
  const reason = error instanceof Error ? error.message : String(error);
  return { layers: [], skipped: [{ tag: '', reason }] };
}
