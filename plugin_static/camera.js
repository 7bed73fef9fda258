/**
 * How near the picture is, and what of it is rolled up; and the way from one to another.
 *
 * @import {Rolled, Scene} from './layout.js'
 * @import {Place} from './places.js'
 */
import { Motion } from './motion.js';
import { placeAt } from './places.js';

/** @typedef {{x: number, y: number}} Point */

/** Milliseconds. */
const ROLL = 520;
const GLIDE = 200;

export class Camera {
  /**
   * @param {{scene: () => Scene | undefined, scrolled: () => Point,
   *   moved: (hold?: {at: Point, place: Place}, glides?: boolean) => void,
   *   moving: (moving: boolean) => void}} stage
   *   hold = this place of the picture has to stay at this point of the view; glides = it comes
   *   to rest by itself
   */
  constructor(stage) {
    this.stage = stage;
    this.zoom = 1;
    /** @type {Rolled} */
    this.rolled = { all: 0, layers: new Map() };
    this.wanted = { zoom: 1, all: false, layers: /** @type {Set<string>} */ (new Set()) };
    const busy = new Set();
    const follow = (/** @type {string} */ what) => (/** @type {boolean} */ moving) => {
      if (moving) busy.add(what);
      else busy.delete(what);
      stage.moving(busy.size > 0);
    };
    this.rolling = new Motion(follow('rolling'));
    this.zooming = new Motion(follow('zooming'));
  }

  /** A new picture: all of it, unrolled. */
  reset() {
    this.rolling.stop();
    this.zooming.stop();
    this.zoom = 1;
    this.rolled = { all: 0, layers: new Map() };
    this.wanted = { zoom: 1, all: false, layers: new Set() };
  }

  /**
   * Goes there at once.
   *
   * @param {number} zoom
   * @param {boolean} all
   * @param {string[]} layers
   */
  put(zoom, all, layers) {
    this.reset();
    this.zoom = zoom;
    this.rolled = { all: all ? 1 : 0, layers: new Map(layers.map((id) => [id, 1])) };
    this.wanted = { zoom, all, layers: new Set(layers) };
  }

  /**
   * @param {number} zoom 1 = all timesteps
   * @param {Point} at what is there stays there
   * @param {boolean} glides
   * @param {Point} [into] where a cell at that point goes, so that it can be seen whole
   */
  zoomTo(zoom, at, glides, into) {
    const scene = this.stage.scene();
    if (!scene) return;
    const scrolled = this.stage.scrolled();
    const place = placeAt(scene, scrolled.x + at.x, scrolled.y + at.y);
    const to = Math.max(1, Math.min(scene.closest, zoom));
    this.wanted.zoom = to;
    const from = this.zoom;
    if (!place || to === from) return;
    const held = into
      ? { ...place, slot: Math.floor(place.slot) + 0.5, part: 0.5, beyond: 0 }
      : place;
    this.zooming.run(glides ? GLIDE : 0, (part) => {
      this.zoom = part === 1 ? to : from * (to / from) ** part;
      const x = at.x + ((into?.x ?? at.x) - at.x) * part;
      const y = at.y + ((into?.y ?? at.y) - at.y) * part;
      this.stage.moved({ at: { x, y }, place: held }, glides);
    });
  }

  /** Rolls everything up, or unrolls it. */
  rollAll() {
    this.wanted.all = !this.wanted.all;
    if (!this.wanted.all) this.wanted.layers.clear();
    this.roll();
  }

  /** @param {string} layer id */
  rollLayer(layer) {
    const { wanted } = this;
    if (!wanted.layers.delete(layer)) wanted.layers.add(layer);
    this.roll();
  }

  roll() {
    const { wanted } = this;
    this.zooming.stop();
    const from = { zoom: this.zoom, all: this.rolled.all, layers: new Map(this.rolled.layers) };
    const ids = new Set([...from.layers.keys(), ...wanted.layers]);
    // What is rolled up is all in view; what is near would be torn from under the reader.
    const zoom = wanted.all === from.all > 0.5 ? from.zoom : 1;
    wanted.zoom = zoom;
    this.rolling.run(ROLL, (part) => {
      const towards = (/** @type {number} */ a, /** @type {boolean} */ on) =>
        a + ((on ? 1 : 0) - a) * part;
      /** @type {Map<string, number>} */
      const layers = new Map();
      for (const id of ids) {
        const rolled = towards(from.layers.get(id) ?? 0, wanted.layers.has(id));
        if (rolled > 0) layers.set(id, rolled);
      }
      this.rolled = { all: towards(from.all, wanted.all), layers };
      this.zoom = from.zoom * (zoom / from.zoom) ** part;
      this.stage.moved();
    });
  }
}
