// The types of libraries.js: those of the libraries that it is made from.
export { html, svg, nothing, render } from 'lit-html';
export type { TemplateResult } from 'lit-html';
export { repeat } from 'lit-html/directives/repeat.js';
export { ticks } from 'd3-array';
