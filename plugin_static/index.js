/**
 * What TensorBoard loads into the plugin's frame: it imports this module and calls render().
 */
import { App } from './app.js';

export async function render() {
  document.documentElement.lang = 'en';
  document.title = 'RNN VIEW';
  await addStyle(new URL('./page.css', import.meta.url));
  const root = document.createElement('div');
  root.id = 'rnnview';
  document.body.append(root);
  new App(root).start();
}

/** @param {URL} url */
function addStyle(url) {
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = url.href;
  return new Promise((resolve) => {
    link.addEventListener('load', resolve);
    // Without its style the page is plain, but it says what it knows.
    link.addEventListener('error', resolve);
    document.head.append(link);
  });
}
