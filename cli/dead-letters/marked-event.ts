/** The event of a dead letter as lines, with the place that failed. Numbers and texts stay as they were written. */

import { decode } from '../../src/sink/decode/decode.ts';
import type { Json } from '../../src/sink/json/json.ts';
import { type Span, spanAt, wholeSpan } from '../../src/sink/json/source-spans.ts';
import { NO_NAMES, parsePath } from '../../src/sink/mapping/path.ts';
import { isRefusal } from '../../src/sink/refusal.ts';
import type { FailingPlace } from './failing-place.ts';
import { type Letter, messageOf, textOf } from './letter.ts';

/** An event in lines. */
export interface MarkedEvent {
  /** Envelopes that were opened, outermost first: `sns` or `eventbridge`. */
  readonly envelopes: readonly string[];
  readonly lines: readonly string[];
  /** Index of the line that failed; undefined if it is not known. */
  readonly failing: number | undefined;
  /** Name of the member that is absent there; undefined if the value itself failed. */
  readonly absent: string | undefined;
}

/** Bytes to which bodies are unpacked. */
const BYTES_MAX = 256 * 1024 * 1024;

/** Returns the event of a letter. A body that is not JSON is returned as its lines. */
export const markedEvent = (letter: Letter, { column, paths }: FailingPlace): MarkedEvent => {
  const decoded = decode(messageOf(letter), { input: 'auto', messageBytesMax: BYTES_MAX }, false);
  const text = isRefusal(decoded) ? textOf(letter) : decoded.source.text;
  const envelopes = isRefusal(decoded) ? [] : decoded.envelopes.map(({ kind }) => kind);
  const value = parsed(text);
  if (value === undefined) return { envelopes, lines: text.split('\n'), failing: undefined, absent: undefined };
  const first = envelopes.at(-1) === 'eventbridge' ? ['detail'] : [];
  const found = paths.map((path) => placeOf(path, value, first)).find((one) => one !== undefined);
  const place = found && withMember(found, column, value);
  const layout = laidOut(text);
  const span = place && spanAt(text, wholeSpan(text), place.segments);
  return {
    envelopes,
    lines: layout.lines,
    failing: span && layout.lineAt(span),
    absent: place?.absent,
  };
};

const parsed = (text: string): Json | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
};

/** A rule with `*` names the object whose members it takes. The member that failed has the name of the column. */
const withMember = (place: Place, column: string | undefined, body: Json): Place => {
  const value = valueAt(body, place.segments);
  const isMember = typeof value === 'object' && value !== null && column !== undefined && Object.hasOwn(value, column);
  return isMember && place.absent === undefined ? { ...place, segments: [...place.segments, column] } : place;
};

/** A value by the segments that lead to it from the root. `absent`: the next segment, which the value does not have. */
interface Place {
  readonly segments: readonly string[];
  readonly absent: string | undefined;
}

/**
 * Finds the value of a path. A path of a rule begins at the event, whose place in the body is not known here: it is the
 * innermost element of arrays that were cut to one, and often the root itself. The place with the longest match counts;
 * among equal ones the innermost.
 *
 * @param first - Path from the body to its event or root, which an EventBridge envelope contains.
 */
const placeOf = (text: string, body: Json, first: readonly string[]): Place | undefined => {
  const path = parsePath(text, NO_NAMES);
  if (typeof path === 'string' || (path.root !== 'event' && path.root !== 'root')) return undefined;
  const root = valueAt(body, first) as Json;
  const starts = path.root === 'root' ? [first] : startsIn(root, first);
  let best: Place | undefined;
  let longest = 0;
  for (const start of starts) {
    if (Array.isArray(valueAt(body, start))) continue;
    const matched = matchedSegments(valueAt(body, start), path.segments);
    if (best !== undefined && matched < longest) continue;
    longest = matched;
    const segments = [...start, ...path.segments.slice(0, matched)];
    best = { segments, absent: path.segments[matched] };
  }
  return best;
};

/**
 * Returns the root, and the elements of all arrays with one element, from the outermost to the innermost. The root itself
 * may be such an array.
 *
 * @param segments - Path to the root.
 */
const startsIn = (value: Json, segments: readonly string[]): (readonly string[])[] => {
  if (Array.isArray(value)) {
    const [only, ...others] = value as readonly Json[];
    // An event is an object. A path into a number would only be absent.
    return typeof only === 'object' && others.length === 0 ? startsIn(only, [...segments, '0']) : [];
  }
  const inner = children(value).flatMap(([name, child]) => {
    const starts = startsIn(child, [...segments, name]);
    return Array.isArray(child) ? starts : starts.slice(1);
  });
  return [segments, ...inner];
};

const children = (value: Json): readonly (readonly [string, Json])[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value as object) : [];

const valueAt = (body: Json, segments: readonly string[]): unknown =>
  segments.reduce((value: unknown, name) => (value as Record<string, unknown> | undefined)?.[name], body);

const matchedSegments = (start: unknown, segments: readonly string[]): number => {
  let value = start;
  for (const [index, name] of segments.entries()) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return index;
    value = (value as Record<string, unknown>)[name];
  }
  return segments.length;
};

const INDENT = '  ';

/** Lays JSON out in lines without changing its tokens. */
const laidOut = (text: string): { readonly lines: readonly string[]; lineAt(span: Span): number } => {
  const lines: string[] = [];
  /** For each line, the position in the text at which it begins. */
  const starts: number[] = [];
  let line = '';
  let depth = 0;
  const breakLine = (next: number): void => {
    lines.push(line);
    line = INDENT.repeat(depth);
    starts.push(next);
  };
  starts.push(0);
  const tokens = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/gs;
  for (let match = tokens.exec(text); match !== null; match = tokens.exec(text)) {
    const [token] = match;
    const isEmpty =
      (token === '{' || token === '[') && /^\s*[\]}]/.test(text.slice(tokens.lastIndex, tokens.lastIndex + 99));
    if ((token === '}' || token === ']') && !/[{[]$/.test(line)) {
      depth -= 1;
      breakLine(match.index);
    } else if (token === '}' || token === ']') depth -= 1;
    line += token === ':' ? ': ' : token;
    if (token === '{' || token === '[') {
      depth += 1;
      if (!isEmpty) breakLine(tokens.lastIndex);
    } else if (token === ',') breakLine(tokens.lastIndex);
  }
  lines.push(line);
  return {
    lines,
    lineAt: ({ start }) => starts.findLastIndex((position) => position <= start),
  };
};
