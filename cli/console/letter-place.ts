/** Finds the part of an event that the detail of its refusal names, to mark it. */

import { elementSpans, memberAt, type Span, spanAt, wholeSpan } from '../../src/sink/json/source-spans.ts';
import { splitSegments } from '../../src/sink/mapping/path.ts';

/** The detail begins with the column and its path, like `field "temp" (readings.0.temp): expected a number`. */
const PATH = /^[^":(]*(?:"(?:[^"\\]|\\.)*")?[^":(]*\(([^()\s]+)\):/;
/** Without a mapping, the column is at the place that the canonical format gives it, like `field "temp": …`. */
const CANONICAL = /^(?:(field|tag) "((?:[^"\\]|\\.)*)"|(timestamp|measurement)):/;

/** Returns the path that the detail of a refusal names, as its segments. Undefined if it names none. */
const segmentsIn = (detail: string): readonly string[] | undefined => {
  const [, path] = PATH.exec(detail) ?? [];
  if (path !== undefined) return splitSegments(path);
  const [, kind, name = '', member] = CANONICAL.exec(detail) ?? [];
  if (member !== undefined) return [member];
  return kind === undefined ? undefined : [`${kind}s`, name];
};

/** Characters of a body that is searched, at most. Events are small, and a large one is not worth the time. */
const SEARCHED_CHARS_MAX = 65_536;

/**
 * Returns the part of a JSON text at the path that the detail names. Undefined if the detail names none, if the text is
 * not JSON, or if the place is not unique: paths begin at the event, which may be anywhere in its message.
 *
 * @param body - Text of the dead letter.
 */
export const failingSpan = (body: string, detail: string): Span | undefined => {
  const path = segmentsIn(detail);
  if (path === undefined || body.length > SEARCHED_CHARS_MAX || !isJson(body)) return undefined;
  const isFromRoot = path[0] === '$root';
  if (path[0]?.startsWith('$') && !isFromRoot) return undefined;
  const segments = isFromRoot ? path.slice(1) : path;
  const whole = wholeSpan(body);
  const fromRoot = spanAt(body, whole, segments);
  if (fromRoot !== undefined || isFromRoot) return fromRoot;
  const found = spansWithin(body, whole).flatMap((span) => spanAt(body, span, segments) ?? []);
  return found.length === 1 ? found[0] : undefined;
};

const isJson = (text: string): boolean => {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
};

/** Returns the spans of all objects and arrays below a value. */
const spansWithin = (text: string, whole: Span): readonly Span[] => {
  const spans: Span[] = [];
  const pending = [whole];
  for (let span = pending.pop(); span !== undefined; span = pending.pop()) {
    const children = childrenOf(text, span).filter(({ start }) => text[start] === '{' || text[start] === '[');
    spans.push(...children);
    pending.push(...children);
  }
  return spans;
};

const childrenOf = (text: string, span: Span): readonly Span[] => {
  if (text[span.start] === '[') return elementSpans(text, span);
  const names = Object.keys(JSON.parse(text.slice(span.start, span.end)) as object);
  return names.flatMap((name) => memberAt(text, span, name)?.value ?? []);
};
