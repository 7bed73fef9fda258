/**
 * The panel's part about training: what one layer did over its timesteps, and over training.
 *
 * @import {Model} from './model.js'
 * @import {Selection} from './selection.js'
 * @import {Listed, StepTable} from './statistics.js'
 * @import {Training} from './training.js'
 */
import { html, nothing } from './vendor/libraries.js';
import { EVERY, columnsOf, timestepName } from './columns.js';
import { chart } from './chart.js';
import { CHART } from './curves.js';
import { brokenRows } from './heat.js';
import { explained, placeOf, rowOf, wordsOf } from './measures.js';
import { scaleAround, significant } from './scale.js';
import { columnOf, overall } from './statistics.js';
import { clean, number } from './words.js';

/**
 * @param {Training} training
 * @param {Model} model
 * @param {Selection | undefined} selection
 */
export function trainingPanel(training, model, selection) {
  const { measure } = training;
  if (!measure) return nothing;
  const place = placeOfSelection(model, selection);
  const listed = place && training.listed.get(place);
  const row = listed ? rowOf(listed, measure.key) : -1;
  const title = place ? (model.titles.get(place.slice(0, place.lastIndexOf(' '))) ?? '') : '';
  return html`<section class="training-panel" aria-label="Curves">
    <h2>${[title, `training step ${number(training.step)}`].filter(Boolean).join(', ')}</h2>
    <h3 title=${explained(measure.measure)}>${measure.words}</h3>
    ${
      listed && row >= 0
        ? html`${overTime(training, model, listed, row, selection)}
          ${timestepOrAll(training, model, listed, row, selection)}
          ${selection?.kind === 'cell' ? allValues(training, model, listed, selection) : nothing}`
        : html`<p class="soft chartless">
            ${place ? 'Nothing was logged of this layer.' : 'Point at a kernel or a cell.'}
          </p>`
    }
  </section>`;
}

/** Where there are none: how to get them. */
export const HOW_TO_LOG = 'model.fit(…, callbacks=[tb_rnnview.keras.RNNViewCallback(logdir)])';

/** @param {Training} training */
export function noStatistics({ skipped }) {
  if (skipped.length > 0) {
    return html`<p class="no-statistics">
      The statistics of training cannot be shown. ${clean(skipped[0].reason)}
    </p>`;
  }
  return html`<p class="no-statistics soft">
    No statistics of training in this run: <code>${HOW_TO_LOG}</code> logs what each timestep does.
  </p>`;
}

/**
 * @param {Model} model
 * @param {Selection | undefined} selection
 * @returns {string | undefined} the layer, and which application of it
 */
function placeOfSelection(model, selection) {
  if (!selection) return undefined;
  if (selection.kind === 'variable') {
    const layer = model.timeline.variables[selection.index]?.layers[0];
    return layer === undefined ? undefined : placeOf(layer, 0);
  }
  const applications = model.layers.get(selection.layer)?.applications ?? [];
  const application = applications.findIndex((a) => a.axis === selection.axis);
  return placeOf(selection.layer, Math.max(0, application));
}

/**
 * @param {Model} model
 * @param {Selection | undefined} selection
 * @param {number} length
 * @returns {number | undefined} the timestep that is pointed at
 */
function timestepOf(model, selection, length) {
  if (selection?.kind !== 'cell' || selection.column === EVERY) return undefined;
  const columns = columnsOf(model.axes, model.axes.get(selection.axis));
  const last = !columns.known && selection.column === columns.count - 1;
  return last ? length - 1 : selection.column;
}

/**
 * @param {Training} training
 * @param {Model} model
 * @param {Listed} listed
 * @param {number} row
 * @param {Selection | undefined} selection
 */
function overTime(training, model, listed, row, selection) {
  const table = training.table(listed.tag);
  if (!table) return html`<p class="soft chartless">Nothing was logged at this training step.</p>`;
  const { scale } = training;
  const { starts, length } = table;
  const live = listed.rows.findIndex((x) => x.measure === 'live');
  const over = (/** @type {number} */ column) => live >= 0 && table.values[live][column] === 0;
  const points = starts.map((start, column) => ({
    x: (((starts[column + 1] ?? length) + start) * CHART.width) / 2 / Math.max(1, length),
    value: over(column) ? NaN : table.values[row][column],
  }));
  const at = timestepOf(model, selection, length);
  const column = at === undefined ? -1 : columnOf(table, at);
  const value = column < 0 ? undefined : table.values[row][column];
  const words =
    column < 0 || value === undefined
      ? ''
      : `t = ${at}: ${
          over(column) ? 'no sequence' : valueWords(value, isBroken(listed, table, row, column))
        }`;
  return chart({
    title: 'over time',
    words,
    scale,
    points,
    greyed: together(starts, length, over),
    mark: column < 0 ? undefined : points[column].x,
    ends: ['timestep 0', number(Math.max(0, length - 1))],
  });
}

/**
 * @param {number[]} starts
 * @param {number} length
 * @param {(column: number) => boolean} over
 * @returns {{from: number, to: number}[]} where it is so, as parts of the width
 */
function together(starts, length, over) {
  /** @type {{from: number, to: number}[]} */
  const parts = [];
  starts.forEach((start, i) => {
    if (!over(i)) return;
    const to = (starts[i + 1] ?? length) / length;
    const before = parts.at(-1);
    if (before && i > 0 && over(i - 1)) before.to = to;
    else parts.push({ from: start / length, to });
  });
  return parts;
}

/**
 * @param {number} value
 * @param {boolean} broken it was made of numbers that are not finite
 */
function valueWords(value, broken) {
  if (!Number.isNaN(value)) return significant(value);
  return broken ? 'NaN' : 'not defined';
}

/**
 * @param {Listed} listed
 * @param {StepTable} table
 * @param {number} row
 * @param {number} column
 */
const isBroken = (listed, table, row, column) =>
  brokenRows(listed.rows, row).some((x) => table.values[x][column] > 0);

/**
 * @param {Training} training
 * @param {Model} model
 * @param {Listed} listed
 * @param {number} row
 * @param {Selection | undefined} selection
 */
function timestepOrAll(training, model, listed, row, selection) {
  const table = training.table(listed.tag);
  const at = table && timestepOf(model, selection, table.length);
  return at === undefined
    ? overTraining(training, listed, row)
    : timestepOverTraining(training, listed, row, at);
}

/**
 * @param {Training} training
 * @param {Listed} listed
 * @param {number} row
 * @param {number} timestep
 */
function timestepOverTraining(training, listed, row, timestep) {
  const curve = training.curveAt(listed, timestep);
  const steps = curve?.steps ?? [];
  const along = alongSteps(training.steps);
  const index = steps.indexOf(training.step);
  const broken = brokenRows(listed.rows, row).some((x) => (curve?.values[x][index] ?? 0) > 0);
  return chart({
    title: `t = ${number(timestep)} over training`,
    words: index < 0 || !curve ? '' : valueWords(curve.values[row][index], broken),
    scale: training.scale,
    points: steps.map((step, i) => ({ x: along(step), value: curve?.values[row][i] ?? NaN })),
    greyed: [],
    mark: along(training.step),
    ends: stepEnds(training.steps),
  });
}

/**
 * @param {number[]} steps
 * @returns {[string, string]}
 */
const stepEnds = (steps) => [`training step ${number(steps[0])}`, number(steps[steps.length - 1])];

/**
 * @param {number[]} steps
 * @returns {(step: number) => number} its place along a chart
 */
function alongSteps(steps) {
  const span = steps[steps.length - 1] - steps[0];
  // Where one step was logged there is no way along; it stands in the middle.
  return (step) =>
    span === 0 ? CHART.width / 2 : ((step - steps[0]) / span) * (CHART.width - 6) + 3;
}

/**
 * @param {Training} training
 * @param {Listed} listed
 * @param {number} row
 */
function overTraining(training, listed, row) {
  const overview = training.overviews.get(listed.tag)?.overview;
  if (!overview) return nothing;
  const { measure } = listed.rows[row];
  const { steps } = overview;
  const along = alongSteps(training.steps);
  const points = steps.map((step, i) => ({
    x: along(step),
    value: overall(overview, i, row, 'whole'),
  }));
  const from = steps.map((step, i) => ({
    x: along(step),
    value: overall(overview, i, row, 'elsewhere'),
  }));
  const elsewhere = from.some((p) => p.value > 0) ? from : [];
  const scale = scaleAround([...points, ...elsewhere].map((p) => p.value));
  const index = steps.indexOf(training.step);
  const value = index < 0 ? NaN : points[index].value;
  const broken =
    index >= 0 &&
    brokenRows(listed.rows, row).some((x) => overall(overview, index, x, 'whole') > 0);
  const name = measure === 'vote' ? 'gradient |G|' : 'all timesteps';
  const apart = elsewhere.length > 0 && index >= 0 ? elsewhere[index].value : NaN;
  return chart({
    title: 'over training',
    words: `${name}: ${valueWords(value, broken)}${
      Number.isNaN(apart) ? '' : `, from elsewhere ${significant(apart)}`
    }`,
    scale,
    points,
    others: elsewhere,
    greyed: [],
    mark: index < 0 ? undefined : points[index].x,
    ends: stepEnds(training.steps),
  });
}

/**
 * All that is known of one timestep.
 *
 * @param {Training} training
 * @param {Model} model
 * @param {Listed} listed
 * @param {Selection} selection
 */
function allValues(training, model, listed, selection) {
  const table = training.table(listed.tag);
  const at = table && timestepOf(model, selection, table.length);
  const column = table && at !== undefined ? columnOf(table, at) : -1;
  if (!table || column < 0 || selection.kind !== 'cell') return nothing;
  const columns = columnsOf(model.axes, model.axes.get(selection.axis));
  const many = (table.starts[column + 1] ?? table.length) - table.starts[column];
  const from = table.starts[column];
  return html`<details class="all-values" open>
    <summary>
      ${
        many > 1
          ? `Timesteps ${number(from)} – ${number(from + many - 1)} together`
          : `Timestep ${timestepName(columns, selection.column)}`
      }
    </summary>
    <dl>
      ${listed.rows.map(
        (row, i) =>
          html`<dt>${wordsOf({ ...row, of: row.of.slice(row.of.lastIndexOf('/') + 1) })}</dt>
            <dd>
              ${valueWords(table.values[i][column], isBroken(listed, table, i, column))}
              <span class="soft">${clean(row.unit)}</span>
            </dd>`,
      )}
    </dl>
  </details>`;
}
