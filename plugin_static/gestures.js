/**
 * What wheel, pinch, drag, double click and keys do to the picture.
 *
 * @import {Point} from './camera.js'
 */

/**
 * @typedef {object} Hands what they move
 * @property {(factor: number, at: Point | undefined, glides: boolean) => boolean} zoomBy around a
 *   point of the view; false = there is nothing more in that direction
 * @property {(at: Point) => void} intoOrOut
 * @property {() => void} fit
 * @property {(dragging: boolean) => void} dragged
 * @property {(at: Point) => boolean} onTracks whether there are timesteps
 * @property {(one: boolean) => void} roll everything, or the layer that the keyboard is at
 */

/** One step of a button or a key. */
export const STEP = 1.6;
/** A wheel's notch is some 100 pixels; a pinch comes in small ones, with the Ctrl key. */
const WHEEL = 0.0022;
const PINCH = 0.012;
const LINE = 16;
/** Less is a click by a hand that is not steady. */
const LEAST_DRAG = 4;

/**
 * @param {HTMLElement} root
 * @param {Hands} hands
 */
export function followHands(root, hands) {
  /** @param {MouseEvent} event @returns {Point} */
  const at = (event) => {
    const frame = root.getBoundingClientRect();
    return { x: event.clientX - frame.left, y: event.clientY - frame.top };
  };
  root.addEventListener(
    'wheel',
    (event) => {
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
      const pinch = event.ctrlKey || event.metaKey;
      // Beside the timesteps, and sideways, the wheel moves the picture as it does everywhere.
      if (!pinch && (sideways || !hands.onTracks(at(event)))) return;
      const pixels = event.deltaY * (event.deltaMode === 1 ? LINE : 1);
      const factor = Math.exp(-pixels * (pinch ? PINCH : WHEEL));
      const moved = hands.zoomBy(Math.min(3, Math.max(1 / 3, factor)), at(event), false);
      // At the farthest, the page around the picture can be moved on.
      if (moved || pinch || root.scrollHeight > root.clientHeight + 1) event.preventDefault();
    },
    { passive: false },
  );
  root.addEventListener('dblclick', (event) => {
    if (hands.onTracks(at(event))) hands.intoOrOut(at(event));
  });
  document.addEventListener('keydown', (event) => {
    const { target } = event;
    // Where nothing has the focus, the keys are the picture's.
    if (target !== document.body && !(target instanceof Node && root.contains(target))) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!press(event, hands)) return;
    event.preventDefault();
    event.stopPropagation();
  });
  followDrags(root, hands);
}

/**
 * @param {KeyboardEvent} event
 * @param {Hands} hands
 * @returns {boolean} whether the key does something
 */
function press({ key, shiftKey }, hands) {
  if (key === '+' || key === '=') hands.zoomBy(STEP, undefined, true);
  else if (key === '-' || key === '_') hands.zoomBy(1 / STEP, undefined, true);
  else if (key === '0') hands.fit();
  else if (key.toLowerCase() === 'r') hands.roll(shiftKey);
  else return false;
  return true;
}

/**
 * @param {HTMLElement} root
 * @param {Hands} hands
 */
function followDrags(root, hands) {
  /** @type {{x: number, y: number, left: number, top: number} | undefined} */
  let from;
  let dragging = false;
  root.addEventListener('pointerdown', (event) => {
    const target = /** @type {Element} */ (event.target);
    // A finger moves the picture by itself; the frame's own edge is the scroll bars'.
    const bars = event.offsetX > root.clientWidth && target === root;
    if (event.button !== 0 || event.pointerType === 'touch' || bars) return;
    if (target.closest('button, a, summary')) return;
    const { scrollLeft: left, scrollTop: top } = root;
    from = { x: event.clientX, y: event.clientY, left, top };
  });
  root.addEventListener('pointermove', (event) => {
    if (!from) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (!dragging) {
      if (Math.hypot(dx, dy) < LEAST_DRAG) return;
      dragging = true;
      root.setPointerCapture(event.pointerId);
      hands.dragged(true);
    }
    root.scrollLeft = from.left - dx;
    root.scrollTop = from.top - dy;
  });
  const end = () => {
    from = undefined;
    if (!dragging) return;
    dragging = false;
    hands.dragged(false);
    // The click that follows a drag chooses nothing.
    const swallow = (/** @type {Event} */ event) => event.stopImmediatePropagation();
    root.addEventListener('click', swallow, { capture: true, once: true });
    setTimeout(() => root.removeEventListener('click', swallow, { capture: true }));
  };
  root.addEventListener('pointerup', end);
  root.addEventListener('pointercancel', end);
}
