/**
 * The picture: kernel cards beside a canvas, in a part of the page that scrolls.
 *
 * Only the cards and the cells' outlines for the keyboard are elements; the canvas is as large as
 * the view and is painted anew when the view moves.
 *
 * @import {Heat} from './heat.js'
 * @import {Kernels} from './kernels.js'
 * @import {Band, Row, Scene} from './layout.js'
 * @import {Model} from './model.js'
 * @import {View} from './brush.js'
 * @import {Selection} from './selection.js'
 */
import { html, render } from './vendor/libraries.js';
import { card } from './card.js';
import { cellBox, cells, rowKey } from './cells.js';
import { selectionAt } from './hit.js';
import { firstRowKey, kernelStop, nextCell, scrollTo } from './keyboard.js';
import { layOut } from './layout.js';
import { columnsInView, paint } from './paint.js';
import { moveFocus } from './roving.js';
import { litBy, same } from './selection.js';
import { readColours, readRamps } from './theme.js';
import { unused } from './unused.js';

const STEP = 1.6;
const WIDEST_COLUMN = 240;
const WIDEST_PICTURE = 30_000_000;

/**
 * @typedef {{point: (selection: Selection | undefined) => void,
 *   choose: (selection: Selection) => void,
 *   arranged: (kernels: Kernels) => void}} StageEvents
 *   arranged = laid out, for a new network or a new size
 */

export class Stage {
  /**
   * @param {HTMLElement} root
   * @param {StageEvents} events
   */
  constructor(root, events) {
    this.root = root;
    this.events = events;
    this.zoom = 1;
    /** @type {Model | undefined} */
    this.model = undefined;
    /** @type {Scene | undefined} */
    this.scene = undefined;
    /** @type {Selection | undefined} */
    this.active = undefined;
    /** @type {Map<string, number>} */
    this.cursors = new Map();
    this.cellStop = '';
    this.frame = 0;
    this.colours = readColours();
    this.ramps = readRamps();
    /** @type {Heat | undefined} */
    this.heat = undefined;

    this.sizer = document.createElement('div');
    this.sizer.className = 'sizer';
    this.canvas = document.createElement('canvas');
    this.canvas.setAttribute('role', 'img');
    this.cards = document.createElement('div');
    this.cards.className = 'cards';
    this.cards.addEventListener('keydown', (event) => moveFocus(event, '.matrix'));
    this.cells = document.createElement('div');
    this.cells.className = 'cells';
    this.sizer.append(this.canvas, this.cells, this.cards);
    root.append(this.sizer);

    root.addEventListener('scroll', () => this.schedule(), { passive: true });
    root.addEventListener('pointermove', (event) => this.onPointer(event, false));
    root.addEventListener('pointerleave', () => this.events.point(undefined));
    root.addEventListener('click', (event) => this.onPointer(event, true));
    root.addEventListener('wheel', (event) => this.onWheel(event), { passive: false });
    new ResizeObserver(() => this.arrange()).observe(root);
  }

  /** @param {Model} model */
  show(model) {
    this.model = model;
    this.zoom = 1;
    this.cursors.clear();
    this.cellStop = '';
    this.arrange();
    // Layers go up, so the recurrent one nearest the input is at the foot.
    const lowest = this.scene?.bands.find((b) => b.rows.some((r) => r.layer.kind === 'RECURRENT'));
    const foot = lowest?.foot ?? this.root.scrollHeight;
    this.root.scrollTop = foot + 8 - this.root.clientHeight;
    this.root.scrollLeft = 0;
  }

  /** @param {Selection | undefined} active */
  light(active) {
    if (same(active, this.active)) return;
    this.active = active;
    this.schedule();
  }

  /** @param {Heat | undefined} heat */
  warm(heat) {
    this.heat = heat;
    this.schedule();
  }

  recolour() {
    this.colours = readColours();
    this.ramps = readRamps();
    this.schedule();
  }

  fit() {
    this.zoom = 1;
    this.arrange();
  }

  /**
   * @param {number} direction 1 = closer, -1 = farther
   * @param {number} [at] the place that stays where it is, from the view's left edge
   */
  zoomBy(direction, at) {
    const { scene, root } = this;
    if (!scene) return;
    const x = at ?? (scene.left + root.clientWidth - scene.right) / 2;
    const origin = scene.bands.find((b) => b.axis)?.x0 ?? scene.left;
    const place = (root.scrollLeft + x - origin) / this.zoom;
    // Closer than the narrowest axis at its widest cells there is nothing more to see.
    const pitches = scene.bands.filter((b) => b.axis).map((b) => b.pitch);
    // Browsers cannot scroll in what is wider than some 33 million pixels.
    const longest = Math.max(1, ...scene.bands.map((b) => b.columns.slots));
    const widest = Math.min(WIDEST_COLUMN, WIDEST_PICTURE / longest);
    const closest = (this.zoom * widest) / Math.min(widest, ...pitches);
    this.zoom = Math.max(1, Math.min(closest, this.zoom * STEP ** direction));
    this.arrange();
    root.scrollLeft = place * this.zoom + origin - x;
    this.schedule();
  }

  /** Lays the picture out for the size that it now has. */
  arrange() {
    const { model, root } = this;
    if (!model || root.clientWidth === 0) return;
    const size = () => ({ width: root.clientWidth, height: root.clientHeight });
    const before = size();
    this.scene = this.place(layOut(model, before, this.zoom));
    // The first layout may have made a scroll bar come or go.
    const after = size();
    if (after.width !== before.width || after.height !== before.height) {
      this.scene = this.place(layOut(model, after, this.zoom));
    }
    this.paintNow();
    this.events.arranged(this.scene.kernels);
  }

  /** @param {Scene} scene */
  place(scene) {
    this.root.style.setProperty('--wanted', `${scene.least}px`);
    this.sizer.style.width = `${scene.width}px`;
    this.sizer.style.height = `${scene.height}px`;
    return scene;
  }

  schedule() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => this.paintNow());
  }

  paintNow() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { model, scene, root, canvas } = this;
    const ctx = canvas.getContext('2d');
    if (!model || !scene || !ctx || root.clientWidth === 0) return;
    const view = this.view();
    const { width, height } = view;
    const ratio = window.devicePixelRatio || 1;
    const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) {
      [canvas.width, canvas.height] = pixels;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      canvas.style.marginBottom = `${-height}px`;
    }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const lit = litBy(model, this.active);
    const { colours, ramps, heat } = this;
    const drawn = paint({ ctx, model, scene, colours, ramps, heat, lit }, view);
    // What is on the canvas, for those who cannot see it: screen readers, and tests.
    canvas.dataset.drawn = JSON.stringify(drawn);
    canvas.setAttribute('aria-label', describe(drawn));
    this.renderElements(model, scene);
  }

  /**
   * @param {Model} model
   * @param {Scene} scene
   */
  renderElements(model, scene) {
    const { root, events } = this;
    const { active } = this;
    const { point, choose } = events;
    const context = { model, scene, active, stop: kernelStop(model, scene, active), point, choose };
    this.cards.style.setProperty('--right', `${root.clientWidth - scene.right}px`);
    const rows = scene.bands.flatMap((band) => band.rows.map((row) => ({ band, row }))).reverse();
    const all = html`${rows.map(({ band, row }) => card(context, band, row))}${unused(context)}`;
    render(all, this.cards);
    render(
      html`${cells({
        model,
        scene,
        heat: this.heat,
        cursors: this.cursors,
        stop: this.cellStop || firstRowKey(scene),
        inView: (band) => this.inView(scene, band),
        choose: events.choose,
        walk: (event, band, row, column) => this.walk(event, band, row, column),
      })}`,
      this.cells,
    );
  }

  /** @returns {View} */
  view() {
    const { scrollLeft: x, scrollTop: y, clientWidth: width, clientHeight: height } = this.root;
    return { x, y, width, height: Math.max(height, 1) };
  }

  /**
   * @param {Scene} scene
   * @param {Band} band
   * @returns {[number, number]}
   */
  inView(scene, band) {
    const view = this.view();
    return columnsInView(band, view, { from: scene.left, to: view.width - scene.right });
  }

  /**
   * @param {PointerEvent | MouseEvent} event
   * @param {boolean} chosen
   */
  onPointer(event, chosen) {
    const { model, scene, root } = this;
    const target = /** @type {Element} */ (event.target);
    if (!model || !scene || target.closest('.card')) return;
    const frame = root.getBoundingClientRect();
    const at = { x: event.clientX - frame.left, y: event.clientY - frame.top };
    const selection = selectionAt(model, scene, at, this.view());
    root.style.cursor = selection ? 'pointer' : '';
    if (!chosen) this.events.point(selection);
    else if (selection) this.events.choose(selection);
    // From where a click was, the arrow keys go on.
    if (chosen && selection?.kind === 'cell') this.takeFocus(selection);
  }

  /** @param {WheelEvent} event */
  onWheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const x = event.clientX - this.root.getBoundingClientRect().left;
    this.zoomBy(event.deltaY < 0 ? 1 : -1, x);
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Band} band
   * @param {Row} row
   * @param {number} column
   */
  walk(event, band, row, column) {
    const next = this.scene && nextCell(this.scene, event.key, band, row, column);
    if (!next) return;
    event.preventDefault();
    this.focusCell(next.band, next.row, next.column);
  }

  /**
   * @param {Band} band
   * @param {Row} row
   * @param {number} column
   */
  focusCell(band, row, column) {
    const { root, scene } = this;
    if (!scene) return;
    const place = scrollTo(scene, cellBox(band, row, column), this.view());
    [root.scrollLeft, root.scrollTop] = [place.x, place.y];
    this.takeFocus({ layer: row.layer.id, axis: band.axis?.id ?? '', column });
  }

  /** @param {{layer: string, axis: string, column: number}} cell */
  takeFocus({ layer, axis, column }) {
    this.cellStop = rowKey(axis, layer);
    this.cursors.set(this.cellStop, column);
    this.paintNow();
    const [own, on] = [layer, axis].map((id) => CSS.escape(id));
    const cell = `[data-cell="${own}"][data-axis="${on}"][data-column="${column}"]`;
    /** @type {HTMLElement | null} */ (this.cells.querySelector(cell))?.focus({
      preventScroll: true,
    });
  }
}

/** @param {import('./paint.js').Drawn} drawn */
function describe(drawn) {
  const wires = drawn.wires.filter((w) => w.taps > 0).length;
  return `Timeline: ${wires} kernels, each with one wire to every timestep that reads it.`;
}
