/**
 * Where a page begins that is one file, with everything in it (tb_rnnview/views/page.py).
 */
import { App } from './app.js';

const root = document.createElement('div');
root.id = 'rnnview';
document.body.append(root);
new App(root).start();
