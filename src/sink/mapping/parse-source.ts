/** Reads where a value comes from: a path, a template of text, a constant, and the steps that decode it. */

import type { Declared, FaultCollector } from './fault-collector.ts';
import { shown } from './fault-collector.ts';
import { DECODE_STEPS, type DecodeStep, type Template, type ValueSource } from './mapping.ts';
import type { Path } from './path.ts';

/** Members of a declaration that name a source. */
export const SOURCE_KEYS = ['path', 'text', 'value', 'decode'] as const;

/** A scalar that a mapping may contain. */
export type Scalar = string | number | boolean;

/** Whether a value of the declaration is a scalar that a point can contain. */
export const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));

/** Reads `path`, `text` or `value`, of which there must be one, and `decode`. */
export const readSource = (
  read: FaultCollector,
  declared: Declared,
  place: string,
  kinds: readonly ('path' | 'text' | 'value')[] = ['path', 'text', 'value'],
): ValueSource => {
  read.onlyOne(declared, place, kinds);
  if (declared.text !== undefined && kinds.includes('text')) return readTemplates(read, declared, place);
  if (declared.value !== undefined && kinds.includes('value')) {
    if (declared.decode !== undefined) read.fault(`${place}.decode`, 'is only for a "path"');
    if (isScalar(declared.value)) return { paths: [], constant: declared.value };
    read.fault(`${place}.value`, `must be text, a number or a boolean, got ${shown(declared.value)}`);
    return { paths: [] };
  }
  const paths = read.valuePaths(declared.path, `${place}.path`);
  return declared.decode === undefined
    ? { paths }
    : { paths, decode: readDecode(read, declared.decode, `${place}.decode`, false) };
};

const readTemplates = (read: FaultCollector, declared: Declared, place: string): ValueSource => {
  if (declared.decode !== undefined) read.fault(`${place}.decode`, 'is only for a "path"');
  const texts: readonly unknown[] = Array.isArray(declared.text) ? declared.text : [declared.text];
  if (texts.length === 0) read.fault(`${place}.text`, 'must contain at least one text');
  const templates = texts.map((text) => readTemplate(read, text, `${place}.text`));
  return { paths: templates.flatMap(pathsOfTemplate), templates };
};

/** Returns the paths of a template. */
const pathsOfTemplate = (template: Template): Path[] => template.filter((part) => typeof part !== 'string');

const PARTS = /\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g;

/** Reads a text with paths in braces, such as `{site}-{line}`. Doubled braces stand for themselves. */
const readTemplate = (read: FaultCollector, text: unknown, place: string): Template => {
  if (typeof text !== 'string' || text === '') {
    read.fault(place, `must be text such as "{site}-{line}", got ${shown(text)}`);
    return [];
  }
  const parts: (string | Path)[] = [];
  for (const [part, path] of text.matchAll(PARTS)) {
    const found = path === undefined ? literal(read, part, place, text) : read.valuePaths(path, place)[0];
    if (found !== undefined) parts.push(found);
  }
  if (!parts.some((part) => typeof part !== 'string'))
    read.fault(place, `contains no path in braces, got ${shown(text)}. Use "value" for a text that is always the same`);
  return parts;
};

const literal = (read: FaultCollector, part: string, place: string, text: string): string => {
  if (part === '{' || part === '}')
    read.fault(place, `has a brace without its counterpart, got ${shown(text)}. Write {{ or }} for a brace`);
  return part === '{{' ? '{' : part === '}}' ? '}' : part;
};

/** Steps whose result is bytes. */
const BYTES: readonly DecodeStep[] = ['base64', 'hex', 'gzip', 'zlib'];

/**
 * Reads the steps of `decode`.
 *
 * @param mayOpen - Whether the last step may be `json`, which gives an object or array.
 */
export const readDecode = (
  read: FaultCollector,
  declared: unknown,
  place: string,
  mayOpen: boolean,
): readonly DecodeStep[] => {
  const list: readonly unknown[] = Array.isArray(declared) ? declared : [declared];
  const steps = list.filter((step) => DECODE_STEPS.includes(step as DecodeStep)) as DecodeStep[];
  if (steps.length < list.length || list.length === 0) {
    read.fault(place, `must list steps out of ${DECODE_STEPS.join(', ')}; got ${shown(declared)}`);
    return ['text'];
  }
  const fault = stepFault(steps);
  if (fault !== undefined) read.fault(place, `${fault}; got ${shown(declared)}`);
  else if (!mayOpen && steps.length === 1 && steps[0] === 'text')
    read.fault(place, 'changes nothing, because the value is text already. Name the step before, such as "base64"');
  return steps;
};

/** Returns the end of a sentence about steps that do not fit together; otherwise `undefined`. */
const stepFault = (steps: readonly DecodeStep[]): string | undefined => {
  let isBytes = false;
  for (const [index, step] of steps.entries()) {
    const takesBytes = step === 'gzip' || step === 'zlib';
    if (takesBytes && !isBytes) return `has the step ${step} where there is text. Begin with base64 or hex`;
    if ((step === 'json' || step === 'text') && index < steps.length - 1)
      return `has a step after ${step}, which must be the last one`;
    isBytes = BYTES.includes(step);
  }
  return isBytes ? `ends with ${steps.at(-1)}, which gives bytes. End with json or text` : undefined;
};
