/**
 * The Timeline as the server sends it (tb_rnnview/timeline.proto, field for field), checked.
 * An absent field means "not known".
 *
 * @typedef {{kind: string, path: string, framework: string, version: string}} Source
 * @typedef {{id: string, label: string, length?: number, length_is_bound: boolean,
 *   length_source: string, reason: string, encoding: string, parent: string}} Axis
 * @typedef {'FORWARD' | 'BACKWARD' | 'UNKNOWN'} Direction
 * @typedef {{axis: string, direction: Direction, name: string}} Application
 * @typedef {'RECURRENT' | 'STEPWISE' | 'SEQUENCE' | 'ONCE' | 'UNKNOWN'} Kind
 * @typedef {{id: string, name: string, cell: string, units?: number, kind: Kind, depth?: number,
 *   applications: Application[], evidence: string, reason: string}} Layer
 * @typedef {{name: string, dimension: number, start: number, stop: number}} Block
 * @typedef {{layer: string, axis: string, start: number, stop?: number, stride: number,
 *   reads: number}} Use
 * @typedef {{name: string, shape: number[], shape_unknown: boolean, dtype: string,
 *   trainable?: boolean, layers: string[], role: string, blocks: Block[], evidence: string,
 *   uses: Use[], reason: string}} Variable
 * @typedef {{name: string, layer: string, shape: number[], shape_unknown: boolean,
 *   initial: string, initial_layer: string}} State
 * @typedef {{from: string, to: string, offset: number, starts_state: boolean}} Connection
 * @typedef {{code: string, severity: 'INFO' | 'WARNING' | 'ERROR', message: string,
 *   advice: string, layers: string[], variables: string[]}} Finding
 * @typedef {{schema_version: number, name: string, source: Source, axes: Axis[], layers: Layer[],
 *   variables: Variable[], states: State[], connections: Connection[],
 *   findings: Finding[]}} Timeline
 */

/** The newest schema that this page draws right. */
export const SCHEMA_VERSION = 1;

/** An answer that is no timeline; its message is one sentence for the user. */
export class TimelineError extends Error {}

/** @typedef {Record<string, unknown>} Plain */

/**
 * @param {unknown} value
 * @returns {Plain}
 */
function object(value) {
  return typeof value === 'object' && value !== null ? /** @type {Plain} */ (value) : {};
}

/**
 * @param {unknown} value
 * @returns {string}
 */
const text = (value) => (typeof value === 'string' ? value : '');

/**
 * @param {unknown} value
 * @returns {number | undefined}
 */
const count = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;

/**
 * @template T
 * @param {unknown} value
 * @param {(item: Plain) => T} read
 * @returns {T[]}
 */
const list = (value, read) => (Array.isArray(value) ? value.map((x) => read(object(x))) : []);

/**
 * @param {unknown} value
 * @returns {string[]}
 */
const texts = (value) => (Array.isArray(value) ? value.map(text) : []);

/**
 * @param {unknown} value
 * @returns {number[]}
 */
const shape = (value) => (Array.isArray(value) ? value.map((d) => count(d) ?? -1) : []);

/**
 * @template {string} T
 * @param {unknown} value
 * @param {readonly T[]} known the last one stands for a value that this page does not know
 * @returns {T}
 */
function oneOf(value, known) {
  return known.find((x) => x === value) ?? known[known.length - 1];
}

/** @type {readonly Kind[]} */
const KINDS = ['RECURRENT', 'STEPWISE', 'SEQUENCE', 'ONCE', 'UNKNOWN'];
/** @type {readonly Direction[]} */
const DIRECTIONS = ['FORWARD', 'BACKWARD', 'UNKNOWN'];
/** @type {readonly Finding['severity'][]} */
const SEVERITIES = ['ERROR', 'WARNING', 'INFO'];

/**
 * The timeline in a parsed answer. What is missing becomes "not known", so that one odd field
 * costs that field and not the page.
 *
 * @param {unknown} answer
 * @returns {Timeline}
 * @throws {TimelineError} it is no timeline, or of a newer schema
 */
export function readTimeline(answer) {
  const plain = object(answer);
  const version = count(plain.schema_version) ?? 0;
  if (version === 0 || !Array.isArray(plain.layers) || !Array.isArray(plain.variables)) {
    throw new TimelineError('The server’s answer is no timeline.');
  }
  if (version > SCHEMA_VERSION) {
    throw new TimelineError(
      `This timeline follows schema ${version}, and this page knows up to schema ` +
        `${SCHEMA_VERSION}: upgrade with pip install -U tb-rnnview, then restart TensorBoard.`,
    );
  }
  const source = object(plain.source);
  return {
    schema_version: version,
    name: text(plain.name),
    source: {
      kind: text(source.kind),
      path: text(source.path),
      framework: text(source.framework),
      version: text(source.version),
    },
    axes: list(plain.axes, (x) => ({
      id: text(x.id),
      label: text(x.label),
      length: count(x.length),
      length_is_bound: x.length_is_bound === true,
      length_source: text(x.length_source),
      reason: text(x.reason),
      encoding: text(x.encoding),
      parent: text(x.parent),
    })),
    layers: list(plain.layers, (x) => ({
      id: text(x.id),
      name: text(x.name),
      cell: text(x.cell),
      units: count(x.units),
      kind: oneOf(x.kind, KINDS),
      depth: count(x.depth),
      applications: list(x.applications, (a) => ({
        axis: text(a.axis),
        direction: oneOf(a.direction, DIRECTIONS),
        name: text(a.name),
      })),
      evidence: text(x.evidence),
      reason: text(x.reason),
    })),
    variables: list(plain.variables, (x) => ({
      name: text(x.name),
      shape: shape(x.shape),
      shape_unknown: x.shape_unknown === true,
      dtype: text(x.dtype),
      trainable: typeof x.trainable === 'boolean' ? x.trainable : undefined,
      layers: texts(x.layers),
      role: text(x.role) || 'other',
      blocks: list(x.blocks, (b) => ({
        name: text(b.name),
        dimension: count(b.dimension) ?? 0,
        start: count(b.start) ?? 0,
        stop: count(b.stop) ?? 0,
      })),
      evidence: text(x.evidence),
      uses: list(x.uses, (u) => ({
        layer: text(u.layer),
        axis: text(u.axis),
        start: count(u.start) ?? 0,
        stop: count(u.stop),
        stride: Math.max(1, count(u.stride) ?? 1),
        reads: count(u.reads) ?? 0,
      })),
      reason: text(x.reason),
    })),
    states: list(plain.states, (x) => ({
      name: text(x.name),
      layer: text(x.layer),
      shape: shape(x.shape),
      shape_unknown: x.shape_unknown === true,
      initial: text(x.initial),
      initial_layer: text(x.initial_layer),
    })),
    connections: list(plain.connections, (x) => ({
      from: text(x.from),
      to: text(x.to),
      offset: count(x.offset) ?? 0,
      starts_state: x.starts_state === true,
    })),
    findings: list(plain.findings, (x) => ({
      code: text(x.code),
      severity: oneOf(x.severity, SEVERITIES),
      message: text(x.message),
      advice: text(x.advice),
      layers: texts(x.layers),
      variables: texts(x.variables),
    })),
  };
}
