/**
 * From a value to its place on a scale of colours, the same at every training step of a run.
 *
 * @typedef {{least: number, leastAbove: number, greatest: number}} Extremes of one layer at one
 *   training step; NaN = there is none
 * @typedef {{kind: 'linear' | 'log', diverging: boolean, low: number, high: number,
 *   cut: boolean}} Scale
 *   diverging: from -high to high, 0 in the middle, and on a log scale nothing to see below low;
 *   cut: there are values below low
 */

/** How far below the usual a log scale goes: what vanishes farther has vanished. */
const DECADES = 6;
/** Votes near 0 say nothing about their sign. */
const VOTE_DECADES = 4;

/** What measures of a part of a whole lie between. */
const PARTS = ['live', 'saturation'];

/**
 * @param {string} measure
 * @returns {'linear' | 'log'} what is used where nobody has chosen
 */
export const usualKind = (measure) => (measure === 'state_gradient' ? 'log' : 'linear');

/**
 * @param {string} measure
 * @param {'linear' | 'log'} kind
 * @param {Extremes[]} extremes of every layer and training step
 * @returns {Scale}
 */
export function scaleOver(measure, kind, extremes) {
  const all = (/** @type {keyof Extremes} */ field) =>
    extremes.map((x) => x[field]).filter((x) => Number.isFinite(x));
  const greatest = all('greatest').reduce((a, b) => Math.max(a, b), 0);
  const least = all('least').reduce((a, b) => Math.min(a, b), 0);
  const above = all('leastAbove').reduce((a, b) => Math.min(a, b), Infinity);
  if (measure === 'vote' || least < 0) {
    const high = Math.max(greatest, -least) || 1;
    return { kind, diverging: true, low: high / 10 ** VOTE_DECADES, high, cut: true };
  }
  const high = PARTS.includes(measure) ? 1 : greatest || 1;
  if (kind === 'linear') return { kind, diverging: false, low: 0, high, cut: false };
  const usual = median(all('greatest').filter((x) => x > 0)) / 10 ** DECADES;
  const low = Math.max(Math.min(above, high), Math.min(usual, high / 10));
  // From a power of ten to another: numbers that can be read at a glance.
  const to = 10 ** Math.ceil(decade(high));
  const from = 10 ** Math.min(Math.floor(decade(low)), Math.ceil(decade(high)) - 1);
  return { kind, diverging: false, low: from, high: to, cut: all('least').some((x) => x < from) };
}

/** A line whose greatest value is more than so many times its least one is seen on a log scale. */
const WIDE = 30;

/**
 * A scale for one line of its own: as narrow as its values, and of the kind that suits them.
 *
 * @param {number[]} values from 0 on
 * @returns {Scale}
 */
export function scaleAround(values) {
  const above = values.filter((x) => Number.isFinite(x) && x > 0);
  const high = above.reduce((a, b) => Math.max(a, b), 0) || 1;
  const least = above.reduce((a, b) => Math.min(a, b), high);
  if (high < WIDE * least) return { kind: 'linear', diverging: false, low: 0, high, cut: false };
  const low = Math.max(least, Math.min(high / WIDE, median(above) / 10 ** DECADES));
  return { kind: 'log', diverging: false, low, high, cut: values.some((x) => x < low) };
}

/**
 * @param {number} value above 0
 * @returns {number} its logarithm, a whole number for powers of ten
 */
const decade = (value) => Number(Math.log10(value).toPrecision(9));

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 1;
}

/**
 * @param {Scale} scale
 * @param {number} value finite
 * @returns {number} from 0 to 1
 */
export function placeOn({ kind, diverging, low, high }, value) {
  const within = (/** @type {number} */ x) => Math.min(1, Math.max(0, x));
  const size = diverging ? Math.abs(value) : value;
  const floor = diverging && kind === 'linear' ? 0 : low;
  const part =
    kind === 'linear'
      ? within((size - floor) / (high - floor))
      : size <= low
        ? 0
        : within(Math.log(size / low) / Math.log(high / low));
  return diverging ? 0.5 + (Math.sign(value) * part) / 2 : part;
}

/**
 * @param {Scale} scale
 * @returns {string[]} what stands at the ends of the scale, and in its middle
 */
export function scaleWords({ kind, diverging, low, high, cut }) {
  if (diverging) {
    const middle = kind === 'log' ? `±${significant(low)}` : '0';
    return [significant(-high), middle, significant(high)];
  }
  if (kind === 'linear') return ['0', significant(high / 2), significant(high)];
  const decades = decade(high) - decade(low);
  const middle = decades % 2 === 0 ? significant(10 ** (decade(low) + decades / 2)) : '';
  return [`${cut ? '≤ ' : ''}${significant(low)}`, middle, significant(high)];
}

const sixDigits = new Intl.NumberFormat('en-US', { maximumFractionDigits: 6 });

/**
 * A measured number in three digits: 0.0123, 4.56e-7, 12,300.
 *
 * @param {number} value
 * @returns {string}
 */
export function significant(value) {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  const minus = value < 0 ? '−' : '';
  if (size === 0) return '0';
  if (size >= 99_999.5 || size < 0.000_995) {
    const [digits, exponent] = size.toExponential(2).split('e');
    return `${minus}${Number(digits)}e${exponent.replace('+', '').replace('-', '−')}`;
  }
  return minus + sixDigits.format(Number(size.toPrecision(3)));
}
