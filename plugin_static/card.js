/**
 * The kernel card of a layer: its name, and its weights to scale. Drawn once per layer, because
 * there is one kernel per layer.
 *
 * @import {Scene, Row, Band} from './layout.js'
 * @import {Model} from './model.js'
 * @import {Selection} from './selection.js'
 * @import {MatrixGlyph} from './glyph.js'
 */
import { html, nothing, svg } from './vendor/libraries.js';
import { isLit } from './selection.js';
import { sharedWords } from './shared.js';
import { clean, counted, interval, number, roleWords, shapeTimes } from './words.js';

/**
 * @typedef {object} CardContext
 * @property {Model} model
 * @property {Scene} scene
 * @property {Selection | undefined} active
 * @property {(selection: Selection | undefined) => void} point
 * @property {(selection: Selection) => void} choose
 */

/**
 * @param {CardContext} context
 * @param {Band} band
 * @param {Row} row
 */
export function card(context, band, row) {
  const { model, scene } = context;
  const { layer } = row;
  // One kernel, one card: where the layer runs again, only its name is repeated.
  const glyph = row.first ? scene.glyphs.get(layer.id) : undefined;
  const title = model.titles.get(layer.id) ?? layer.id;
  const side = row.backward ? 'right' : 'left';
  const glyphWidth = glyph?.width ?? 0;
  return html`<div
    class="card ${side} ${scene.crowded ? 'crowded' : ''}"
    data-layer=${layer.id}
    style="top:${row.y}px; --text:${scene.card.text}px; --labels:${scene.card.labels}px;
      --glyph:${glyphWidth}px"
  >
    <div class="card-text">
      <h2 title=${clean(layer.name)}>${title}</h2>
      ${cardLines(context, row)}
    </div>
    <div class="card-glyph" style="height:${glyph?.height ?? 0}px; width:${glyphWidth}px">
      ${glyph?.matrices.map((matrix, i) => matrixButton(context, row, matrix, i === 0))}
    </div>
    ${sharedLabel(model, band, row)}
  </div>`;
}

/** @type {Record<string, string>} */
const WHEN = { STEPWISE: 'each timestep' };

/**
 * @param {CardContext} context
 * @param {Row} row
 */
function cardLines({ model }, { layer, application, first }) {
  if (!first) return html`<p>the same weights, again</p>`;
  const title = model.titles.get(layer.id) ?? '';
  const name = title.endsWith(clean(layer.name)) ? '' : clean(layer.name);
  const lines = [[name, clean(layer.cell)].filter(Boolean).join(' · ')];
  const units = layer.units === undefined ? '' : counted(layer.units, 'unit');
  lines.push([units, WHEN[layer.kind]].filter(Boolean).join(', '));
  if (layer.kind === 'UNKNOWN')
    lines.push(`not recognised: ${clean(layer.reason) || 'no reason given'}`);
  if (layer.kind === 'RECURRENT' && application?.direction === 'UNKNOWN') {
    lines.push('direction not known');
  }
  return lines
    .filter(Boolean)
    .map(
      (line) => html`<p class=${layer.kind === 'UNKNOWN' ? 'long' : ''} title=${line}>${line}</p>`,
    );
}

/**
 * @param {Model} model
 * @param {Band} band
 * @param {Row} row
 */
function sharedLabel(model, band, { layer, first }) {
  const words = first ? sharedWords(model, band.axis, layer) : '';
  if (words === '') return nothing;
  const unused = (model.variablesOf.get(layer.id) ?? []).every((v) => v.uses.length === 0);
  return html`<span class="shared ${unused ? 'none' : ''}">${words}</span>`;
}

/**
 * @param {CardContext} context
 * @param {Row} row
 * @param {MatrixGlyph} matrix
 * @param {boolean} labelled
 */
function matrixButton({ model, active, point, choose }, row, matrix, labelled) {
  const { variable, box, rows, gates, bias } = matrix;
  const index = model.timeline.variables.indexOf(variable);
  const selection = /** @type {const} */ ({ kind: 'variable', index });
  const lit = isLit(model, active, index);
  const title = model.titles.get(row.layer.id) ?? '';
  const when = variable.uses.map(interval).join('; ') || 'not used';
  const label =
    `${roleWords(variable.role)} of ${title}, ${shapeTimes(variable)}, ` +
    `one for all timesteps: ${when}`;
  const height = box.height + (bias ? 7 : 0);
  return html`<button
      class="matrix ${lit ? 'lit' : ''}"
      data-kernel=${row.layer.id}
      aria-label=${label}
      aria-pressed=${lit}
      style="left:${box.x}px; width:${box.width}px; height:${height}px"
      @pointerenter=${() => point(selection)}
      @pointerleave=${() => point(undefined)}
      @focus=${() => choose(selection)}
      @click=${() => choose(selection)}
    >
      <svg width=${box.width} height=${height} aria-hidden="true">
        ${rows.map(
          (r) => svg`<rect class="fill-${r.fill}" x="0" y=${r.y} width=${r.width}
            height=${r.height} />`,
        )}
        ${gates
          .slice(1)
          .map((g) => svg`<path class="split" d="M${g.x - box.x},0v${box.height}" />`)}
        ${
          bias &&
          svg`<rect class="fill-bias" x="0" y=${bias.y} width=${bias.width}
            height=${bias.height} />`
        }
      </svg>
    </button>
    ${gates
      .filter((g) => g.width >= 9)
      .map(
        (g) =>
          html`<span class="gate-label" style="left:${g.x + g.width / 2}px" aria-hidden="true"
            >${clean(g.name)}</span
          >`,
      )}
    ${labelled ? blockLabels(rows) : nothing}`;
}

/** @type {Record<string, string>} */
const SHORT = { input: 'in', hidden: 'h' };

/** @param {number} size */
const short = (size) => (size < 100_000 ? number(size) : `${Math.round(size / 1000)}k`);

/** @param {MatrixGlyph['rows']} rows */
function blockLabels(rows) {
  let last = -Infinity;
  return rows.map((r) => {
    // Two labels need 13 pixels, however thin their blocks are.
    const y = Math.max(r.y + r.height / 2, last + 13);
    last = y;
    const size = r.block.stop - r.block.start;
    const name = SHORT[r.block.name] ?? clean(r.block.name);
    return html`<span class="block-label" style="top:${y}px" aria-hidden="true"
      >${[short(size), name].filter(Boolean).join(' ')}</span
    >`;
  });
}
