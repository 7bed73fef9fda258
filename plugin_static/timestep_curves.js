/**
 * One timestep over training: fetched for the timestep that somebody stays at.
 *
 * @import {RowLabel, TimestepCurve} from './statistics.js'
 */
import { fetchAtTimestep } from './server.js';

/** Who passes over the cells asks for none of them. */
const STAY = 120;
/** Curves of timesteps that were looked at. */
const REMEMBERED = 50;

export class TimestepCurves {
  /** @param {() => void} arrived */
  constructor(arrived) {
    this.arrived = arrived;
    /** @type {Map<string, TimestepCurve>} */
    this.known = new Map();
    this.wanted = '';
    this.timer = 0;
    this.request = new AbortController();
  }

  /**
   * @param {{run: string, tag: string, version: string, timestep: number}} place
   * @param {RowLabel[]} labels
   * @returns {TimestepCurve | undefined} undefined = not here yet
   */
  at({ run, tag, version, timestep }, labels) {
    const key = JSON.stringify([run, tag, timestep, version]);
    const known = this.known.get(key);
    if (known || key === this.wanted) return known ?? this.before(run, tag, timestep);
    this.wanted = key;
    clearTimeout(this.timer);
    this.request.abort();
    this.request = new AbortController();
    const { signal } = this.request;
    this.timer = window.setTimeout(async () => {
      try {
        const curve = await fetchAtTimestep({ run, tag, timestep }, labels.length, signal);
        this.known.set(key, curve);
        for (const old of [...this.known.keys()].slice(0, -REMEMBERED)) this.known.delete(old);
        this.arrived();
      } catch {
        // The next look at it asks again; what else can be seen does not depend on it.
        if (this.wanted === key) this.wanted = '';
      }
    }, STAY);
    return this.before(run, tag, timestep);
  }

  /**
   * The curve without the newest training steps, until it is here with them.
   *
   * @param {string} run
   * @param {string} tag
   * @param {number} timestep
   */
  before(run, tag, timestep) {
    const start = JSON.stringify([run, tag, timestep]).slice(0, -1);
    const key = [...this.known.keys()].findLast((x) => x.startsWith(`${start},`));
    return key === undefined ? undefined : this.known.get(key);
  }
}
