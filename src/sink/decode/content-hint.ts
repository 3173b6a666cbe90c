/**
 * Describes what an unreadable text looks like, so that its producer can be found, and where JSON is broken. Never quotes
 * the text.
 */

import { describeJsonFault, jsonFault } from '../json/json-fault.ts';
import { beginsContainer, firstVisible } from '../json/tokens.ts';
import { base64Bytes } from './base64.ts';

/** Characters that are examined, at most. */
const EXAMINED_MAX = 512;

/** Descriptions by pattern, in the order of the tests. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^\s*$/, 'is empty'],
  [/^\s*<(?:\?xml|!DOCTYPE|[A-Za-z])/i, 'looks like XML or HTML'],
  [/^\s*(?:true|false|null)\s*$/, 'is a single JSON value, not an object or array'],
  [/^\s*-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\s*$/, 'is a single number'],
  [/^\s*["']/, 'looks like a quoted text that contains no JSON'],
  [/^[^\n=]*,[^\n=]*\n[^\n=]*,/, 'looks like CSV'],
  [/^\s*[\w.-]+=[^\s,&]*(?:&[\w.-]+=|$)/, 'looks like a form or a query string'],
  [/^\s*[\w-]+:\s/m, 'looks like YAML or a list of headers'],
];

/** Whether a text begins like a JSON object or array. */
const beginsLikeJson = (text: string): boolean => beginsContainer(firstVisible(text));

/** Describes a text that begins like JSON and is not one JSON document. */
const brokenJsonHint = (text: string): string => {
  const fault = jsonFault(text);
  if (fault === undefined) return 'contains several JSON documents';
  return fault.isCommaBetween
    ? 'looks like JSON documents that are separated by commas, without the brackets of an array'
    : `is not valid JSON at ${describeJsonFault(text, fault)}`;
};

/** Returns the end of a sentence that begins with "the text". */
export const contentHint = (text: string): string => {
  if (beginsLikeJson(text)) return brokenJsonHint(text);
  const begin = text.slice(0, EXAMINED_MAX);
  const isBase64 = /^[A-Za-z0-9+/_=\s-]{16,}$/.test(begin) && base64Bytes(text) !== undefined;
  if (isBase64) return 'looks like base64 of something that is neither JSON nor line protocol';
  return KINDS.find(([pattern]) => pattern.test(begin))?.[1] ?? 'has no known form';
};

/**
 * Returns the detail of the refusal of a body or line that had to be JSON. What was expected is said only if the text does
 * not even begin like JSON.
 */
export const notJsonDetail = (what: 'body' | 'line', text: string, expected: string): string =>
  `${beginsLikeJson(text) ? '' : `expected ${expected}; `}the ${what} ${contentHint(text)}`;
