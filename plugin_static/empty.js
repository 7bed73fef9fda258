/**
 * The page where there is nothing to show yet: it says what to do.
 */
import { html } from './vendor/libraries.js';

export const EXPORT_LINE = 'tb_rnnview.export(tf.compat.v1.get_default_graph(), logdir)';
export const COMMAND_LINE = 'tb-rnnview export model.meta --logdir logs';

export function emptyPage() {
  return html`<section class="empty">
    <h1>No network to show yet</h1>
    <p>
      RNN VIEW draws the timeline of a recurrent network: its layers, its timesteps, and the weights
      that the timesteps share. No run in this log folder has one.
    </p>
    <h2>In your program, after the graph is built</h2>
    <pre><code>import tb_rnnview
${EXPORT_LINE}</code></pre>
    <p>where <code>logdir</code> is the folder that TensorBoard was started with.</p>
    <h2>Or from a model that is already saved</h2>
    <pre><code>${COMMAND_LINE}</code></pre>
    <p>This page looks again whenever TensorBoard reloads its data.</p>
  </section>`;
}
