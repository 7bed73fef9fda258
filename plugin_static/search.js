/**
 * The box that searches the network: variables in the table, layers and findings above it.
 *
 * @import {Wish} from './listing.js'
 */
import { html } from './vendor/libraries.js';

/**
 * @param {Wish} wish
 * @param {(wish: Wish) => void} list
 * @param {() => void} leave goes on to what was found
 */
export function searchBox(wish, list, leave) {
  const type = (/** @type {Event} */ event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.currentTarget);
    list({ ...wish, search: value });
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape' && wish.search !== '') {
      event.preventDefault();
      list({ ...wish, search: '' });
    } else if (event.key === 'Enter' || event.key === 'ArrowDown') {
      event.preventDefault();
      leave();
    }
  };
  return html`<input
    type="search"
    class="search"
    aria-label="Search variables, layers and findings"
    aria-keyshortcuts="/"
    title="Search variables, layers and findings; the key / leads here"
    placeholder="Search  ( / )"
    maxlength="200"
    .value=${wish.search}
    @input=${type}
    @keydown=${key}
  />`;
}
