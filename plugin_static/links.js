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
 * @property {boolean} joins it ends above the other direction of its layer, whose output it joins
 *
 * @typedef {Omit<Link, 'lane'> & {splits?: boolean}} Plan splits = it brings one direction what the
 *   other one has already been brought
 */

/**
 * @param {string[]} rows layer ids of a band's rows, the lowest first
 * @param {(Omit<Connection, 'starts_state'> & {starts_state?: boolean})[]} connections
 * @param {Map<string, 'each' | 'elsewhere'>} fed ids of layers that read something of another
 *   axis: at each timestep, or in a way of its own
 * @param {Map<string, string>} partners the other direction of a bidirectional layer
 * @returns {Link[]}
 */
export function planLinks(rows, connections, fed = new Map(), partners = new Map()) {
  const place = new Map(rows.map((id, i) => [id, i]));
  /** @type {Plan[]} */
  const links = [];
  const receives = new Set();
  const hands = new Set();
  for (const { from, to, offset, starts_state } of connections) {
    if (starts_state) continue; // it is no input of any timestep
    const a = place.get(from);
    const b = place.get(to);
    if (a === undefined || b === undefined || (a === b && offset === 0)) continue;
    links.push({ from: a, to: b, offset, joins: false });
    if (offset === 0) {
      receives.add(b);
      hands.add(a);
    }
  }
  rows.forEach((id, i) => {
    const comesIn = fed.get(id) === 'each' || (!receives.has(i) && !fed.has(id));
    if (comesIn) links.unshift({ from: INPUT, to: i, offset: 0, joins: false });
    if (!hands.has(i)) links.push({ from: i, to: rows.length, offset: 0, joins: false });
  });
  const pairs = rows.flatMap((id, i) => (partners.get(id) === rows[i + 1] ? [i] : []));
  return assignLanes(joinPairs(links, pairs));
}

/**
 * Both directions of a layer read one sequence, and what they give goes on as one: two lines to
 * each of two rows would say less.
 *
 * @param {Plan[]} links
 * @param {number[]} pairs the lower row of each
 * @returns {Plan[]}
 */
function joinPairs(links, pairs) {
  /** @type {Plan[]} */
  const joins = [];
  let rest = links;
  for (const low of pairs) {
    const goes = (/** @type {number} */ row) =>
      rest
        .filter((l) => l.from === row && l.offset === 0)
        .map((l) => l.to)
        .sort((a, b) => a - b);
    if (goes(low).join() !== goes(low + 1).join() || goes(low).length === 0) continue;
    rest = rest.filter((l) => l.from !== low || l.offset > 0);
    joins.push({ from: low, to: low + 1, offset: 0, joins: true });
  }
  const splits = (/** @type {Plan} */ { from, to, offset }) =>
    pairs.includes(to - 1) &&
    offset === 0 &&
    rest.some((l) => l.offset === 0 && l.from === from && l.to === to - 1);
  return [...joins, ...rest.map((link) => ({ ...link, splits: splits(link) }))];
}

/**
 * Straight where nothing is between; else the nearest lane that is free over the rows passed.
 * What comes in runs on the left of the cells, everything else on the right, so that the two
 * never share a lane.
 *
 * @param {Plan[]} links
 * @returns {Link[]}
 */
function assignLanes(links) {
  /** @type {{side: number, lane: number, low: number, high: number, source: number}[]} */
  const taken = [];
  return links.map(({ splits, ...link }) => {
    if (link.offset === 0 && link.to - link.from === 1 && !link.joins) return { ...link, lane: 0 };
    const side = link.from === INPUT || splits ? -1 : 1;
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
