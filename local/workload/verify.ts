/** Compares the points in openGemini and the dead letters in their queue with those that a workload expects. */

import { gunzipSync } from 'node:zlib';
import { Digits, measurements, type Series, type ServerAccess, selectAll } from '../opengemini-client.ts';
import type { ExpectedPoint } from './events.ts';
import type { ExpectedLetter } from './messages.ts';

/** Returns a point as one comparable text, with names in order. */
const keyOf = ({ measurement, tags, fields, time }: ExpectedPoint): string =>
  JSON.stringify([
    measurement,
    Object.entries(tags).sort(),
    time,
    Object.entries(fields)
      .sort()
      .map(([name, value]) => [name, valueText(value)]),
  ]);

/**
 * Returns a value as text. JSON prints 5 and 5.0 alike, and -0 as 0. The type of a number is that of its column in the
 * schema.
 */
const valueText = (value: number | string | boolean): string =>
  typeof value === 'number' ? `n${value === 0 ? 0 : value}` : `${typeof value}${value}`;

/**
 * Reads all points of a database. A query returns an empty text for a tag that a series does not have. It is removed
 * here.
 */
export const readPoints = async (server: ServerAccess, database: string): Promise<ExpectedPoint[]> => {
  const points: ExpectedPoint[] = [];
  for (const measurement of await measurements(server, database)) {
    for (const series of await selectAll(server, database, measurement)) points.push(...pointsOf(series));
  }
  return points;
};

const pointsOf = ({ name, tags, columns, values }: Series): ExpectedPoint[] =>
  values.map((row) => ({
    measurement: name,
    tags: Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== '')),
    fields: fieldsOf(columns, row),
    time: String(row[0]),
  }));

const fieldsOf = (columns: readonly string[], row: readonly unknown[]): ExpectedPoint['fields'] => {
  const fields: Record<string, number | string | boolean> = {};
  for (let at = 1; at < columns.length; at++) {
    const value = row[at];
    // Long integers arrive as `Digits`.
    if (value !== null)
      fields[columns[at] as string] = value instanceof Digits ? Number(value.text) : (value as number);
  }
  return fields;
};

/** Differences between expected and stored points. */
export interface PointDifferences {
  readonly missing: readonly ExpectedPoint[];
  readonly unexpected: readonly ExpectedPoint[];
}

/** Compares points as sets. */
export const comparePoints = (
  expected: readonly ExpectedPoint[],
  found: readonly ExpectedPoint[],
): PointDifferences => {
  const expectedKeys = new Set(expected.map(keyOf));
  const foundKeys = new Set(found.map(keyOf));
  return {
    missing: expected.filter((point) => !foundKeys.has(keyOf(point))),
    unexpected: found.filter((point) => !expectedKeys.has(keyOf(point))),
  };
};

/** A dead letter from the queue, with its attributes. Missing attributes are ''. */
export interface FoundLetter {
  readonly body: string;
  readonly reason: string;
  readonly detail: string;
  readonly origin: string;
}

/** Differences between expected and received dead letters. */
export interface LetterDifferences {
  readonly missing: readonly ExpectedLetter[];
  readonly unexpected: readonly FoundLetter[];
  readonly wrongReason: readonly { readonly expected: ExpectedLetter; readonly found: FoundLetter }[];
  /** Dead letters that contain more than one event. */
  readonly crowded: readonly FoundLetter[];
}

const MARKS = /(?:bad|good)-\d+/g;

/** Compares dead letters by the marks in their bodies. */
export const compareLetters = (
  expected: readonly ExpectedLetter[],
  found: readonly FoundLetter[],
): LetterDifferences => {
  const missing = new Map(expected.map((letter) => [letter.mark, letter]));
  const unexpected: FoundLetter[] = [];
  const wrongReason: LetterDifferences['wrongReason'][number][] = [];
  const crowded: FoundLetter[] = [];
  for (const letter of found) {
    const marks = new Set(sourceText(letter).match(MARKS) ?? []);
    const [mark = ''] = marks;
    const wanted = missing.get(`${mark}-`);
    if (marks.size > 1) crowded.push(letter);
    if (wanted === undefined) unexpected.push(letter);
    else if (wanted.reason !== letter.reason) wrongReason.push({ expected: wanted, found: letter });
    missing.delete(`${mark}-`);
  }
  return { missing: [...missing.values()], unexpected, wrongReason, crowded };
};

/** Returns the text of the event in a dead letter. Unpacks it if the dead letter or its message was packed. */
export const sourceText = ({ body }: FoundLetter): string =>
  body.startsWith('H4sI') ? gunzipSync(Buffer.from(body, 'base64')).toString() : body;
