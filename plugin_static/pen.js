/**
 * The few strokes that the picture is made of.
 *
 * @typedef {CanvasRenderingContext2D} Context
 */

export const FONT = '"Inter", "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

/**
 * Draws so much of something: all of it, as it is at rest, with 1.
 *
 * @param {Context} ctx
 * @param {number} part
 * @param {() => void} draw
 */
export function faded(ctx, part, draw) {
  if (part >= 1) return draw();
  if (part <= 0) return;
  ctx.save();
  ctx.globalAlpha *= part;
  draw();
  ctx.restore();
}

/**
 * @param {Context} ctx
 * @param {[number, number][]} points
 * @param {{colour: string, width?: number, arrow?: boolean, dash?: number[],
 *   radius?: number}} style
 */
export function line(ctx, points, { colour, width = 1.5, arrow = false, dash = [], radius = 7 }) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(...points[0]);
  for (let i = 1; i < points.length - 1; i += 1) {
    const [ax, ay] = points[i - 1];
    const [x, y] = points[i];
    const [bx, by] = points[i + 1];
    const room = Math.min(Math.hypot(x - ax, y - ay), Math.hypot(bx - x, by - y)) / 2;
    ctx.arcTo(x, y, bx, by, Math.min(radius, room));
  }
  ctx.lineTo(.../** @type {[number, number]} */ (points.at(-1)));
  ctx.stroke();
  ctx.setLineDash([]);
  if (arrow) arrowHead(ctx, points);
}

/**
 * Many lines of one kind at once: much faster than one by one.
 *
 * @param {Context} ctx
 * @param {(readonly [number, number, number, number])[]} lines each from one point to another
 * @param {{colour: string, width: number}} style
 */
export function strokes(ctx, lines, { colour, width }) {
  ctx.beginPath();
  for (const [x0, y0, x1, y1] of lines) {
    ctx.moveTo(x0, y0);
    ctx.lineTo(x1, y1);
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.stroke();
}

/**
 * @param {Context} ctx
 * @param {[number, number][]} points
 */
function arrowHead(ctx, points) {
  const [x, y] = /** @type {[number, number]} */ (points.at(-1));
  const [px, py] = /** @type {[number, number]} */ (points.at(-2));
  const length = Math.hypot(x - px, y - py) || 1;
  const [dx, dy] = [(x - px) / length, (y - py) / length];
  const size = 6.5;
  ctx.beginPath();
  ctx.moveTo(x - size * dx + size * 0.6 * dy, y - size * dy - size * 0.6 * dx);
  ctx.lineTo(x, y);
  ctx.lineTo(x - size * dx - size * 0.6 * dy, y - size * dy + size * 0.6 * dx);
  ctx.stroke();
}

/**
 * @param {Context} ctx
 * @param {string} text
 * @param {number} x
 * @param {number} y baseline
 * @param {{colour: string, size?: number, align?: CanvasTextAlign, weight?: number,
 *   italic?: boolean, fit?: number}} style fit = at most so many pixels, the start cut off
 * @returns {number} its width
 */
export function write(ctx, text, x, y, style) {
  const { colour, size = 12, align = 'left', weight = 400, italic = false, fit } = style;
  ctx.font = `${italic ? 'italic ' : ''}${weight} ${size}px ${FONT}`;
  ctx.fillStyle = colour;
  ctx.textAlign = align;
  const shown = fit === undefined ? text : fitted(ctx, text, fit);
  ctx.fillText(shown, x, y);
  return ctx.measureText(shown).width;
}

/**
 * @param {Context} ctx
 * @param {string[]} texts
 * @param {number} size of the letters
 * @param {number} width
 * @returns {string} the first that is no wider; "" = all are
 */
export function fitting(ctx, texts, size, width) {
  ctx.font = `400 ${size}px ${FONT}`;
  return texts.find((text) => ctx.measureText(text).width <= width) ?? '';
}

/**
 * A line of a formula, with its indices below the line.
 *
 * @param {Context} ctx
 * @param {(string | {sub: string})[]} parts
 * @param {number} x left edge
 * @param {number} y baseline
 * @param {{colour: string, size: number}} style
 */
export function formula(ctx, parts, x, y, { colour, size }) {
  let at = x;
  for (const part of parts) {
    at +=
      typeof part === 'string'
        ? write(ctx, part, at, y, { colour, size })
        : write(ctx, part.sub, at + 0.5, y + size * 0.26, { colour, size: size * 0.76 }) + 1;
  }
}

/**
 * Words where lines may pass: these end on both sides of them.
 *
 * @param {Context} ctx
 * @param {string} text
 * @param {number} x left edge
 * @param {number} y baseline
 * @param {{colour: string, plate: string, size: number, fit?: number}} style
 */
export function plate(ctx, text, x, y, { plate: fill, ...style }) {
  ctx.font = `400 ${style.size}px ${FONT}`;
  const width = Math.min(style.fit ?? Infinity, ctx.measureText(text).width);
  const box = { x: x - 3, y: y - style.size, width: width + 6, height: style.size + 4 };
  rectangle(ctx, box, { fill });
  write(ctx, text, x, y, style);
}

/**
 * @param {Context} ctx
 * @param {string} text
 * @param {number} width
 */
function fitted(ctx, text, width) {
  if (ctx.measureText(text).width <= width) return text;
  const letters = [...text].slice(-80);
  while (letters.length > 1 && ctx.measureText(`…${letters.join('')}`).width > width) {
    letters.shift();
  }
  return `…${letters.join('')}`;
}

/**
 * A letter with an index below, and one above.
 *
 * @param {Context} ctx
 * @param {{base: string, below: string, above?: string}} label
 * @param {number} x centre
 * @param {number} y baseline
 * @param {{colour: string, size: number}} style
 */
export function symbol(ctx, { base, below, above }, x, y, { colour, size }) {
  const small = Math.max(11, size * 0.62);
  const font = `italic 400 ${size}px ${FONT}`;
  const smallFont = `italic 400 ${small}px ${FONT}`;
  ctx.textAlign = 'left';
  ctx.fillStyle = colour;
  ctx.font = font;
  const baseWidth = ctx.measureText(base).width;
  ctx.font = smallFont;
  const index = Math.max(
    ctx.measureText(below).width,
    above === undefined ? 0 : ctx.measureText(above).width,
  );
  const left = x - (baseWidth + 1 + index) / 2;
  ctx.fillText(below, left + baseWidth + 1, y + size * 0.26);
  if (above !== undefined) ctx.fillText(above, left + baseWidth + 1.5, y - size * 0.48);
  ctx.font = font;
  ctx.fillText(base, left, y);
}

/**
 * @param {Context} ctx
 * @param {{x: number, y: number, width: number, height: number}} box
 * @param {{fill?: string, stroke?: string, width?: number, radius?: number, dash?: number[]}} style
 */
export const rectangle = (ctx, box, style) => rectangles(ctx, [box], style);

/**
 * Many of one kind at once, none over another.
 *
 * @param {Context} ctx
 * @param {{x: number, y: number, width: number, height: number}[]} boxes
 * @param {{fill?: string, stroke?: string, width?: number, radius?: number, dash?: number[]}} style
 */
export function rectangles(ctx, boxes, { fill, stroke, width = 1.3, radius = 0, dash = [] }) {
  ctx.beginPath();
  for (const box of boxes) {
    ctx.roundRect(box.x, box.y, box.width, box.height, Math.min(radius, box.width / 2));
  }
  if (fill) {
    ctx.fillStyle = fill;
    ctx.fill();
  }
  if (stroke) {
    ctx.strokeStyle = stroke;
    ctx.lineWidth = width;
    ctx.setLineDash(dash);
    ctx.stroke();
    ctx.setLineDash([]);
  }
}
