/**
 * The picture: kernel cards beside a canvas, in a part of the page that scrolls.
 *
 * Only the cards and the cells' outlines for the keyboard are elements; the canvas is as large as
 * the view and is painted anew when the view moves.
 *
 * @import {Point} from './camera.js'
 * @import {Place} from './places.js'
 * @import {Heat} from './heat.js'
 * @import {Kernels} from './kernels.js'
 * @import {Band, Row, Scene} from './layout.js'
 * @import {Model} from './model.js'
 * @import {View} from './brush.js'
 * @import {Selection} from './selection.js'
 */
import { Camera } from './camera.js';
import { cellBox, rowKey } from './cells.js';
import { Elements } from './elements.js';
import { STEP, followHands } from './gestures.js';
import { selectionAt } from './hit.js';
import { firstRowKey, kernelStop, nextCell, scrollTo } from './keyboard.js';
import { layOut } from './layout.js';
import { Minimap } from './minimap.js';
import { columnsInView, paint } from './paint.js';
import { pictureOf } from './picture.js';
import { whereIs } from './places.js';
import { litBy, same } from './selection.js';
import { readColours, readRamps } from './theme.js';

/** At the foot of the view. */
const RULER = 30;

/**
 * @typedef {{point: (selection: Selection | undefined) => void,
 *   choose: (selection: Selection) => void,
 *   arranged: (kernels: Kernels) => void, rolled: () => void, looked: () => void}} StageEvents
 *   rolled = something is to be rolled up or unrolled; looked = the view has moved; arranged =
 *   laid out, for a new network or a new size
 */

export class Stage {
  /**
   * @param {HTMLElement} root
   * @param {StageEvents} events
   */
  constructor(root, events) {
    this.root = root;
    this.events = events;
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
    this.dragging = false;
    /** Where the view was when it was painted. */
    this.painted = { x: 0, y: 0 };
    this.colours = readColours();
    this.ramps = readRamps();
    /** @type {Heat | undefined} */
    this.heat = undefined;

    this.sizer = document.createElement('div');
    this.sizer.className = 'sizer';
    this.canvas = document.createElement('canvas');
    this.canvas.setAttribute('role', 'img');
    this.elements = new Elements();
    const { cards, cells } = this.elements;
    this.minimap = new Minimap(({ x, y }) => {
      [root.scrollLeft, root.scrollTop] = [x, y];
    });
    this.sizer.append(this.canvas, cells, cards);
    root.append(this.sizer);

    this.camera = new Camera({
      scene: () => this.scene,
      scrolled: () => ({ x: root.scrollLeft, y: root.scrollTop }),
      moved: (hold, glides) => this.moved(hold, glides),
      moving: (moving) => root.toggleAttribute('data-moving', moving),
    });
    followHands(root, {
      zoomBy: (factor, at, glides) => this.zoomAround(factor, at, glides),
      intoOrOut: (at) => this.intoOrOut(at),
      fit: () => this.fit(),
      dragged: (dragging) => this.onDrag(dragging),
      onTracks: ({ x }) => x > (this.scene?.left ?? 0) && x < root.clientWidth - this.rightEdge,
      roll: (one) => (one ? this.rollLayer(this.layerAtKeyboard()) : this.rollAll()),
    });
    root.addEventListener('scroll', () => this.onScroll(), { passive: true });
    root.addEventListener('pointermove', (event) => this.onPointer(event, false));
    root.addEventListener('pointerleave', () => this.events.point(undefined));
    root.addEventListener('click', (event) => this.onPointer(event, true));
    new ResizeObserver(() => this.arrange()).observe(root);
  }

  /** @param {Model} model */
  show(model) {
    this.model = model;
    this.camera.reset();
    this.events.rolled();
    this.cursors.clear();
    this.cellStop = '';
    this.arrange();
    // Layers go up, so the recurrent one nearest the input is at the foot.
    const lowest = this.scene?.bands.find((b) => b.rows.some((r) => r.layer.kind === 'RECURRENT'));
    const foot = lowest?.foot ?? this.root.scrollHeight;
    this.root.scrollTop = foot + 8 - this.root.clientHeight;
    this.root.scrollLeft = 0;
  }

  /** @returns {import('./looks.js').Look} how near the picture is, and what is rolled up */
  get look() {
    const { wanted } = this.camera;
    const { root, scene } = this;
    const near = {
      zoom: wanted.zoom,
      x: (root.scrollLeft + root.clientWidth / 2) / (scene?.width || 1),
      y: (root.scrollTop + root.clientHeight / 2) / (scene?.height || 1),
    };
    return { near, all: wanted.all, layers: [...wanted.layers] };
  }

  /** @param {import('./looks.js').Look} look */
  lookAgain({ near, all, layers }) {
    const { model, root } = this;
    if (!model) return;
    const known = layers.filter((id) => model.layers.get(id)?.kind === 'RECURRENT');
    const closest = this.scene?.closest ?? 1;
    this.camera.put(Math.max(1, Math.min(closest, near.zoom)), all, known);
    this.events.rolled();
    this.arrange();
    if (near.zoom <= 1) return;
    root.scrollLeft = near.x * (this.scene?.width ?? 0) - root.clientWidth / 2;
    root.scrollTop = near.y * (this.scene?.height ?? 0) - root.clientHeight / 2;
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

  /** @returns {boolean} whether everything is rolled up, or on its way */
  get rolledUp() {
    return this.camera.wanted.all;
  }

  rollAll() {
    this.camera.rollAll();
    this.events.rolled();
  }

  /** @param {string} layer id */
  rollLayer(layer) {
    if (this.model?.layers.get(layer)?.kind === 'SEQUENCE') return;
    this.camera.rollLayer(layer);
    this.events.rolled();
  }

  fit() {
    this.camera.zoomTo(1, this.middle(), true);
    this.events.looked();
  }

  /**
   * @param {number} direction 1 = closer, -1 = farther
   */
  zoomBy(direction) {
    this.zoomAround(STEP ** direction, undefined, true);
  }

  /**
   * @param {number} factor
   * @param {Point | undefined} at undefined = where the keyboard is, or in the middle
   * @param {boolean} glides
   * @returns {boolean} whether there is something more in that direction
   */
  zoomAround(factor, at, glides) {
    const { wanted } = this.camera;
    const before = wanted.zoom;
    this.camera.zoomTo(before * factor, at ?? this.middle(), glides);
    this.events.looked();
    return wanted.zoom !== before;
  }

  /**
   * From all timesteps into the inside of a cell, and back.
   *
   * @param {Point} at
   */
  intoOrOut(at) {
    const { scene, camera } = this;
    if (!scene) return;
    this.events.looked();
    if (camera.wanted.zoom > 1) return camera.zoomTo(1, at, true);
    camera.zoomTo(scene.closest, at, true, this.centre());
  }

  /** @returns {Point} the cell that the keyboard is at, or the middle of what is in view */
  middle() {
    const { left, top } = this.root.getBoundingClientRect();
    const focus = this.elements.cells.querySelector(':focus-visible')?.getBoundingClientRect();
    if (focus) return { x: focus.x + focus.width / 2 - left, y: focus.y + focus.height / 2 - top };
    return this.centre();
  }

  /** @returns {Point} the middle of what is in view, the ruler at its foot left aside */
  centre() {
    const { root, scene } = this;
    const [from, to] = [scene?.left ?? 0, root.clientWidth - this.rightEdge];
    return { x: (from + to) / 2, y: (root.clientHeight - RULER) / 2 };
  }

  /**
   * The picture is nearer, farther, or rolled up.
   *
   * @param {{at: Point, place: Place}} [hold]
   * @param {boolean} [glides] it comes to rest by itself, and not by the reader's hand
   */
  moved(hold, glides = true) {
    const { model, root, camera } = this;
    if (!model || root.clientWidth === 0) return;
    const { width, height } = this.view();
    const scene = this.place(layOut(model, { width, height }, camera.zoom, camera.rolled));
    this.scene = scene;
    if (hold) {
      const { x, y } = whereIs(scene, hold.place);
      root.scrollLeft = x - hold.at.x;
      root.scrollTop = y - hold.at.y;
    }
    this.paintNow(glides && root.dataset.moving === undefined);
  }

  /** Lays the picture out for the size that it now has. */
  arrange() {
    const { model, root } = this;
    if (!model || root.clientWidth === 0) return;
    const size = () => ({ width: root.clientWidth, height: root.clientHeight });
    const before = size();
    const { zoom, rolled } = this.camera;
    this.scene = this.place(layOut(model, before, zoom, rolled));
    // The first layout may have made a scroll bar come or go.
    const after = size();
    if (after.width !== before.width || after.height !== before.height) {
      this.scene = this.place(layOut(model, after, zoom, rolled));
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
    this.frame = requestAnimationFrame(() => this.paintNow(false));
  }

  /** @param {boolean} resting whether the elements for the keyboard are made at once */
  paintNow(resting = true) {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { model, scene, root, canvas } = this;
    const ctx = canvas.getContext('2d');
    if (!model || !scene || !ctx || root.clientWidth === 0) return;
    const view = this.view();
    this.painted = view;
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
    const brush = { ctx, model, scene, colours, ramps, heat, lit };
    const drawn = paint(brush, view);
    this.minimap.paint(brush, view);
    // What is on the canvas, for those who cannot see it: screen readers, and tests.
    const told = JSON.stringify(drawn);
    if (canvas.dataset.drawn !== told) {
      canvas.dataset.drawn = told;
      canvas.setAttribute('aria-label', describe(drawn));
    }
    this.elements.renderCards(this.cardContext(model, scene), view);
    this.elements.renderCells(() => this.cellContext(model, scene), resting);
  }

  /**
   * @param {Model} model
   * @param {Scene} scene
   * @returns {import('./card.js').CardContext}
   */
  cardContext(model, scene) {
    const { active, events } = this;
    const { point, choose } = events;
    const stop = kernelStop(model, scene, active);
    const roll = (/** @type {string} */ layer) => this.rollLayer(layer);
    return { model, scene, active, stop, point, choose, roll };
  }

  /**
   * @param {Model} model
   * @param {Scene} scene
   * @returns {import('./cells.js').CellContext}
   */
  cellContext(model, scene) {
    return {
      model,
      scene,
      heat: this.heat,
      cursors: this.cursors,
      stop: this.cellStop || firstRowKey(scene),
      inView: (band) => this.inView(scene, band),
      choose: this.events.choose,
      walk: (event, band, row, column) => this.walk(event, band, row, column),
    };
  }

  /**
   * All rows of what is in view.
   *
   * @param {string} title
   * @returns {import('./picture.js').Picture | undefined}
   */
  picture(title) {
    const { model, scene, root, elements, colours, ramps, heat } = this;
    if (!model || !scene) return undefined;
    const view = { ...this.view(), y: 0, height: Math.max(scene.height, 1) };
    const context = this.cardContext(model, scene);
    const frame = this.sizer.getBoundingClientRect();
    const { x } = root.getBoundingClientRect();
    elements.renderCards(context, view);
    const brush = { model, scene, colours, ramps, heat, lit: litBy(model, this.active) };
    const picture = pictureOf(brush, view, { root: elements.cards, x, y: frame.y }, title);
    elements.renderCards(context, this.view());
    return picture;
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
    if (!model || !scene || this.dragging || target.closest('.card')) return;
    const frame = root.getBoundingClientRect();
    const at = { x: event.clientX - frame.left, y: event.clientY - frame.top };
    const selection = selectionAt(model, scene, at, this.view());
    root.style.cursor = selection ? 'pointer' : '';
    if (!chosen) this.events.point(selection);
    else if (selection) this.events.choose(selection);
    // From where a click was, the arrow keys go on.
    if (chosen && selection?.kind === 'cell') this.takeFocus(selection);
  }

  /** @param {boolean} dragging */
  onDrag(dragging) {
    this.dragging = dragging;
    this.root.classList.toggle('dragging', dragging);
    if (dragging) this.events.point(undefined);
  }

  onScroll() {
    const { scrollLeft, scrollTop } = this.root;
    this.events.looked();
    // Where it was scrolled to fit what is painted, it is painted already.
    if (scrollLeft !== this.painted.x || scrollTop !== this.painted.y) this.schedule();
  }

  get rightEdge() {
    return this.scene?.right ?? 0;
  }

  /** @returns {string} id of the layer whose cell or kernel has the focus, or is chosen */
  layerAtKeyboard() {
    const focus = /** @type {HTMLElement | null} */ (this.root.querySelector(':focus'));
    const chosen = this.active?.kind === 'cell' ? this.active.layer : '';
    return focus?.dataset.cell ?? focus?.dataset.kernel ?? chosen;
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
    /** @type {HTMLElement | null} */ (this.elements.cells.querySelector(cell))?.focus({
      preventScroll: true,
    });
  }
}

/** @param {import('./paint.js').Drawn} drawn */
function describe(drawn) {
  const wires = drawn.wires.filter((w) => w.taps > 0).length;
  return `Timeline: ${wires} kernels, each with one wire to every timestep that reads it.`;
}
