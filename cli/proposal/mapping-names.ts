/** Spells names and paths of a proposed mapping. */

import { checkName } from '../../src/sink/mapping/name-rules.ts';
import { pointerOf } from '../../src/sink/mapping/path-faults.ts';

/** Returns a path as a mapping writes it. A JSON Pointer is used where dots would be ambiguous. */
export const pathText = (segments: readonly string[], root = ''): string => {
  const isPlain = segments.every((segment) => /^(?:[A-Za-z_][\w-]*|\d+)$/.test(segment));
  const path = isPlain ? segments.join('.') : pointerOf(segments);
  return root === '' ? path : `${root}.${path}`;
};

/** Longest name of a column. Longer names are cut. */
const LENGTH_MAX = 60;

/** Returns a name that no column has yet, from the steps of a path. */
export const columnName = (segments: readonly string[], taken: Set<string>): string => {
  const joined = segments.join('_');
  // The element of an array has no name.
  const plain = (/^\d+$/.test(joined) ? `value_${joined}` : joined).replaceAll(/[^\p{L}\p{N}_.-]+/gu, '_');
  const cut = plain.slice(0, LENGTH_MAX).replace(/[\uD800-\uDBFF]$/, '');
  const usable = checkName('field', cut, '') === undefined && /[\p{L}\p{N}]/u.test(cut) ? cut : `${cut}_`;
  const base = checkName('field', usable, '') === undefined ? usable : 'value';
  let name = base;
  for (let number = 2; taken.has(name); number++) name = `${base}_${number}`;
  taken.add(name);
  return name;
};

/** Returns a measurement from the name of a file. */
export const measurementName = (file: string | undefined): string => {
  const name = (file ?? '')
    .replace(/^.*[\\/]/, '')
    .replace(/\.[^.]*$/, '')
    .replaceAll(/[^\w-]+/g, '_');
  return /[A-Za-z0-9]/.test(name) ? name.slice(0, LENGTH_MAX) : 'events';
};

/** Words that YAML does not read as text. */
const NOT_TEXT = /^(?:true|false|null|~)$/i;

/** Returns a text as a scalar or a name of YAML, with quotes only if it needs them. */
export const yamlText = (text: string): string =>
  /^[A-Za-z_$][\w.$-]*$/.test(text) && !NOT_TEXT.test(text) ? text : JSON.stringify(text);
