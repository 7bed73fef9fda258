/**
 * A small chart of the panel: a line, its scale at the left, and where one is.
 *
 * @import {Scale} from './scale.js'
 */
import { html, nothing, svg } from './vendor/libraries.js';
import { CHART, heightOf, infinities, linePath } from './curves.js';
import { placeOn, scaleWords } from './scale.js';

/**
 * @param {{title: string, words: string, scale: Scale, points: {x: number, value: number}[],
 *   others?: {x: number, value: number}[], greyed: {from: number, to: number}[],
 *   mark: number | undefined, ends: [string, string]}} parts
 */
export function chart({ title, words, scale, points, others = [], greyed, mark, ends }) {
  const [low, , high] = scaleWords(scale);
  const { width, height } = CHART;
  const zero = heightOf(placeOn(scale, 0));
  return html`<figure class="chart">
    <figcaption><span>${title}</span> <b>${words}</b></figcaption>
    <div class="plot">
      <svg
        viewBox="0 0 ${width} ${height}"
        preserveAspectRatio="none"
        role="img"
        aria-label="Curve ${title}, from ${low} to ${high}; ${words}"
      >
        ${greyed.map(
          ({ from, to }) =>
            svg`<rect class="over" x=${from * width} width=${(to - from) * width} y="0"
              height=${height} />`,
        )}
        ${scale.diverging ? svg`<path class="zero" d="M0 ${zero}H${width}" />` : nothing}
        ${mark === undefined ? nothing : svg`<path class="mark" d="M${mark} 0V${height}" />`}
        <path class="other" d=${linePath(others, scale)} />
        <path class="curve" d=${linePath(points, scale)} />
        ${infinities(points).map((x) => svg`<path class="broken" d="M${x} 0v9" />`)}
      </svg>
      <span class="high">${high}</span><span class="low">${low}</span>
    </div>
    <p class="ends"><span>${ends[0]}</span><span>${ends[1]}</span></p>
  </figure>`;
}
