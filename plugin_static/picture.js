/**
 * The picture as it is seen, to be taken away: as SVG, or as pixels made of that.
 *
 * @import {Brush, View} from './brush.js'
 */
import { paint } from './paint.js';
import { SvgCanvas } from './svg_canvas.js';
import { transcribed } from './transcribed.js';

/** Pixels of a PNG for each of the screen's. */
const SHARP = 2;

/**
 * @typedef {{text: string, width: number, height: number}} Picture text = SVG
 */

/**
 * @param {Omit<Brush, 'ctx'>} brush
 * @param {View} view the part of the scene that is taken
 * @param {{root: Element, x: number, y: number}} cards where they are on screen: what is at x, y
 *   there is at 0, 0 in the picture
 * @param {string} title
 * @returns {Picture}
 */
export function pictureOf(brush, view, { root, x, y }, title) {
  const pen = document.createElement('canvas').getContext('2d');
  const measure = (/** @type {string} */ font, /** @type {string} */ text) => {
    if (!pen) throw new Error('This browser gives no canvas to measure text with.');
    pen.font = font;
    return pen.measureText(text);
  };
  const canvas = new SvgCanvas(measure);
  const ctx = /** @type {CanvasRenderingContext2D} */ (/** @type {unknown} */ (canvas));
  paint({ ...brush, ctx }, view);
  const { width, height } = view;
  const more = transcribed(root, { x, y }, measure);
  const ground = brush.colours.bg;
  return { text: canvas.picture({ width, height, ground, title, more }), width, height };
}

/**
 * @param {Picture} picture
 * @returns {Promise<Blob>} a PNG
 */
export async function asPixels({ text, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [Math.ceil(width) * SHARP, Math.ceil(height) * SHARP];
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    const made = (/** @type {Blob | null} */ blob) =>
      blob ? resolve(blob) : reject(new Error('The picture is too large for this browser.'));
    canvas.toBlob(made, 'image/png');
  });
}
