/**
 * A movement on the screen: frame by frame from where it is to where it should be. A new one takes
 * over from where the last has come; who wants no movement is there at once.
 */

const still = matchMedia('(prefers-reduced-motion: reduce)');

export class Motion {
  /** @param {(moving: boolean) => void} [changed] */
  constructor(changed = () => {}) {
    this.changed = changed;
    this.frame = 0;
  }

  /**
   * @param {number} length in milliseconds; 0 = with the next frame
   * @param {(part: number) => void} step with 0 at the start, 1 at the end
   */
  run(length, step) {
    this.stop();
    const whole = still.matches ? 0 : length;
    const started = performance.now();
    /** @param {number} now */
    const next = (now) => {
      const part = whole === 0 ? 1 : Math.min(1, Math.max(0, (now - started) / whole));
      this.frame = part < 1 ? requestAnimationFrame(next) : 0;
      if (part === 1) this.changed(false);
      step(eased(part));
    };
    this.changed(true);
    this.frame = requestAnimationFrame(next);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.changed(false);
  }
}

/**
 * Slow at both ends.
 *
 * @param {number} part
 */
export const eased = (part) => part * part * (3 - 2 * part);
