/**
 * The page's questions to TensorBoard (tb_rnnview/plugin/http_api.md).
 *
 * @import {Listing, Overview, RowLabel, StepTable, TimestepCurve} from './statistics.js'
 * @import {Timeline} from './timeline.js'
 */
import { embeddedAnswer } from './embedded.js';
import { readListing, readOverview, readStep, readTimestep } from './statistics.js';
import { readTimeline } from './timeline.js';
import { clean } from './words.js';

/** @typedef {Record<string, Record<string, {steps: number[], description: string}>>} Runs */

/** An answer that cannot be used; its message is for the user. */
export class ServerError extends Error {}

/** Nobody waits longer than this for an answer to a click. */
const PATIENCE = 60_000;

/**
 * @param {string} route
 * @param {Record<string, string>} query
 * @param {AbortSignal} signal
 * @returns {Promise<ArrayBuffer>} the body of the answer
 */
async function load(route, query, signal) {
  const carried = embeddedAnswer(route);
  if (carried) return carried;
  // Relative to this file, so that it works below any --path_prefix.
  const url = new URL(route, import.meta.url);
  url.search = new URLSearchParams(query).toString();
  let response;
  let body;
  try {
    response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
    });
    body = await response.arrayBuffer();
  } catch (error) {
    if (signal.aborted) throw error;
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    throw new ServerError(
      late
        ? `TensorBoard has not answered within ${PATIENCE / 1000} seconds.`
        : 'TensorBoard cannot be reached, or broke off its answer. Is it still running?',
    );
  }
  if (!response.ok) {
    const said = clean(textOf(body).trim().slice(0, 400));
    // What is wrong with a question, the plugin says in a sentence; the rest is TensorBoard's.
    if (response.status < 500 && said !== '') throw new ServerError(said);
    throw new ServerError(`TensorBoard answered ${response.status}: ${said || 'no reason given'}`);
  }
  return body;
}

/** @param {ArrayBuffer} body */
const textOf = (body) => new TextDecoder().decode(body);

/**
 * @param {string} route
 * @param {Record<string, string>} query
 * @param {AbortSignal} signal
 * @returns {Promise<unknown>}
 */
async function ask(route, query, signal) {
  const body = await load(route, query, signal);
  try {
    return JSON.parse(textOf(body));
  } catch {
    throw new ServerError('TensorBoard’s answer is incomplete: it is no JSON.');
  }
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Runs>}
 */
export async function fetchRuns(signal) {
  const answer = await ask('./runs', {}, signal);
  const runs = /** @type {{runs?: unknown} | null} */ (answer)?.runs;
  if (typeof runs !== 'object' || runs === null) {
    throw new ServerError('TensorBoard’s answer lists no runs.');
  }
  // No prototype: a run may be called "constructor", or "__proto__".
  /** @type {Runs} */
  const read = Object.create(null);
  for (const [run, tags] of Object.entries(runs)) {
    for (const [tag, entry] of Object.entries(tags ?? {})) {
      const steps = Array.isArray(entry?.steps) ? entry.steps.filter(Number.isInteger) : [];
      if (steps.length === 0) continue;
      read[run] ??= Object.create(null);
      read[run][tag] = { steps, description: String(entry.description ?? '') };
    }
  }
  return read;
}

/**
 * @param {{run: string, tag: string, step: number | undefined}} choice
 * @param {AbortSignal} signal
 * @returns {Promise<Timeline>}
 */
export async function fetchTimeline({ run, tag, step }, signal) {
  const query = { run, tag, ...(step === undefined ? {} : { step: String(step) }) };
  return readTimeline(await ask('./timeline', query, signal));
}

/**
 * @param {string} run
 * @param {AbortSignal} signal
 * @returns {Promise<Listing>}
 */
export async function fetchStatistics(run, signal) {
  return readListing(await ask('./statistics', { run }, signal));
}

/**
 * @param {{run: string, tag: string}} place
 * @param {number} rows
 * @param {AbortSignal} signal
 * @returns {Promise<Overview>}
 */
export async function fetchOverTraining(place, rows, signal) {
  return readOverview(await load('./statistics_over_training', place, signal), rows);
}

/**
 * @param {{run: string, tag: string, step: number}} place
 * @param {RowLabel[]} labels
 * @param {AbortSignal} signal
 * @returns {Promise<StepTable>}
 */
export async function fetchAtStep({ run, tag, step }, labels, signal) {
  const query = { run, tag, step: String(step) };
  return readStep(await load('./statistics_at_step', query, signal), labels);
}

/**
 * @param {{run: string, tag: string, timestep: number}} place
 * @param {number} rows
 * @param {AbortSignal} signal
 * @returns {Promise<TimestepCurve>}
 */
export async function fetchAtTimestep({ run, tag, timestep }, rows, signal) {
  const query = { run, tag, timestep: String(timestep) };
  return readTimestep(await load('./statistics_at_timestep', query, signal), rows);
}
