/**
 * Light or dark: as TensorBoard's own page, which does not tell its frames; else as the system.
 */

import { rampOf } from './heat.js';

/** The names of the colours that the canvas needs; page.css gives them their values. */
const COLOURS = /** @type {const} */ ([
  'bg',
  'ink',
  'soft',
  'grid',
  'cell',
  'edge',
  'input',
  'hidden',
  'other',
  'wire',
  'wire-quiet',
  'wire-back',
  'wire-back-quiet',
  'warn',
  'warn-bg',
  'over',
]);

/** @typedef {Record<typeof COLOURS[number], string>} Colours */

/** @returns {Colours} */
export function readColours() {
  const style = getComputedStyle(document.documentElement);
  return /** @type {Colours} */ (
    Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]))
  );
}

const STOPS = [0, 1, 2, 3, 4];

/** @typedef {Record<'heat' | 'vote', {fill: string, dark: boolean}[]>} Ramps */

/** @returns {Ramps} the scales of colours: from nothing to most, and from against to for */
export function readRamps() {
  const style = getComputedStyle(document.documentElement);
  const stops = (/** @type {string} */ name) =>
    STOPS.map((i) => style.getPropertyValue(`--${name}-${i}`).trim());
  return { heat: rampOf(stops('heat')), vote: rampOf(stops('vote')) };
}

/** @returns {HTMLElement | null} TensorBoard's body; null where this page is not its frame */
function hostBody() {
  try {
    return window.parent === window ? null : window.parent.document.body;
  } catch {
    return null; // another origin holds the frame
  }
}

/** @param {() => void} changed called whenever the theme has changed */
export function followTheme(changed) {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const body = hostBody();
  const apply = () => {
    const dark = body ? body.classList.contains('dark-mode') : system.matches;
    const theme = dark ? 'dark' : 'light';
    if (document.documentElement.dataset.theme === theme) return;
    document.documentElement.dataset.theme = theme;
    changed();
  };
  if (body) {
    new MutationObserver(apply).observe(body, { attributes: true, attributeFilter: ['class'] });
  } else {
    system.addEventListener('change', apply);
  }
  apply();
}
