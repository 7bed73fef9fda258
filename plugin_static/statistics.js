/**
 * Statistics as the server sends them (tb_rnnview/plugin/http_api.md), checked.
 *
 * @typedef {{steps: number[], values: Float32Array[]}} TimestepCurve one timestep at every step;
 *   values = one array for each row
 * @typedef {{measure: string, of: string, unit: string, merged: string}} RowLabel
 * @typedef {{tag: string, version: string, layer: string, application: number,
 *   rows: RowLabel[]}} Listed what there is under a tag
 * @typedef {{layers: Listed[], skipped: {tag: string, reason: string}[]}} Listing
 * @typedef {{steps: number[], numbers: Float32Array, rows: number}} Overview a little of every step
 * @typedef {{length: number, starts: number[], values: Float32Array[], whole: number[],
 *   elsewhere: number[]}} StepTable all of one step; values = one array for each row, one number
 *   for each column: of a sum, the mean of its timesteps
 */

/** An answer that cannot be understood; its message is for the user. */
export class StatisticsError extends Error {}

/** Numbers of each row in an overview. */
const PER_ROW = 5;
const FIELDS = /** @type {const} */ ({
  whole: 0,
  elsewhere: 1,
  least: 2,
  leastAbove: 3,
  greatest: 4,
});
const HEAD = 2;

/**
 * @param {unknown} answer
 * @returns {Listing}
 */
export function readListing(answer) {
  const { layers, skipped } = /** @type {Record<string, unknown>} */ (answer ?? {});
  if (!Array.isArray(layers)) throw new StatisticsError('The server’s answer lists no statistics.');
  return {
    layers: layers.map((x) => ({
      tag: String(x?.tag ?? ''),
      version: String(x?.version ?? ''),
      layer: String(x?.layer ?? ''),
      application: Number(x?.application) || 0,
      rows: (Array.isArray(x?.rows) ? x.rows : []).map((/** @type {any} */ row) => ({
        measure: String(row?.measure ?? ''),
        of: String(row?.of ?? ''),
        unit: String(row?.unit ?? ''),
        merged: String(row?.merged ?? ''),
      })),
    })),
    skipped: (Array.isArray(skipped) ? skipped : []).map((x) => ({
      tag: String(x?.tag ?? ''),
      reason: String(x?.reason ?? ''),
    })),
  };
}

/**
 * @param {ArrayBuffer} buffer
 * @param {number} rows
 * @returns {Overview}
 */
export function readOverview(buffer, rows) {
  const perStep = 8 + 4 * (1 + PER_ROW * rows);
  const count = buffer.byteLength / perStep;
  if (!Number.isInteger(count)) throw new StatisticsError('The server’s answer is incomplete.');
  return {
    steps: [...new Float64Array(buffer, 0, count)],
    numbers: new Float32Array(buffer, 8 * count),
    rows,
  };
}

/**
 * @param {Overview} overview
 * @param {number} index of the step
 * @param {number} row
 * @param {keyof typeof FIELDS} field
 * @returns {number} NaN = there is none
 */
export function overall({ numbers, rows }, index, row, field) {
  return numbers[index * (1 + PER_ROW * rows) + 1 + PER_ROW * row + FIELDS[field]];
}

/**
 * @param {ArrayBuffer} buffer
 * @param {number} rows
 * @returns {TimestepCurve}
 */
export function readTimestep(buffer, rows) {
  const count = buffer.byteLength / (8 + 4 * rows);
  if (!Number.isInteger(count)) throw new StatisticsError('The server’s answer is incomplete.');
  const numbers = new Float32Array(buffer, 8 * count);
  return {
    steps: [...new Float64Array(buffer, 0, count)],
    values: Array.from({ length: rows }, (_, row) => numbers.slice(row * count, (row + 1) * count)),
  };
}

/**
 * @param {ArrayBuffer} buffer
 * @param {RowLabel[]} labels
 * @returns {StepTable}
 */
export function readStep(buffer, labels) {
  const lines = HEAD + labels.length;
  const width = buffer.byteLength / 4 / lines;
  if (!Number.isInteger(width) || width < HEAD) {
    throw new StatisticsError('The server’s answer is incomplete.');
  }
  const numbers = new Float32Array(buffer);
  const line = (/** @type {number} */ i) => numbers.subarray(i * width, (i + 1) * width);
  const counts = line(1).subarray(HEAD);
  const bodies = labels.map((_, i) => line(HEAD + i));
  return {
    length: numbers[0],
    starts: [...line(0).subarray(HEAD)],
    values: bodies.map((body, i) =>
      labels[i].merged === 'sum'
        ? body.subarray(HEAD).map((value, column) => value / counts[column])
        : body.subarray(HEAD),
    ),
    whole: bodies.map((body) => body[0]),
    elsewhere: bodies.map((body) => body[1]),
  };
}

/**
 * @param {StepTable} table
 * @param {number} timestep
 * @returns {number} the column that it is in; -1 = beyond the end
 */
export function columnOf({ starts, length }, timestep) {
  if (timestep < 0 || timestep >= length) return -1;
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle] <= timestep) low = middle;
    else high = middle - 1;
  }
  return low;
}
