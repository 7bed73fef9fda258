/**
 * What is chosen, kept in the address of TensorBoard's own page as p.rnnview.<key>, so that a link
 * or a reload leads back to it.
 */

const PREFIX = 'p.rnnview.';

/**
 * @param {string} hash as in location.hash
 * @returns {Record<string, string>}
 */
export function readHash(hash) {
  /** @type {Record<string, string>} */
  const state = {};
  for (const part of hash.replace(/^#/, '').split('&')) {
    const at = part.indexOf('=');
    if (at < 0) continue;
    try {
      const key = decodeURIComponent(part.slice(0, at));
      if (!key.startsWith(PREFIX)) continue;
      state[key.slice(PREFIX.length)] = decodeURIComponent(part.slice(at + 1));
    } catch {
      // A broken escape in the address is not ours to mend: that part is left out.
    }
  }
  return state;
}

/**
 * @param {string} hash
 * @param {Record<string, string>} state
 * @returns {string} the hash with this plugin's part replaced, and nothing else
 */
export function writeHash(hash, state) {
  const others = hash
    .replace(/^#/, '')
    .split('&')
    .filter((part) => part !== '' && !part.startsWith(PREFIX));
  const own = Object.entries(state).map(
    ([key, value]) => `${PREFIX}${encodeURIComponent(key)}=${encodeURIComponent(value)}`,
  );
  return `#${[...others, ...own].join('&')}`;
}

/** @returns {Window} the page that holds the frame, or this one where that is not allowed */
function holder() {
  try {
    return window.parent.location.hash === undefined ? window : window.parent;
  } catch {
    return window;
  }
}

/** @returns {Record<string, string>} */
export const readState = () => readHash(holder().location.hash);

/** @param {Record<string, string>} state */
export function writeState(state) {
  const page = holder();
  const hash = writeHash(page.location.hash, state);
  if (hash === page.location.hash) return;
  try {
    // Replaced, not pushed: choosing a run is no place to go back to, and no event follows.
    page.history.replaceState(page.history.state, '', hash);
  } catch {
    // Without an address the page works all the same.
  }
}

/** @param {() => void} changed called when the address was edited */
export function followState(changed) {
  holder().addEventListener('hashchange', changed);
}
