/**
 * What opens over the page (a details element) closes by Escape, and when the focus leaves it.
 */

/** @param {KeyboardEvent} event */
export function closeOnEscape(event) {
  if (event.key !== 'Escape') return;
  const open = /** @type {HTMLElement} */ (event.currentTarget).querySelector('details[open]');
  open?.removeAttribute('open');
  open?.querySelector('summary')?.focus();
}

/** @param {FocusEvent} event */
export function closeOnLeave(event) {
  const list = /** @type {HTMLElement} */ (event.currentTarget);
  if (list.contains(/** @type {Node | null} */ (event.relatedTarget))) return;
  for (const open of list.querySelectorAll('details[open]')) open.removeAttribute('open');
}
