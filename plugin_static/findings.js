/**
 * What is worth telling, beside the headline.
 *
 * @import {Finding, Timeline} from './timeline.js'
 */
import { html, nothing } from './vendor/libraries.js';
import { clean } from './words.js';

/** @type {Record<Finding['severity'], string>} */
const MARKS = { ERROR: 'Error', WARNING: 'Warning', INFO: 'Note' };

/** @param {Timeline} timeline */
export function findings({ findings: list }) {
  if (list.length === 0) return nothing;
  return html`<ul class="findings" aria-label="Findings" tabindex="0">
    ${list.map(
      (f) =>
        html`<li class=${f.severity.toLowerCase()}>
          <b>${MARKS[f.severity]}:</b> ${clean(f.message)} ${clean(f.advice)}
        </li>`,
    )}
  </ul>`;
}
