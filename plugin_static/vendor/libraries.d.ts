// The types of libraries.js: those of the libraries that it is made from.
export { html, svg, nothing, render } from 'lit-html';
export type { TemplateResult } from 'lit-html';
export { ticks } from 'd3-array';
