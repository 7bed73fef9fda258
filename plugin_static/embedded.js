/**
 * Answers that a page carries with it, in the place of a server's: a page that is one file.
 */

const ID = 'rnnview-answers';

/** @type {Map<string, string> | undefined} */
let answers;

const element = () => globalThis.document?.getElementById(ID) ?? undefined;

/** @returns {Map<string, string>} answers as JSON, by route */
function carried() {
  const text = element()?.textContent;
  /** @type {Record<string, unknown>} */
  const read = text ? JSON.parse(text) : {};
  return new Map(Object.entries(read).map(([route, answer]) => [route, JSON.stringify(answer)]));
}

/** Whether this page is by itself: there is nothing to choose, and nobody to ask. */
export const isAlone = () => element() !== undefined;

/**
 * @param {string} route as "./timeline"
 * @returns {ArrayBuffer | undefined} undefined = a server is to be asked
 */
export function embeddedAnswer(route) {
  if (!isAlone()) return undefined;
  answers ??= carried();
  const answer = answers.get(route);
  if (answer === undefined) throw new Error(`This page does not hold ${route}.`);
  return new TextEncoder().encode(answer).buffer;
}
