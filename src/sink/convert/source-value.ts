/** Reads the value of a tag, a field, a measurement or a time, as the mapping says where it comes from. */

import { decodeValue } from '../decode/decode-steps.ts';
import type { Json } from '../json/json.ts';
import type { Template, ValueSource } from '../mapping/mapping.ts';
import { type Path, resolveFirst } from '../mapping/path.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import { scalarText } from '../values/field-value.ts';
import type { EventInput } from './event-input.ts';

/**
 * Returns the value, `undefined` if there is none, or a refusal if it cannot be decoded. Texts that count as null are
 * returned as null.
 *
 * @param where - Place and path of the value, for the refusal.
 * @throws SourceNeeded
 */
export const sourceValue = (
  source: ValueSource,
  nullTexts: ReadonlySet<string>,
  where: string,
  input: EventInput,
): Json | undefined | Refusal => {
  if (source.constant !== undefined) return source.constant;
  if (source.templates !== undefined) return firstText(source.templates, nullTexts, input);
  const value = resolveFirst(source.paths, input, nullTexts);
  if (source.decode === undefined || value === undefined || value === null) return value;
  const decoded = decodeValue(value, source.decode, where, input.messageBytesMax);
  if (isRefusal(decoded)) return decoded;
  return typeof decoded.value === 'string' && nullTexts.has(decoded.value) ? null : decoded.value;
};

/** Returns the text of the first template that is complete; `undefined` if there is none. */
const firstText = (
  templates: readonly Template[],
  nullTexts: ReadonlySet<string>,
  input: EventInput,
): Json | undefined => {
  for (const template of templates) {
    const text = templateText(template, nullTexts, input);
    if (text !== undefined) return text;
  }
  return undefined;
};

/**
 * Returns the text of a template; `undefined` if a part is missing. A part that is an object or an array is returned
 * itself, so that the place that needs text refuses it.
 */
const templateText = (template: Template, nullTexts: ReadonlySet<string>, input: EventInput): Json | undefined => {
  let text = '';
  for (const part of template) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    const value = resolveFirst([part], input, nullTexts);
    if (value === undefined || value === null) return undefined;
    const found = scalarText(value, input);
    if (found === undefined) return value;
    text += found;
  }
  return text;
};

/** Returns a source as text for refusals: its paths, its template, or its constant. */
export const sourceText = ({ paths, templates, constant }: ValueSource): string => {
  if (constant !== undefined) return JSON.stringify(constant);
  if (templates === undefined) return pathsText(paths);
  return templates
    .map((template) => template.map((part) => (typeof part === 'string' ? part : `{${part.text}}`)).join(''))
    .join(' or ');
};

/** Returns the paths as text for faults and refusals. */
export const pathsText = (paths: readonly Path[]): string => paths.map((path) => path.text).join(' or ');
