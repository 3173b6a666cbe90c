/**
 * InfluxData's corpus of line protocol, compared with the reader of the sink. Covers `src/sink/decode/influx-lines.ts` and
 * `src/sink/convert/influx-point.ts`.
 *
 * openGemini decides what the sink may write. The sink therefore differs from InfluxData's decoder on purpose where
 * openGemini would alter, refuse, or lose a value (docs/decisions/0006). Each difference is listed with its reason.
 */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { LinePrecision } from '../../../src/sink/convert/influx-point.ts';
import { parseOwnLine } from '../../../src/sink/lines/parse-own-line.ts';
import type { FieldValue } from '../../../src/sink/lines/point.ts';
import { timeText } from '../../../src/sink/time/timestamp.ts';
import { convert, message } from '../make.ts';

/** Text of the corpus. Bytes that are not UTF-8 are in base64. */
type Text = string | { readonly base64: string };

interface CorpusPoint {
  readonly name: Text;
  readonly tags: readonly (readonly [Text, Text])[];
  readonly fields: readonly (readonly [Text, Readonly<Record<string, unknown>>])[];
  readonly time: string | null;
}

interface Entry {
  readonly key: string;
  readonly text: Text;
  readonly precision?: LinePrecision;
  /** `undefined` if InfluxData's decoder refuses the input. */
  readonly points?: readonly CorpusPoint[];
  readonly error?: string;
}

const { entries } = JSON.parse(
  readFileSync(new URL('../../fixture/influx-line-protocol.json', import.meta.url), 'utf8'),
) as { readonly entries: readonly Entry[] };

const bytesOf = (text: Text): Buffer =>
  typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.base64, 'base64');
const textOf = (text: Text): string => bytesOf(text).toString('utf8');

const TYPES = { integer: 'int', float: 'float', boolean: 'bool', string: 'string' } as const;

const corpusValue = (value: Readonly<Record<string, unknown>>): string => {
  const [[type, content] = []] = Object.entries(value);
  return `${type} ${type === 'string' ? textOf(content as Text) : content}`;
};

const ownValue = ({ type, value }: FieldValue): string => `${TYPES[type]} ${value}`;

const byName = (pairs: readonly (readonly [string, string])[]): unknown =>
  pairs.toSorted(([a], [b]) => (a < b ? -1 : 1));

/** Returns the points of the corpus in a form that is comparable with `ownPoints`. */
const corpusPoints = (points: readonly CorpusPoint[]): readonly unknown[] =>
  points.map(({ name, tags, fields, time }) => ({
    measurement: textOf(name),
    tags: byName(tags.map(([tag, value]) => [textOf(tag), textOf(value)])),
    fields: byName(fields.map(([field, value]) => [textOf(field), corpusValue(value)])),
    time,
  }));

/** Returns the points of lines. A point that has no time in the corpus gets none here, because its time is the message's. */
const ownPoints = (lines: readonly string[], expected: readonly CorpusPoint[]): readonly unknown[] =>
  lines.map((line, index) => {
    const { measurement, tags, fields, time } = parseOwnLine(line);
    return {
      measurement,
      tags: byName(tags),
      fields: byName(fields.map(([field, value]) => [field, ownValue(value)])),
      time: expected[index]?.time === null ? null : timeText(time),
    };
  });

/** Returns how the sink and InfluxData's decoder compare for one input. */
const comparison = ({ text, points, error, precision = 'ns' }: Entry): string => {
  const body = textOf(text);
  // The body of a message is text.
  if (!Buffer.from(body).equals(bytesOf(text))) return 'not UTF-8';
  const { lines, codes } = convert(message(body), { input: 'line-protocol', linePrecision: precision });
  if (points === undefined) return codes.length > 0 ? 'both refuse' : `only the sink accepts: ${error}`;
  const [code] = codes;
  if (code !== undefined) return `only the sink refuses: ${code}`;
  if (JSON.stringify(ownPoints(lines, points)) === JSON.stringify(corpusPoints(points))) return 'same points';
  return body.includes('\n') ? 'a line break in a string' : 'an escape in a string';
};

const keysBy = (): Readonly<Record<string, readonly string[]>> => {
  const kinds: Record<string, string[]> = {};
  for (const entry of entries) {
    const kind = comparison(entry);
    kinds[kind] ??= [];
    kinds[kind].push(entry.key);
  }
  return kinds;
};

/** Inputs for which the sink and InfluxData's decoder agree, and those that cannot be in a message. */
const AGREEMENTS = { 'both refuse': 386, 'same points': 342, 'not UTF-8': 93 };

/** Inputs for which they differ, by kind. */
const DIFFERENCES: Readonly<Record<string, { readonly reason: string; readonly keys: readonly string[] }>> = {
  'a line break in a string': {
    reason:
      'openGemini ends a line inside quotes. The sink writes the escape \\n, unless `newlines` refuses it (corpus: `string-newline-injection-SILENT`).',
    keys: ['03587a86', '19206310', '3a9555c3', '729d6399', 'e5b9b752'],
  },
  'an escape in a string': {
    reason:
      'InfluxDB 1.x and 2.x unescape only quotes and backslashes in strings, and so does the sink. This decoder also unescapes \\n, \\r, and \\t.',
    keys: ['0d72bd69', '909116df', 'ea7ad628'],
  },
  'only the sink refuses: name-characters': {
    reason:
      'openGemini cannot store these measurements and field names unchanged: a comma or a backslash in a measurement, a double quote in a field.',
    keys: [
      '047f255f',
      '0c10b0b6',
      '28d4ba0f',
      '300f2f9e',
      '6006e92d',
      'a022477f',
      'a803b1b7',
      'ac1b97d1',
      'ac8a8a82',
      'aea188bf',
      'ef55a06d',
    ],
  },
  'only the sink refuses: integer-range': {
    reason: 'openGemini parses integers as doubles (corpus: `int-2pow53-plus-1-SILENT`).',
    keys: [
      '0a8f2675',
      '458185eb',
      '5dbfe055',
      '7dc95d7c',
      '7e139086',
      '98692f7a',
      'a04be94c',
      'a6580c1d',
      'c51981ff',
      'f1930c5c',
      'f54aa21c',
    ],
  },
  'only the sink refuses: timestamp-range': {
    reason: 'openGemini has no times before 1970 and beyond `ts-max` of the corpus.',
    keys: ['0ca29e25', '82054291', 'b580f5d3', 'f3b6237a', 'fae5598e'],
  },
  'only the sink refuses: field-type': {
    reason: 'openGemini has no unsigned integers.',
    keys: [
      '23403b56',
      '27fd2097',
      '2e6ffbb7',
      '37b82de8',
      '3c1532b8',
      '46545fbf',
      '5f1e8321',
      '82f74530',
      '851cebaf',
      'c2d6a608',
      'c402dc13',
      'c42c27f3',
      'cac6f95b',
      'd00f6348',
      'e218e044',
      'eb1d4076',
    ],
  },
  'only the sink refuses: reserved-name': {
    reason: 'openGemini refuses a tag with the name `time` (corpus: `tag-key-time`).',
    keys: ['2a6fa6f9', '5f10c113'],
  },
  'only the sink accepts: cannot get measurement: invalid character ... found at start of measurement name': {
    reason: 'InfluxDB skips tabs before a line, and so does the sink.',
    keys: ['2be024ca'],
  },
  'only the sink accepts: cannot get measurement: invalid character found in comment line': {
    reason: 'The sink skips comments without reading them.',
    keys: ['dfa6432a'],
  },
};

test('agrees with the corpus of InfluxData except for the listed inputs', () => {
  const found = keysBy();
  const isAgreement = (kind: string): boolean => Object.hasOwn(AGREEMENTS, kind);
  const counts = Object.fromEntries(Object.entries(found).map(([kind, keys]) => [kind, keys.length]));
  expect(Object.fromEntries(Object.entries(counts).filter(([kind]) => isAgreement(kind)))).toEqual(AGREEMENTS);
  const differences = Object.fromEntries(Object.entries(found).filter(([kind]) => !isAgreement(kind)));
  expect(differences).toEqual(Object.fromEntries(Object.entries(DIFFERENCES).map(([kind, { keys }]) => [kind, keys])));
});
