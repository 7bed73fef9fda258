/**
 * What of the picture is made of elements: the cards, and the cells' outlines for the keyboard.
 * Only what is in view, or near it, is there.
 *
 * @import {CardContext} from './card.js'
 * @import {CellContext} from './cells.js'
 * @import {Row} from './layout.js'
 * @import {View} from './brush.js'
 */
import { html, nothing, render } from './vendor/libraries.js';
import { card } from './card.js';
import { cells } from './cells.js';
import { moveFocus } from './roving.js';
import { unused } from './unused.js';

/** The outlines follow when the picture has come to rest for so many milliseconds. */
const AT_REST = 120;
/** Cards so far outside the view are there all the same: the keyboard can go to them. */
const AROUND = 260;

export class Elements {
  constructor() {
    this.cards = document.createElement('div');
    this.cards.className = 'cards';
    this.cards.addEventListener('keydown', (event) => moveFocus(event, '.matrix'));
    this.cells = document.createElement('div');
    this.cells.className = 'cells';
    this.resting = 0;
    /** @type {unknown[]} what the cards were made of */
    this.of = [];
  }

  /**
   * @param {CardContext} context
   * @param {View} view
   */
  renderCards(context, view) {
    const { scene, active } = context;
    const rows = scene.bands.flatMap((band) => band.rows.map((row) => ({ band, row }))).reverse();
    const inView = (/** @type {Row} */ row) =>
      row.y > view.y - AROUND && row.y < view.y + view.height + AROUND;
    const places = rows.map(({ row }) => (inView(row) ? `${row.y} ${row.rolled > 0.5}` : ''));
    // Sideways nothing changes about the cards.
    const right = view.width - scene.right;
    const of = [context.model, scene.kernels, active, right, scene.height, places.join()];
    if (of.every((x, i) => x === this.of[i])) return;
    this.of = of;
    this.cards.style.setProperty('--right', `${right}px`);
    const all = rows.map(({ band, row }, i) => (places[i] ? card(context, band, row) : nothing));
    render(html`${all}${unused(context)}`, this.cards);
  }

  /**
   * @param {() => CellContext} context
   * @param {boolean} now or when nothing has moved for a while
   */
  renderCells(context, now) {
    clearTimeout(this.resting);
    this.cells.classList.toggle('late', !now);
    if (now) render(html`${cells(context())}`, this.cells);
    else this.resting = window.setTimeout(() => this.renderCells(context, true), AT_REST);
  }
}
