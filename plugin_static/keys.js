/**
 * The keys that work everywhere on the page, and the list of all keys.
 */
import { html } from './vendor/libraries.js';

/** @type {[string, string][]} what the keys do, the commonest first */
const KEYS = [
  ['/', 'search variables, layers and findings'],
  ['Tab', 'go on to the next part of the page'],
  ['← → ↑ ↓', 'from timestep to timestep, from layer to layer, from row to row'],
  ['Home, End', 'the first and the last timestep, or row'],
  ['Page ↑, Page ↓', 'a tenth of the timesteps, or ten rows'],
  ['+  −  0', 'closer, farther, all timesteps'],
  ['R, Shift R', 'roll time up, and unroll it; of one layer only'],
  ['Enter', 'from the search to what it found'],
  ['Escape', 'close what is open; empty the search'],
  ['?', 'this list'],
];

/**
 * @param {HTMLElement} root
 * @param {Record<string, () => void>} actions by key
 */
export function followKeys(root, actions) {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (root.querySelector('dialog[open]') || isTyping(event.target)) return;
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  });
}

/** @param {EventTarget | null} target */
const isTyping = (target) =>
  target instanceof Element && target.closest('select, textarea, input:not([type=range])') !== null;

export function keysButton() {
  return html`<button
    class="plain"
    aria-label="Keys"
    title="What the keys do (?)"
    aria-haspopup="dialog"
    @click=${(/** @type {Event} */ event) =>
      openKeys(/** @type {Element} */ (event.currentTarget).getRootNode())}
  >
    ?
  </button>`;
}

/** @param {Node} root */
export function openKeys(root) {
  const dialog = /** @type {Document} */ (root).querySelector('dialog.keys');
  /** @type {HTMLDialogElement | null} */ (dialog)?.showModal();
}

export function keysList() {
  const close = (/** @type {Event} */ event) => {
    const dialog = /** @type {HTMLDialogElement} */ (event.currentTarget);
    // A click beside what is in it is a click on the dialog itself.
    if (event.target === dialog) dialog.close();
  };
  return html`<dialog class="keys" aria-labelledby="keys-title" @click=${close}>
    <form method="dialog">
      <h2 id="keys-title">Keys</h2>
      <dl>
        ${KEYS.map(
          ([keys, what]) =>
            html`<dt><kbd>${keys}</kbd></dt>
              <dd>${what}</dd>`,
        )}
      </dl>
      <button>Close</button>
    </form>
  </dialog>`;
}
