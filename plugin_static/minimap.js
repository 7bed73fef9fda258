/**
 * Paints the overview, and brings the view to where one points in it. What does not move is
 * painted once.
 *
 * @import {Brush, View} from './brush.js'
 * @import {Overview} from './overview.js'
 */
import { needed, overviewOf, scrollToPart } from './overview.js';
import { heatOf, paintRunHeat } from './paint_heat.js';
import { rectangle } from './pen.js';

export class Minimap {
  /** @param {(place: {x: number, y: number}) => void} scrollTo */
  constructor(scrollTo) {
    this.scrollTo = scrollTo;
    this.canvas = document.createElement('canvas');
    this.canvas.className = 'minimap';
    this.canvas.hidden = true;
    this.canvas.setAttribute('role', 'img');
    this.canvas.setAttribute('aria-label', 'Where in the whole picture the view is');
    this.canvas.title = 'The whole picture; the frame is what is in view. Drag to go elsewhere.';
    /** What is the same while the view moves. */
    this.still = document.createElement('canvas');
    /** @type {unknown[]} what it was painted from */
    this.of = [];
    /** @type {{brush: Brush, view: View, overview: Overview} | undefined} */
    this.shown = undefined;
    this.canvas.addEventListener('pointerdown', (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.go(event);
    });
    this.canvas.addEventListener('pointermove', (event) => {
      if (event.buttons & 1) this.go(event);
    });
  }

  /** @param {PointerEvent} event */
  go({ offsetX: x, offsetY: y }) {
    if (!this.shown) return;
    const { brush, view, overview } = this.shown;
    this.scrollTo(scrollToPart(brush.scene, view, overview, { x, y }));
  }

  /**
   * @param {Brush} brush
   * @param {View} view
   */
  paint(brush, view) {
    const { canvas } = this;
    const hidden = !needed(brush.scene, view);
    if (canvas.hidden !== hidden) canvas.hidden = hidden;
    const ctx = canvas.getContext('2d');
    if (hidden || !ctx) return;
    const overview = overviewOf(brush.scene, view);
    this.shown = { brush, view, overview };
    const ratio = window.devicePixelRatio || 1;
    const size = [overview.width, overview.height].map((x) => Math.ceil(x * ratio));
    if (canvas.width !== size[0] || canvas.height !== size[1]) {
      [canvas.width, canvas.height] = size;
      canvas.style.width = `${overview.width}px`;
      canvas.style.height = `${overview.height}px`;
    }
    const { model, heat, colours } = brush;
    const of = [model, heat, colours, ratio, ...size];
    if (of.some((x, i) => x !== this.of[i])) {
      this.of = of;
      [this.still.width, this.still.height] = size;
      this.paintStill(brush, overview, ratio);
    }
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, canvas.width, canvas.height);
    ctx.drawImage(this.still, 0, 0);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const frame of overview.frames) {
      rectangle(ctx, frame, { stroke: colours.bg, width: 4, radius: 2 });
      rectangle(ctx, frame, { stroke: colours.ink, width: 2, radius: 2 });
    }
  }

  /**
   * @param {Brush} brush
   * @param {Overview} overview
   * @param {number} ratio
   */
  paintStill(brush, overview, ratio) {
    const ctx = this.still.getContext('2d');
    if (!ctx) return;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { scene, colours } = brush;
    for (const box of overview.rows) {
      const row = scene.bands[box.band].rows[box.row];
      const drawn = { ...box, height: Math.max(0.5, box.height * 0.75) };
      const heat = heatOf(brush.heat, row);
      if (!heat) {
        // Rows of a pixel or less are one area, and no pattern of half pixels.
        const filled = { ...box, height: box.height + 1 };
        rectangle(ctx, box.height < 2 ? filled : drawn, { fill: colours.over });
        continue;
      }
      const pitch = box.width / Math.max(1, heat.length);
      paintRunHeat({ ...brush, ctx }, { x0: box.x, pitch }, heat, drawn);
    }
  }
}
