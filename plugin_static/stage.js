/**
 * The picture: kernel cards beside a canvas, in a part of the page that scrolls.
 *
 * Only the cards and the cells' outlines for the keyboard are elements; the canvas is as large as
 * the view and is painted anew when the view moves.
 *
 * @import {Band, Row, Scene} from './layout.js'
 * @import {Model} from './model.js'
 * @import {Selection} from './selection.js'
 */
import { html, render } from './vendor/libraries.js';
import { card } from './card.js';
import { cellBox, cells, rowKey } from './cells.js';
import { hitTest } from './hit.js';
import { layOut } from './layout.js';
import { mainVariable } from './model.js';
import { columnsInView, paint } from './paint.js';
import { litBy, same } from './selection.js';
import { readColours } from './theme.js';
import { unused } from './unused.js';

const STEP = 1.6;
const WIDEST_COLUMN = 240;

/**
 * @typedef {{point: (selection: Selection | undefined) => void,
 *   choose: (selection: Selection) => void}} StageEvents
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
    this.frame = 0;
    this.colours = readColours();

    this.sizer = document.createElement('div');
    this.sizer.className = 'sizer';
    this.canvas = document.createElement('canvas');
    this.canvas.setAttribute('role', 'img');
    this.cards = document.createElement('div');
    this.cards.className = 'cards';
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

  recolour() {
    this.colours = readColours();
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
    const closest = (this.zoom * WIDEST_COLUMN) / Math.min(WIDEST_COLUMN, ...pitches);
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
    const [width, height] = [root.clientWidth, Math.max(root.clientHeight, 1)];
    const ratio = window.devicePixelRatio || 1;
    const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) {
      [canvas.width, canvas.height] = pixels;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      canvas.style.marginBottom = `${-height}px`;
    }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const view = { x: root.scrollLeft, y: root.scrollTop, width, height };
    const lit = litBy(model, this.active);
    const drawn = paint({ ctx, model, scene, colours: this.colours, lit }, view);
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
    const context = { model, scene, active, point: events.point, choose: events.choose };
    this.cards.style.setProperty('--right', `${root.clientWidth - scene.right}px`);
    const rows = scene.bands.flatMap((band) => band.rows.map((row) => ({ band, row }))).reverse();
    const all = html`${rows.map(({ band, row }) => card(context, band, row))}${unused(context)}`;
    render(all, this.cards);
    render(
      html`${cells({
        model,
        scene,
        cursors: this.cursors,
        inView: (band) => this.inView(scene, band),
        choose: events.choose,
        walk: (event, band, row, column) => this.walk(event, band, row, column),
      })}`,
      this.cells,
    );
  }

  /**
   * @param {Scene} scene
   * @param {Band} band
   * @returns {[number, number]}
   */
  inView(scene, band) {
    const { root } = this;
    const view = {
      x: root.scrollLeft,
      y: root.scrollTop,
      width: root.clientWidth,
      height: root.clientHeight,
    };
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
    const x = event.clientX - frame.left;
    const inCards = x < scene.left - 80 || x > root.clientWidth - scene.right;
    const hit = inCards
      ? undefined
      : hitTest(scene, x + root.scrollLeft, event.clientY - frame.top + root.scrollTop);
    const selection = hit && this.selectionOf(model, hit);
    root.style.cursor = selection ? 'pointer' : '';
    if (!chosen) this.events.point(selection);
    else if (selection) this.events.choose(selection);
  }

  /**
   * @param {Model} model
   * @param {import('./hit.js').Hit} hit
   * @returns {Selection | undefined}
   */
  selectionOf(model, hit) {
    const layer = hit.row.layer.id;
    if (hit.kind === 'cell') {
      return { kind: 'cell', layer, axis: hit.band.axis?.id ?? '', column: hit.column };
    }
    const variable = mainVariable(model, layer);
    return variable && { kind: 'variable', index: model.timeline.variables.indexOf(variable) };
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
    const { scene } = this;
    if (!scene) return;
    const rows = scene.bands.flatMap((b) => b.rows.map((r) => ({ band: b, row: r })));
    const at = rows.findIndex((r) => r.row === row);
    const last = row.shape === 'cells' ? band.columns.count - 1 : 0;
    const page = Math.max(1, Math.round(band.columns.count / 10));
    /** @type {Record<string, [number, number]>} */
    const moves = {
      ArrowRight: [at, column + 1],
      ArrowLeft: [at, column - 1],
      ArrowUp: [at + 1, column],
      ArrowDown: [at - 1, column],
      PageUp: [at, column - page],
      PageDown: [at, column + page],
      Home: [at, 0],
      End: [at, last],
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const next = rows[Math.min(rows.length - 1, Math.max(0, move[0]))];
    const most = next.row.shape === 'cells' ? next.band.columns.count - 1 : 0;
    this.focusCell(next.band, next.row, Math.min(most, Math.max(0, move[1])));
  }

  /**
   * @param {Band} band
   * @param {Row} row
   * @param {number} column
   */
  focusCell(band, row, column) {
    const { root, scene } = this;
    if (!scene) return;
    this.cursors.set(rowKey(band, row), column);
    const box = cellBox(band, row, column);
    const [from, to] = [root.scrollLeft + scene.left, root.scrollLeft + root.clientWidth];
    if (box.x < from + 30) root.scrollLeft = Math.max(0, box.x - scene.left - 60);
    else if (box.x + box.width > to - scene.right - 30) {
      root.scrollLeft = box.x + box.width - root.clientWidth + scene.right + 60;
    }
    if (box.y < root.scrollTop + 20) root.scrollTop = box.y - 40;
    else if (box.y + box.height > root.scrollTop + root.clientHeight - 70) {
      root.scrollTop = box.y + box.height - root.clientHeight + 110;
    }
    this.paintNow();
    const group = `[data-cell="${CSS.escape(row.layer.id)}"][data-column="${column}"]`;
    /** @type {HTMLElement | null} */ (this.cells.querySelector(group))?.focus({
      preventScroll: true,
    });
  }
}

/** @param {import('./paint.js').Drawn} drawn */
function describe(drawn) {
  const wires = drawn.wires.filter((w) => w.taps > 0).length;
  return `Timeline: ${wires} kernels, each with one wire to every timestep that reads it.`;
}
