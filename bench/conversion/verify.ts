/** Compares the lines of the contestants, because a figure means nothing if its contestant writes other points. */

import { isDeepStrictEqual } from 'node:util';
import { parseOwnLine } from '../../src/sink/lines/parse-own-line.ts';
import type { FieldValue } from '../../src/sink/lines/point.ts';
import type { ContestantProcess } from '../turns/contestant-process.ts';
import { OURS, PARSE } from './entries.ts';
import { PEERS, type Peer } from './peers.ts';

/** Bodies whose lines are compared. */
const BODIES = 200;

/** A point with sorted tags, because libraries write them in different orders. */
interface ComparedPoint {
  readonly tags: readonly (readonly [string, string])[];
  readonly fields: readonly (readonly [string, FieldValue])[];
}

const byName = <T>(columns: readonly (readonly [string, T])[]): (readonly [string, T])[] =>
  columns.toSorted(([a], [b]) => (a < b ? -1 : 1));

/** Replaces the booleans of other spellings, which line protocol also allows: `t`, `T`, `TRUE`, and `True`. */
const withFullBooleans = (line: string): string =>
  line.replace(/=([tf])[a-z]{0,4}(?=[, ])/gi, (_, letter: string) => `=${letter.toLowerCase() === 't'}`);

const pointOf = (line: string): ComparedPoint => {
  const { tags, fields, ...point } = parseOwnLine(withFullBooleans(line));
  return { ...point, tags: byName(tags), fields: byName(fields) };
};

/**
 * Returns the first difference between the lines of a contestant and those of the sink, or `undefined` if all points
 * are the same.
 */
export const differenceOf = (lines: readonly string[], expected: readonly string[]): string | undefined => {
  if (lines.length !== expected.length) return `${lines.length} lines instead of ${expected.length}`;
  for (const [index, line] of lines.entries()) {
    const own = expected[index] as string;
    if (line !== own && !isDeepStrictEqual(pointOf(line), pointOf(own))) return `\n  ${line}\ninstead of\n  ${own}`;
  }
  return undefined;
};

/**
 * Compares the first lines of all contestants with those of the sink.
 *
 * @throws If a contestant writes another point, unless its description says so.
 */
export const verify = async (running: readonly ContestantProcess[]): Promise<void> => {
  const expected = (await running.find(({ name }) => name === OURS)?.lines(BODIES)) ?? [];
  if (expected.length === 0) throw new Error('The sink wrote no lines.');
  for (const contestant of running) {
    const { name } = contestant;
    const { differs } = (PEERS as Readonly<Record<string, Peer>>)[name] ?? {};
    if (name === OURS || name === PARSE) continue;
    const lines = await contestant.lines(BODIES);
    const difference = differs === undefined ? differenceOf(lines, expected) : countDifference(lines, expected);
    if (difference !== undefined) throw new Error(`"${name}" writes other points than the sink: ${difference}`);
  }
};

const countDifference = (lines: readonly string[], expected: readonly string[]): string | undefined =>
  lines.length === expected.length ? undefined : `${lines.length} lines instead of ${expected.length}`;
