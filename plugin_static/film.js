/**
 * The training steps, played one after the other.
 */

/** A whole run is played in about so many pictures, each at least so many milliseconds. */
const PICTURES = 120;
const PACE = 120;

/**
 * @typedef {object} Scenes what is played
 * @property {number[]} steps
 * @property {number} step the one on screen
 * @property {(index: number) => Promise<boolean>} goTo whether it could be shown
 * @property {{changed: () => void}} events
 */

export class Film {
  /** @param {Scenes} scenes */
  constructor(scenes) {
    this.scenes = scenes;
    this.playing = false;
    this.timer = 0;
  }

  /** Plays to the newest step: from the chosen one, or from the first where that is the newest. */
  toggle() {
    const { steps, step } = this.scenes;
    if (this.playing) {
      this.stop();
      this.scenes.events.changed();
      return;
    }
    this.playing = true;
    const at = steps.indexOf(step);
    this.playOn(at >= steps.length - 1 ? 0 : at);
  }

  /** @param {number} index */
  async playOn(index) {
    const started = performance.now();
    const shown = await this.scenes.goTo(index);
    if (!this.playing) return;
    // While it is played, training may go on.
    const last = this.scenes.steps.length - 1;
    if (!shown || index >= last) {
      this.stop();
      this.scenes.events.changed();
      return;
    }
    const stride = Math.max(1, Math.ceil((last + 1) / PICTURES));
    const wait = Math.max(0, PACE - (performance.now() - started));
    this.timer = window.setTimeout(() => this.playOn(Math.min(last, index + stride)), wait);
  }

  stop() {
    this.playing = false;
    clearTimeout(this.timer);
  }
}
