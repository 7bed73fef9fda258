/**
 * What of training is shown on the cells, at which step, and what its colours mean.
 *
 * @import {Training} from './training.js'
 */
import { html, nothing } from './vendor/libraries.js';
import { explained } from './measures.js';
import { scaleWords } from './scale.js';
import { NO_MEASURE } from './training.js';
import { clean, counted, number } from './words.js';

/** @param {Training} training */
export function trainingBar(training) {
  if (training.steps.length === 0) return nothing;
  const { measure } = training;
  return html`<section class="training-bar" aria-label="Training">
    ${measureChooser(training)} ${measure ? scaleButtons(training) : nothing}
    ${stepSlider(training)} ${measure ? colourKey(training) : nothing} ${skippedNote(training)}
  </section>`;
}

/** @param {Training} training */
function measureChooser(training) {
  const { measure, measures } = training;
  const change = (/** @type {Event} */ event) => {
    const { value } = /** @type {HTMLSelectElement} */ (event.currentTarget);
    training.chooseMeasure(value);
  };
  return html`<label title=${explained(measure?.measure ?? '')}
    >Colours
    <select data-chooser="measure" @change=${change}>
      ${measures.map(
        (x) => html`<option value=${x.key} .selected=${x === measure}>${x.words}</option>`,
      )}
      <option value=${NO_MEASURE} .selected=${!measure}>None</option>
    </select></label
  >`;
}

/** @param {Training} training */
function scaleButtons(training) {
  const button = (/** @type {'linear' | 'log'} */ kind, /** @type {string} */ words) =>
    html`<button aria-pressed=${training.kind === kind} @click=${() => training.chooseScale(kind)}>
      ${words}
    </button>`;
  return html`<span class="buttons" role="group" aria-label="Scale of the colours"
    >${button('linear', 'Linear')}${button('log', 'Log')}</span
  >`;
}

/** @param {Training} training */
function stepSlider(training) {
  const { steps, step } = training;
  const { playing } = training.film;
  const index = steps.indexOf(step);
  const go = (/** @type {Event} */ event) => {
    training.film.stop();
    training.goTo(Number(/** @type {HTMLInputElement} */ (event.currentTarget).value));
  };
  const widest = Math.max(...[steps[0], steps[steps.length - 1]].map((x) => number(x).length));
  const words = playing ? 'Stop' : 'Play the training steps';
  return html`<span class="steps">
    <button
      class="play"
      data-play
      aria-label=${words}
      title=${words}
      ?disabled=${steps.length < 2}
      @click=${() => training.film.toggle()}
    >
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        <path d=${playing ? 'M1 1h4v10H1zM7 1h4v10H7z' : 'M2 0.5 11 6 2 11.5z'} />
      </svg>
    </button>
    <input
      type="range"
      data-steps
      aria-label="Training step"
      aria-valuetext="training step ${number(step)}"
      min="0"
      max=${steps.length - 1}
      .value=${String(index)}
      ?disabled=${steps.length < 2}
      @input=${go}
    />
    <output
      style="min-width:${widest + 0.5}ch"
      title="One of ${counted(steps.length, 'training step')} logged"
      >training step <b>${number(step)}</b></output
    >
  </span>`;
}

/** @type {Record<string, string>} */
const UNITS = { share: 'share', RMS: 'RMS', fraction: 'fraction', count: 'count' };

const SAME =
  'The same scale for every layer and every training step. A cell without a colour: not defined.';

/** @param {Training} training */
function colourKey(training) {
  const { scale, measure } = training;
  const [low, middle, high] = scaleWords(scale);
  const unit = UNITS[measure?.unit ?? ''] ?? clean(measure?.unit ?? '');
  const name = scale.diverging ? 'vote' : 'heat';
  return html`<span
    class="colour-key"
    role="img"
    aria-label="Colours from ${low} to ${high}, ${unit}, ${scale.kind} scale"
    title=${SAME}
  >
    <span class="unit">${unit}</span>
    <span class="ramp ${name}"><span>${low}</span><span>${middle}</span><span>${high}</span></span>
    <span class="swatches">
      <span><span class="swatch-over"></span>no sequence</span>
      <span><span class="swatch-broken">×</span>NaN, ∞</span>
    </span>
  </span>`;
}

/** @param {Training} training */
function skippedNote({ skipped }) {
  if (skipped.length === 0) return nothing;
  const all = skipped.map(({ tag, reason }) => clean(`${tag}: ${reason}`)).join('\n');
  return html`<span class="skipped" title=${all}
    >${counted(skipped.length, 'layer')} cannot be read</span
  >`;
}
