/**
 * Lists of things that take one stop of the Tab key together; arrow keys go from one to the next.
 */

/**
 * @param {KeyboardEvent} event in the list
 * @param {string} items what can be gone to
 */
export function moveFocus(event, items) {
  const list = /** @type {HTMLElement} */ (event.currentTarget);
  /** @type {HTMLElement[]} */
  const all = [...list.querySelectorAll(/** @type {'button'} */ (items))];
  const at = all.indexOf(/** @type {HTMLElement} */ (event.target));
  if (at < 0) return;
  /** @type {Record<string, number>} */
  const moves = {
    ArrowUp: at - 1,
    ArrowDown: at + 1,
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    PageUp: at - 10,
    PageDown: at + 10,
    Home: 0,
    End: all.length - 1,
  };
  const to = moves[event.key];
  if (to === undefined) return;
  event.preventDefault();
  all[Math.min(all.length - 1, Math.max(0, to))].focus();
}
