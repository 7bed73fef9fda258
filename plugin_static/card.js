/**
 * The kernel card of a layer: its name, and its weights to scale. Drawn once per layer, because
 * there is one kernel per layer.
 *
 * @import {Scene, Row, Band} from './layout.js'
 * @import {Model} from './model.js'
 * @import {Selection} from './selection.js'
 * @import {Glyph, MatrixGlyph} from './glyph.js'
 */
import { html, nothing, svg } from './vendor/libraries.js';
import { isLit } from './selection.js';
import { sharedWords } from './shared.js';
import { placesWords } from './uses.js';
import { clean, counted, number, roleWords, shapeTimes, shortenPath } from './words.js';

/**
 * @typedef {object} CardContext
 * @property {Model} model
 * @property {Scene} scene
 * @property {Selection | undefined} active
 * @property {number} stop the variable whose kernel the Tab key leads to
 * @property {(selection: Selection | undefined) => void} point
 * @property {(selection: Selection) => void} choose
 * @property {(layer: string) => void} roll rolls a layer up, or unrolls it
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
  const glyph = row.first ? scene.kernels.glyphs.get(layer.id) : undefined;
  const side = row.backward ? 'right' : 'left';
  const glyphWidth = glyph?.width ?? 0;
  const inText = scene.narrow || !row.first;
  return html`<div
    class="card ${side} ${scene.narrow ? 'narrow' : ''} ${scene.crowded ? 'crowded' : ''}"
    data-layer=${layer.id}
    style="top:${row.y}px; --text:${scene.card.text}px; --labels:${scene.card.labels}px;
      --glyph:${glyphWidth}px"
  >
    <div class="card-text">
      <div class="card-head">
        <h2 title=${clean(layer.name)}>${breakable(model.short.get(layer.id) ?? '')}</h2>
        ${band.axis && layer.kind !== 'SEQUENCE' ? rollButton(context, row) : nothing}
      </div>
      ${cardLines(context, row)} ${inText ? sharedLabel(model, band, row) : nothing}
    </div>
    <div class="card-glyph" style="height:${glyph?.height ?? 0}px; width:${glyphWidth}px">
      ${glyph?.matrices.map((matrix) => matrixButton(context, row, matrix))}
      ${glyph ? blockLabels(glyph) : nothing}
    </div>
    ${inText ? nothing : sharedLabel(model, band, row)}
  </div>`;
}

/**
 * The Tab key passes it by: on a cell, the keys Shift and R do the same.
 *
 * @param {CardContext} context
 * @param {Row} row
 */
function rollButton({ model, roll }, { layer, rolled }) {
  const title = model.titles.get(layer.id) ?? '';
  return html`<button
    class="roll-one"
    tabindex="-1"
    aria-label="Roll up ${title}"
    aria-pressed=${rolled > 0.5}
    title=${`${rolled > 0.5 ? 'Unroll' : 'Roll up'} this layer (Shift and R on one of its cells)`}
    @click=${() => roll(layer.id)}
  >
    <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
      <path d="M4 12.5h7.5a1.5 1.5 0 0 0 1.5-1.5v-5a1.5 1.5 0 0 0-1.5-1.5h-7.5m2.8-3l-3 3l3 3" />
    </svg>
  </button>`;
}

/** Width of a letter of a card's lines. */
const LETTER = 7.2;

/**
 * A name may be broken where its scopes and words end.
 *
 * @param {string} name
 */
const breakable = (name) => name.split(/(?<=[/_])/).map((part) => html`${part}<wbr />`);

/** @type {Record<string, string>} */
const WHEN = { STEPWISE: 'each timestep' };

/**
 * @param {CardContext} context
 * @param {Row} row
 */
function cardLines({ model, scene }, { layer, application, first }) {
  if (!first) return html`<p>the same weights</p>`;
  const short = model.short.get(layer.id) ?? '';
  const own = layer.name && (model.names.get(layer.id) ?? '');
  const most = Math.floor(scene.card.text / LETTER);
  const name = layer.kind !== 'RECURRENT' || short.endsWith(own) ? '' : shortenPath(own, most);
  const cell = clean(layer.cell);
  const units = layer.units === undefined ? '' : counted(layer.units, 'unit');
  const both = [name, cell].filter(Boolean).join(' · ');
  const fits = both.length <= most;
  const lines = fits ? [both, units] : [name, [cell, units].filter(Boolean).join(' · ')];
  if (WHEN[layer.kind]) lines[1] = [lines[1], WHEN[layer.kind]].filter(Boolean).join(', ');
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
  const words = sharedWords(model, band.axis, layer);
  if (words === '' || (!first && !band.axis)) return nothing;
  const unused = (model.variablesOf.get(layer.id) ?? []).every((v) => v.uses.length === 0);
  return html`<span class="shared ${unused ? 'none' : ''}">${words}</span>`;
}

/**
 * @param {CardContext} context
 * @param {Row} row
 * @param {MatrixGlyph} matrix
 */
function matrixButton({ model, active, stop, point, choose }, row, matrix) {
  const { variable, box, rows, gates, bias } = matrix;
  const index = model.timeline.variables.indexOf(variable);
  const selection = /** @type {const} */ ({ kind: 'variable', index });
  const lit = isLit(model, active, index);
  const title = model.titles.get(row.layer.id) ?? '';
  const name = roleWords(variable.role);
  const label =
    `${name} of ${title}, ${shapeTimes(variable)}, one for all timesteps: ` +
    placesWords(model, variable);
  const height = bias ? bias.y + bias.height - box.y : box.height;
  return html`<button
      class="matrix ${lit ? 'lit' : ''}"
      data-kernel=${row.layer.id}
      tabindex=${index === stop ? 0 : -1}
      aria-label=${label}
      aria-pressed=${lit}
      title=${[name, shapeTimes(variable), scaleWords(matrix)].filter(Boolean).join(', ')}
      style="left:${box.x}px; top:${box.y}px; width:${box.width}px; height:${height}px"
      @pointerenter=${() => point(selection)}
      @pointerleave=${() => point(undefined)}
      @focus=${() => choose(selection)}
      @click=${() => choose(selection)}
    >
      <svg width=${box.width} height=${height} aria-hidden="true">
        ${rows.map(
          (r) => svg`<rect class="fill-${r.fill}" x="0" y=${r.y - box.y} width=${r.width}
            height=${r.height} />`,
        )}
        ${gates
          .slice(1)
          .map((g) => svg`<path class="split" d="M${g.x - box.x},0v${box.height}" />`)}
        ${matrix.torn && svg`<path class="tear" d=${tear(matrix)} />`}
        ${
          bias &&
          svg`<rect class="fill-bias" x="0" y=${bias.y - box.y} width=${bias.width}
            height=${bias.height} />`
        }
      </svg>
    </button>
    ${(matrix.top ? gates : [])
      .filter((g) => g.width >= 9)
      .map(
        (g) =>
          html`<span class="gate-label" style="left:${g.x + g.width / 2}px" aria-hidden="true"
            >${clean(g.name)}</span
          >`,
      )}`;
}

/** @param {MatrixGlyph} matrix */
function scaleWords({ torn, widened }) {
  if (torn) return `longer than drawn: it has more ${torn} than there is room for`;
  return widened ? 'larger than drawn to scale, so that it can be seen' : '';
}

/**
 * A zigzag across a matrix that is cut short.
 *
 * @param {MatrixGlyph} matrix
 */
function tear({ box, torn }) {
  const along = torn === 'rows' ? box.width : box.height;
  const middle = (torn === 'rows' ? box.height : box.width) * 0.62;
  const teeth = Math.max(2, 2 * Math.round(along / 12));
  const points = Array.from({ length: teeth + 1 }, (_, i) => {
    const at = (along * i) / teeth;
    const off = middle + (i % 2 === 0 ? -2.5 : 2.5);
    return torn === 'rows' ? `${at},${off}` : `${off},${at}`;
  });
  return `M${points.join('L')}`;
}

/** @type {Record<string, string>} */
const SHORT = { input: 'in', hidden: 'h' };
/** What the rows of a matrix without blocks are, by its role.
 *
 * @type {Record<string, string>} */
const WHOLE = { kernel: 'in', recurrent_kernel: 'h' };

/** @param {number} size */
const short = (size) => (size < 100_000 ? number(size) : `${Math.round(size / 1000)}k`);

/**
 * The labels of the blocks of the first matrices from the left: those beside them have the same.
 *
 * @param {Glyph} glyph
 */
function blockLabels({ matrices }) {
  let last = -Infinity;
  return matrices
    .filter((m) => m.box.x === 0 && m.variable.shape.length > 1)
    .flatMap((m) => m.rows.map((r) => ({ ...r, role: m.variable.role })))
    .map((r) => {
      // Two labels need 13 pixels, however thin their blocks are.
      const y = Math.max(r.y + r.height / 2, last + 13);
      last = y;
      const size = r.block.stop - r.block.start;
      const name = SHORT[r.block.name] ?? (clean(r.block.name) || (WHOLE[r.role] ?? ''));
      return html`<span class="block-label" style="top:${y}px" aria-hidden="true"
        >${[short(size), name].filter(Boolean).join(' ')}</span
      >`;
    });
}
