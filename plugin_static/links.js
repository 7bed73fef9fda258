/**
 * The vertical lines of one band: which row hands its value to which, and where the lines that
 * pass other rows run.
 *
 * @import {Connection} from './timeline.js'
 */

export const INPUT = -1;

/**
 * @typedef {object} Link
 * @property {number} from row, 0 = lowest; INPUT = the sequence that comes in
 * @property {number} to row; the number of rows = the sequence that goes out
 * @property {number} offset timesteps later
 * @property {number} lane 0 = straight; 1, 2, … = to the right of the cells; -1, … = to the left
 */

/**
 * @param {string[]} rows layer ids of a band's rows, the lowest first
 * @param {Connection[]} connections
 * @param {Map<string, 'each' | 'elsewhere'>} fed ids of layers that read something of another
 *   axis: at each timestep, or in a way of its own
 * @returns {Link[]}
 */
export function planLinks(rows, connections, fed = new Map()) {
  const place = new Map(rows.map((id, i) => [id, i]));
  /** @type {Omit<Link, 'lane'>[]} */
  const links = [];
  const receives = new Set();
  const hands = new Set();
  for (const { from, to, offset } of connections) {
    const a = place.get(from);
    const b = place.get(to);
    if (a === undefined || b === undefined || (a === b && offset === 0)) continue;
    links.push({ from: a, to: b, offset });
    if (offset === 0) {
      receives.add(b);
      hands.add(a);
    }
  }
  rows.forEach((id, i) => {
    const comesIn = fed.get(id) === 'each' || (!receives.has(i) && !fed.has(id));
    if (comesIn) links.unshift({ from: INPUT, to: i, offset: 0 });
    if (!hands.has(i)) links.push({ from: i, to: rows.length, offset: 0 });
  });
  return assignLanes(links);
}

/**
 * Straight where nothing is between; else the nearest lane that is free over the rows passed.
 * What comes in runs on the left of the cells, everything else on the right, so that the two
 * never share a lane.
 *
 * @param {Omit<Link, 'lane'>[]} links
 * @returns {Link[]}
 */
function assignLanes(links) {
  /** @type {{side: number, lane: number, low: number, high: number, source: number}[]} */
  const taken = [];
  return links.map((link) => {
    if (link.offset === 0 && link.to - link.from === 1) return { ...link, lane: 0 };
    const side = link.from === INPUT ? -1 : 1;
    const low = Math.min(link.from, link.to);
    const high = Math.max(link.from, link.to);
    let lane = 1;
    // Lines from one source may run together: they carry the same value.
    while (
      taken.some(
        (x) =>
          x.side === side &&
          x.lane === lane &&
          x.source !== link.from &&
          low < x.high &&
          x.low < high,
      )
    ) {
      lane += 1;
    }
    taken.push({ side, lane, low, high, source: link.from });
    return { ...link, lane: side * lane };
  });
}
