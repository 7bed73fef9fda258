/**
 * Makes plugin_static/vendor/libraries.js, the page's only third-party code, from the versions in
 * package-lock.json. With --check it changes nothing and fails where the file is not fresh.
 *
 * The page is served as it is written, and TensorBoard's content security policy lets it load
 * scripts from its own server only: so the libraries are one module beside it.
 */
import { build } from 'esbuild';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const target = fileURLToPath(new URL('../plugin_static/vendor/libraries.js', import.meta.url));
const libraries = ['lit-html', 'd3-array'];

/** What the page uses; libraries.d.ts beside it says the same to the type checker. */
const entry = `
export { html, svg, nothing, render } from 'lit-html';
export { repeat } from 'lit-html/directives/repeat.js';
export { ticks } from 'd3-array';
`;

/**
 * Name, version and licence text of a library: its licence asks for that wherever it is copied.
 *
 * @param {string} name
 */
async function notice(name) {
  const lock = JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8'));
  const { version } = lock.packages[`node_modules/${name}`];
  const file = new URL(`../node_modules/${name}/LICENSE`, import.meta.url);
  const licence = (await readFile(file, 'utf8')).trim().replaceAll(/^/gm, ' * ');
  return ` *\n * ${name} ${version}\n *\n${licence.replaceAll(/ +$/gm, '')}`;
}

const result = await build({
  stdin: { contents: entry, resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
  bundle: true,
  // lit-html's build that also loads where there is no document: in the page's own tests.
  platform: 'neutral',
  conditions: ['node'],
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  write: false,
});
const head = ['/*! Made by scripts/vendor.mjs (npm run vendor). Not written by hand.'];
for (const name of libraries) head.push(await notice(name));
const text = `${head.join('\n')}\n */\n${result.outputFiles[0].text}`;

if (!process.argv.includes('--check')) {
  await writeFile(target, text);
} else if (text !== (await readFile(target, 'utf8').catch(() => ''))) {
  console.error('plugin_static/vendor/libraries.js is not fresh: npm run vendor');
  process.exit(1);
}
