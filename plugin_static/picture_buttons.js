/**
 * How the picture is taken away: as a file of vectors or of pixels, or by the clipboard.
 *
 * @import {Picture} from './picture.js'
 */
import { html } from './vendor/libraries.js';
import { asPixels } from './picture.js';
import { save } from './take_away.js';

/**
 * @param {string} name of the network
 * @param {() => Picture | undefined} picture
 * @param {(problem: string) => void} failed
 */
export function pictureButtons(name, picture, failed) {
  const file = (/** @type {string} */ ending) =>
    `${name.replace(/[^\w.-]+/g, '_') || 'rnn'}.${ending}`;
  const trying = (/** @type {(made: Picture) => unknown} */ use) => async () => {
    try {
      const made = picture();
      if (made) await use(made);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      failed(`The picture cannot be taken: ${reason}`);
    }
  };
  /** @param {Event} event */
  const chosen = ({ currentTarget }) => {
    const menu = /** @type {HTMLElement} */ (currentTarget).closest('details');
    if (menu) menu.open = false;
  };
  const svg = trying((made) => save(file('svg'), 'image/svg+xml', made.text));
  const png = trying(async (made) => save(file('png'), 'image/png', await asPixels(made)));
  const copy = trying(async (made) => {
    if (!navigator.clipboard?.write) {
      throw new Error('the browser keeps its clipboard from this page; download it as PNG');
    }
    const { text } = made;
    const pixels = asPixels(made);
    const asText = new Blob([text], { type: 'text/plain' });
    await navigator.clipboard.write([
      new ClipboardItem({ 'image/png': pixels, 'text/plain': asText }),
    ]);
  });
  const button = (
    /** @type {string} */ words,
    /** @type {string} */ title,
    /** @type {() => void} */ use,
  ) =>
    html`<button
      title=${title}
      @click=${(/** @type {Event} */ event) => {
        chosen(event);
        use();
      }}
    >
      ${words}
    </button>`;
  return html`<details class="take">
    <summary title="Take the picture away">Picture</summary>
    <div>
      ${button('SVG', 'Download it as vectors', svg)}
      ${button('PNG', 'Download it in pixels, twice as sharp as the screen', png)}
      ${button('Copy', 'Copy it to the clipboard', copy)}
    </div>
  </details>`;
}

/**
 * The menu closes when the reader goes on to something else.
 *
 * @param {HTMLElement} root
 */
export function followMenu(root) {
  const close = (/** @type {Event} */ event) => {
    /** @type {HTMLDetailsElement | null} */
    const menu = root.querySelector('details.take[open]');
    if (menu && !(event.target instanceof Node && menu.contains(event.target))) menu.open = false;
  };
  root.addEventListener('pointerdown', close);
  root.addEventListener('focusin', close);
  root.addEventListener('keydown', (event) => {
    /** @type {HTMLDetailsElement | null} */
    const menu = root.querySelector('details.take[open]');
    if (event.key !== 'Escape' || !menu) return;
    menu.open = false;
    menu.querySelector('summary')?.focus();
  });
}
