/** What a test of a mapping expects, and how it differs from what was found. */

import { pointLine } from '../../src/sink/convert/point-converter.ts';
import { parseOwnLine } from '../../src/sink/lines/parse-own-line.ts';
import { REFUSAL_CODES } from '../../src/sink/refusal.ts';
import { type Conversion, createMessageConverter } from '../../src/testing/convert-messages.ts';
import { buildMessage } from '../../src/testing/messages.ts';
import type { MemberReader, Members } from './member-reader.ts';

/** A line that a test expects. */
export interface ExpectedLine {
  readonly text: string;
  /**
   * Forms in which lines are compared: the line as a producer escapes a backslash, and as the sink does. A line that
   * `convert` has printed is therefore accepted as it is.
   */
  readonly points: readonly string[];
  /** Whether it states a time. Otherwise it matches a line with any time. */
  readonly hasTime: boolean;
}

/** A refusal that a test expects, as text. */
export interface Expectation {
  readonly lines: readonly ExpectedLine[];
  /** Texts of `refusalText`. */
  readonly refusals: readonly string[];
  readonly dropped: number;
}

/** How a result differs from what a test expects. */
export interface Difference {
  /** Lines that were expected and are missing. */
  readonly missingLines: readonly string[];
  readonly unexpectedLines: readonly string[];
  readonly missingRefusals: readonly string[];
  readonly unexpectedRefusals: readonly string[];
  readonly dropped: { readonly expected: number; readonly found: number } | undefined;
}

const REFUSAL_MEMBERS = ['message', 'event', 'reason'];

/**
 * Reads the expectation of a test. Without `lines` or `refusals`, none are expected.
 *
 * @param messages - Number of messages. Undefined if they cannot be read.
 */
export const readExpectation = (
  test: Members,
  place: string,
  messages: number | undefined,
  read: MemberReader,
): Expectation => ({
  lines: optionalList(test.lines, `${place}.lines`, read).flatMap((line, index) => {
    const expected = expectedLine(line, `${place}.lines[${index}]`, read);
    return expected === undefined ? [] : [expected];
  }),
  refusals: optionalList(test.refusals, `${place}.refusals`, read).map((refusal, index) =>
    expectedRefusal(refusal, `${place}.refusals[${index}]`, messages, read),
  ),
  dropped: read.count(test.dropped, `${place}.dropped`, 0),
});

const optionalList = (value: unknown, place: string, read: MemberReader): readonly unknown[] =>
  value === undefined || value === null ? [] : read.list(value, place);

/** Reads a line of line protocol with the sink's own reader, so that every valid spelling of a line is accepted. */
const readLine = createMessageConverter({ input: 'line-protocol' });

const expectedLine = (value: unknown, place: string, read: MemberReader): ExpectedLine | undefined => {
  const text = read.text(value, place);
  if (text === undefined) return undefined;
  const [{ lines, refusals }, later] = [0, 1_000].map((more) =>
    readLine(buildMessage(text, { sentAtMs: AN_INSTANT + more })),
  ) as [Conversion, Conversion];
  const [line] = lines;
  if (line !== undefined && lines.length === 1) {
    const hasTime = line.text === later.lines[0]?.text;
    const own = pointOf(hasTime ? text : `${text} 0`, hasTime);
    return { text, points: [pointOf(line.text, hasTime), own], hasTime };
  }
  if (isOwnLine(text)) return { text, points: [pointOf(text, true)], hasTime: true };
  read.fault(
    place,
    `must be one line of line protocol: ${refusals[0]?.detail.replace(/^line protocol: /, '') ?? 'it has several lines'}`,
  );
  return undefined;
};

/** Whether the sink could have printed a line. Its escapes are those of openGemini, which a producer's line may not have. */
const isOwnLine = (text: string): boolean =>
  /^[^ ].* \d+$/s.test(text) && pointLine(parseOwnLine(text)) === text && !text.includes('\n');

/** The time of a line without one depends on the time of its message. */
const AN_INSTANT = 1_755_216_000_000;

const expectedRefusal = (value: unknown, place: string, messages: number | undefined, read: MemberReader): string => {
  const refusal = read.members(value, place, REFUSAL_MEMBERS);
  const message = read.count(refusal.message, `${place}.message`, 0);
  if (messages !== undefined && message >= messages)
    read.fault(`${place}.message`, `must be less than the number of messages, ${messages}, got ${message}`);
  const reason = read.text(refusal.reason, `${place}.reason`) ?? '';
  if (!(REFUSAL_CODES as readonly string[]).includes(reason))
    read.fault(`${place}.reason`, `must be one of ${REFUSAL_CODES.join(', ')}, got ${JSON.stringify(refusal.reason)}`);
  return refusalText(message, read.count(refusal.event, `${place}.event`, 0), reason);
};

const refusalText = (message: number, event: number, reason: string): string =>
  `message ${message}, event ${event}: ${reason}`;

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

/** Returns a line as text that does not depend on the order of tags and fields. */
const pointOf = (line: string, withTime: boolean): string => {
  const { measurement, tags, fields, time } = parseOwnLine(line);
  const values = fields.map(([name, { type, value }]) => [name, type, value] as const);
  const members = [measurement, [...tags].sort(byName), [...values].sort((a, b) => (a[0] < b[0] ? -1 : 1))];
  return JSON.stringify(withTime ? [...members, time] : members);
};

/** Returns how the result of a test differs from what it expects. Undefined if it does not. */
export const differenceOf = (expected: Expectation, found: Conversion): Difference | undefined => {
  const refusals = new Map(
    found.refusals.map(({ messageIndex, eventIndex, code, detail }) => [
      refusalText(messageIndex, eventIndex, code),
      detail,
    ]),
  );
  const { dropped } = found.counters;
  const difference: Difference = {
    ...lineDifference(expected.lines, found),
    missingRefusals: expected.refusals.filter((one) => !refusals.has(one)),
    unexpectedRefusals: [...refusals].flatMap(([one, detail]) =>
      expected.refusals.includes(one) ? [] : [`${one} (${detail})`],
    ),
    dropped: dropped === expected.dropped ? undefined : { expected: expected.dropped, found: dropped },
  };
  const { missingLines, unexpectedLines, missingRefusals, unexpectedRefusals } = difference;
  const different = [missingLines, unexpectedLines, missingRefusals, unexpectedRefusals].some(
    ({ length }) => length > 0,
  );
  return different || difference.dropped !== undefined ? difference : undefined;
};

const lineDifference = (
  expected: readonly ExpectedLine[],
  { lines }: Conversion,
): Pick<Difference, 'missingLines' | 'unexpectedLines'> => {
  const found = lines.map(({ text }) => ({ text, timed: pointOf(text, true), timeless: pointOf(text, false) }));
  const timed = new Set(expected.filter(({ hasTime }) => hasTime).flatMap(({ points }) => points));
  const timeless = new Set(expected.filter(({ hasTime }) => !hasTime).flatMap(({ points }) => points));
  const all = new Set(found.flatMap((line) => [line.timed, line.timeless]));
  return {
    missingLines: expected.filter(({ points }) => !points.some((point) => all.has(point))).map(({ text }) => text),
    unexpectedLines: found
      .filter((line) => !timed.has(line.timed) && !timeless.has(line.timeless))
      .map(({ text }) => text),
  };
};
