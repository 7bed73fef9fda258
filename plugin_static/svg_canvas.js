/**
 * Stands where a canvas is painted on, and writes down SVG in its place: lines stay lines, and text
 * stays text. It knows the calls that the painting uses (pen.js, paint_*.js), and no others.
 */

import { FONT } from './pen.js';

/** @typedef {{x: number, y: number}} Point */
/** @typedef {[number, number, number, number, number, number]} Matrix as in SVG: a b c d e f */

/** @type {Record<string, string>} */
const ANCHORS = { left: 'start', start: 'start', center: 'middle', right: 'end', end: 'end' };

/** @param {number} x */
const short = (x) => String(Number(x.toFixed(2)));

/** @param {string} text */
export const escaped = (text) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    // What XML cannot hold, not even escaped: control characters, and halves of a letter.
    .replaceAll(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '\ufffd');

export class SvgCanvas {
  /** @param {(font: string, text: string) => {width: number}} measure */
  constructor(measure) {
    this.measure = measure;
    /** @type {string[]} */
    this.parts = [];
    this.clips = 0;
    this.groups = 0;
    this.fillStyle = '#000';
    this.strokeStyle = '#000';
    this.lineWidth = 1;
    this.globalAlpha = 1;
    this.font = `400 12px ${FONT}`;
    this.textAlign = 'left';
    /** @type {number[]} */
    this.dash = [];
    /** @type {Matrix} */
    this.matrix = [1, 0, 0, 1, 0, 0];
    /** @type {object[]} */
    this.saved = [];
    this.path = '';
    /** @type {Point} */
    this.at = { x: 0, y: 0 };
  }

  save() {
    const { fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, groups } = this;
    const [dash, matrix] = [[...this.dash], [...this.matrix]];
    this.saved.push({
      ...{ fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, groups },
      ...{ dash, matrix },
    });
  }

  restore() {
    const before = /** @type {{groups: number} | undefined} */ (this.saved.pop());
    if (!before) return;
    while (this.groups > before.groups) {
      this.parts.push('</g>');
      this.groups -= 1;
    }
    Object.assign(this, before);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  translate(x, y) {
    const [a, b, c, d, e, f] = this.matrix;
    this.matrix = [a, b, c, d, a * x + c * y + e, b * x + d * y + f];
  }

  /** @param {number} angle */
  rotate(angle) {
    const [a, b, c, d, e, f] = this.matrix;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    this.matrix = [
      a * cos + c * sin,
      b * cos + d * sin,
      c * cos - a * sin,
      d * cos - b * sin,
      e,
      f,
    ];
  }

  /** Nothing was there before. */
  clearRect() {}

  beginPath() {
    this.path = '';
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  moveTo(x, y) {
    this.add(`M${short(x)} ${short(y)}`, x, y);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  lineTo(x, y) {
    this.add(`L${short(x)} ${short(y)}`, x, y);
  }

  /**
   * A line towards one point, rounded off towards another.
   *
   * @param {number} x1
   * @param {number} y1
   * @param {number} x2
   * @param {number} y2
   * @param {number} radius
   */
  arcTo(x1, y1, x2, y2, radius) {
    const to = (/** @type {number} */ x, /** @type {number} */ y) => {
      const length = Math.hypot(x - x1, y - y1) || 1;
      return { x: (x - x1) / length, y: (y - y1) / length };
    };
    const [back, on] = [to(this.at.x, this.at.y), to(x2, y2)];
    const cross = back.x * on.y - back.y * on.x;
    const angle = Math.acos(Math.max(-1, Math.min(1, back.x * on.x + back.y * on.y)));
    if (radius <= 0 || Math.abs(cross) < 1e-6) return this.lineTo(x1, y1);
    const away = radius / Math.tan(angle / 2);
    this.lineTo(x1 + back.x * away, y1 + back.y * away);
    const end = { x: x1 + on.x * away, y: y1 + on.y * away };
    const turn = cross < 0 ? 1 : 0;
    const r = short(radius);
    this.add(`A${r} ${r} 0 0 ${turn} ${short(end.x)} ${short(end.y)}`, end.x, end.y);
  }

  /**
   * A whole circle: no part of one is painted.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} radius
   */
  arc(x, y, radius) {
    const r = short(radius);
    this.moveTo(x - radius, y);
    for (const end of [x + radius, x - radius]) {
      this.add(`A${r} ${r} 0 0 1 ${short(end)} ${short(y)}`, end, y);
    }
    this.path += 'Z';
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  rect(x, y, width, height) {
    this.add(`M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}Z`, x, y);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   * @param {number} radius
   */
  roundRect(x, y, width, height, radius) {
    const r = Math.max(0, Math.min(radius, width / 2, height / 2));
    if (r === 0) return this.rect(x, y, width, height);
    const corner = (/** @type {number} */ dx, /** @type {number} */ dy) =>
      `a${short(r)} ${short(r)} 0 0 1 ${short(dx)} ${short(dy)}`;
    const [w, h] = [short(width - 2 * r), short(height - 2 * r)];
    this.add(
      `M${short(x + r)} ${short(y)}h${w}${corner(r, r)}v${h}${corner(-r, r)}` +
        `h-${w}${corner(-r, -r)}v-${h}${corner(r, -r)}Z`,
      x,
      y,
    );
  }

  /**
   * @param {string} text
   * @param {number} x
   * @param {number} y
   */
  add(text, x, y) {
    this.path += text;
    this.at = { x, y };
  }

  /** @param {number[]} dash */
  setLineDash(dash) {
    this.dash = dash;
  }

  fill() {
    this.draw(`<path d="${this.path}" fill="${escaped(this.fillStyle)}"`);
  }

  stroke() {
    const dash =
      this.dash.length > 0 ? ` stroke-dasharray="${this.dash.map(short).join(' ')}"` : '';
    this.draw(
      `<path d="${this.path}" fill="none" stroke="${escaped(this.strokeStyle)}" ` +
        `stroke-width="${short(this.lineWidth)}"${dash}`,
    );
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  fillRect(x, y, width, height) {
    this.beginPath();
    this.rect(x, y, width, height);
    this.fill();
  }

  clip() {
    this.clips += 1;
    const id = `rnnview-clip-${this.clips}`;
    this.parts.push(
      `<clipPath id="${id}"><path d="${this.path}"${this.transform()}/></clipPath>`,
      `<g clip-path="url(#${id})">`,
    );
    this.groups += 1;
  }

  /** @param {string} text */
  measureText(text) {
    return this.measure(this.font, text);
  }

  /**
   * @param {string} text
   * @param {number} x
   * @param {number} y
   */
  fillText(text, x, y) {
    if (text === '') return;
    const found = /^(italic )?(\d+) ([\d.]+)px/.exec(this.font);
    const [style, weight, size] = [found?.[1], found?.[2] ?? '400', found?.[3] ?? '12'];
    const anchor = ANCHORS[this.textAlign] ?? 'start';
    this.draw(
      [
        `<text x="${short(x)}" y="${short(y)}" fill="${escaped(this.fillStyle)}"`,
        `font-size="${short(Number(size))}"`,
        ...(style ? ['font-style="italic"'] : []),
        ...(weight === '400' ? [] : [`font-weight="${weight}"`]),
        ...(anchor === 'start' ? [] : [`text-anchor="${anchor}"`]),
      ].join(' '),
      escaped(text),
    );
  }

  /**
   * @param {string} start of an element
   * @param {string} [content]
   */
  draw(start, content) {
    const seen = this.globalAlpha < 1 ? ` opacity="${short(this.globalAlpha)}"` : '';
    const end = content === undefined ? '/>' : `>${content}</text>`;
    this.parts.push(`${start}${this.transform()}${seen}${end}`);
  }

  transform() {
    const { matrix } = this;
    if (matrix.join() === '1,0,0,1,0,0') return '';
    return ` transform="matrix(${matrix.map((x) => Number(x.toFixed(4))).join(' ')})"`;
  }

  /**
   * @param {{width: number, height: number, ground: string, title: string, more: string}} page
   *   more = further elements, as SVG
   */
  picture({ width, height, ground, title, more }) {
    const [w, h] = [Math.ceil(width), Math.ceil(height)];
    const size = `width="${w}" height="${h}"`;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${w} ${h}"`,
      `font-family="${escaped(FONT)}" text-rendering="geometricPrecision">`,
      `<title>${escaped(title)}</title>`,
      `<rect ${size} fill="${escaped(ground)}"/>`,
      ...this.parts,
      '</g>'.repeat(this.groups),
      more,
      '</svg>\n',
    ].join('\n');
  }
}
