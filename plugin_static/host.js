/**
 * TensorBoard's word that its data was reloaded.
 *
 * TensorBoard talks to the frames of its plugins through a message port that the frame hands it
 * (its experimental plugin library). Every message is JSON, and waits for a reply. Where nobody
 * answers, as in another host, nothing happens.
 */

const RELOADED = ['experimental.DataReloaded', 'experimental.RunsChanged'];

/** @param {() => void} reloaded */
export function followReloads(reloaded) {
  if (window.parent === window) return;
  const { port1, port2 } = new MessageChannel();
  port1.addEventListener('message', (event) => {
    const message = parse(event.data);
    if (!message || message.isReply) return;
    const { type, id } = message;
    port1.postMessage(JSON.stringify({ type, id, payload: null, error: null, isReply: true }));
    if (RELOADED.includes(String(type))) reloaded();
  });
  port1.start();
  try {
    window.parent.postMessage('experimental.bootstrap', window.origin, [port2]);
  } catch {
    // The host is of another origin: it reloads nothing for us.
  }
}

/**
 * @param {unknown} data
 * @returns {Record<string, unknown> | undefined}
 */
function parse(data) {
  try {
    const message = JSON.parse(String(data));
    return typeof message === 'object' && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}

/**
 * TensorBoard keeps the frames of its other tabs alive, without height.
 */
export const isVisible = () => window.innerHeight > 0 && document.visibilityState === 'visible';

/** @param {() => void} shown called when the page may have come into sight */
export function followVisibility(shown) {
  const look = () => {
    if (isVisible()) shown();
  };
  window.addEventListener('resize', look);
  document.addEventListener('visibilitychange', look);
}
