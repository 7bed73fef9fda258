/**
 * Elements of the page as SVG: their boxes, their text, and the drawings inside them, as they are
 * on screen. The kernel cards are taken into a picture so.
 */

import { escaped } from './svg_canvas.js';

/** Controls are no part of a picture. */
const LEFT_OUT = '.roll-one';

/** @param {number} x */
const short = (x) => String(Number(x.toFixed(2)));

/**
 * @param {Element} root
 * @param {{x: number, y: number}} origin what is there on screen is at 0, 0 in the picture
 * @param {(font: string, text: string) => TextMetrics} measure
 * @returns {string} SVG
 */
export function transcribed(root, origin, measure) {
  /** @type {string[]} */
  const parts = [];
  for (const element of root.querySelectorAll('*')) {
    if (element.closest(LEFT_OUT)) continue;
    if (element.tagName === 'svg') parts.push(drawing(element, origin));
    else if (element instanceof HTMLElement) {
      parts.push(box(element, origin), ...lines(element, origin, measure));
    }
  }
  return parts.filter(Boolean).join('\n');
}

/**
 * @param {HTMLElement} element
 * @param {{x: number, y: number}} origin
 */
function box(element, origin) {
  const style = getComputedStyle(element);
  const frame = element.getBoundingClientRect();
  const border = parseFloat(style.borderTopWidth) || 0;
  const outline = style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth) || 0;
  const off = parseFloat(style.outlineOffset) || 0;
  const rounded = parseFloat(style.borderTopLeftRadius) || 0;
  const found = [];
  if (border > 0 && style.borderTopStyle !== 'none') {
    found.push({ out: -border / 2, width: border, colour: style.borderTopColor });
  }
  if (outline > 0)
    found.push({ out: off + outline / 2, width: outline, colour: style.outlineColor });
  return found
    .map(({ out, width, colour }) => {
      const dash = style.borderTopStyle === 'dashed' && out < 0 ? ' stroke-dasharray="4 3"' : '';
      return (
        `<rect x="${short(frame.x - origin.x - out)}" y="${short(frame.y - origin.y - out)}" ` +
        `width="${short(frame.width + 2 * out)}" height="${short(frame.height + 2 * out)}" ` +
        `rx="${short(Math.max(0, rounded + out))}" fill="none" stroke="${escaped(colour)}" ` +
        `stroke-width="${short(width)}"${dash}/>`
      );
    })
    .join('');
}

/**
 * The text that an element itself holds, line by line.
 *
 * @param {HTMLElement} element
 * @param {{x: number, y: number}} origin
 * @param {(font: string, text: string) => TextMetrics} measure
 */
function lines(element, origin, measure) {
  const style = getComputedStyle(element);
  const font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = measure(font, 'x');
  const clipped = clipOf(element);
  const slant = style.fontStyle === 'italic' ? ' font-style="italic"' : '';
  return piecesOf(element).map(({ text, frame }) => {
    const middle = frame.y + frame.height / 2 - origin.y;
    const x = frame.x - origin.x;
    const shown = fitted(text, clipped - frame.x, (part) => measure(font, part).width);
    return (
      `<text x="${short(x)}" y="${short(middle + (up - down) / 2)}" ` +
      `font-size="${short(parseFloat(style.fontSize))}" font-weight="${style.fontWeight}"` +
      `${slant} fill="${escaped(style.color)}">${escaped(shown)}</text>`
    );
  });
}

/**
 * @param {HTMLElement} element
 * @returns {{text: string, frame: DOMRect}[]} one for each line of each piece of text
 */
function piecesOf(element) {
  /** @type {{text: string, frame: DOMRect}[]} */
  const found = [];
  for (const node of element.childNodes) {
    if (node.nodeType !== Node.TEXT_NODE) continue;
    const range = document.createRange();
    for (const word of (node.nodeValue ?? '').matchAll(/\S+/g)) {
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const frame = range.getBoundingClientRect();
      if (frame.width === 0) continue;
      const last = found.at(-1);
      if (last && Math.abs(last.frame.y - frame.y) < 2) last.text += ` ${word[0]}`;
      else found.push({ text: word[0], frame });
    }
  }
  return found;
}

/**
 * @param {Element} element
 * @returns {number} where on screen its text ends, if it is cut off
 */
function clipOf(element) {
  for (let at = /** @type {Element | null} */ (element); at; at = at.parentElement) {
    if (at.classList.contains('card')) break;
    if (getComputedStyle(at).overflowX === 'hidden') return at.getBoundingClientRect().right + 1;
  }
  return Infinity;
}

/**
 * @param {string} text
 * @param {number} width
 * @param {(text: string) => number} measure
 */
function fitted(text, width, measure) {
  if (measure(text) <= width) return text;
  const letters = [...text].slice(0, 200);
  while (letters.length > 1 && measure(`${letters.join('')}…`) > width) letters.pop();
  return `${letters.join('')}…`;
}

/** What of a shape's look is in the style sheet. */
const LOOKS = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linejoin'];

/**
 * @param {Element} svg
 * @param {{x: number, y: number}} origin
 */
function drawing(svg, origin) {
  const frame = svg.getBoundingClientRect();
  const shapes = [...svg.querySelectorAll('rect, path')].map((shape) => {
    const style = getComputedStyle(shape);
    const own = [...shape.attributes].filter((a) => !['class', 'style'].includes(a.name));
    const looks = LOOKS.map((name) => [name, style.getPropertyValue(name)]);
    const all = [...own.map((a) => [a.name, a.value]), ...looks];
    return `<${shape.tagName} ${all.map(([k, v]) => `${k}="${escaped(v)}"`).join(' ')}/>`;
  });
  const place = `${short(frame.x - origin.x)} ${short(frame.y - origin.y)}`;
  return `<g transform="translate(${place})">${shapes.join('')}</g>`;
}
