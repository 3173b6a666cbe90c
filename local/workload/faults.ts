/**
 * Events that are broken in different ways, each with the reason of its dead letter. They fit `examples/mapping.json`.
 */

import type { RefusalCode } from '../../src/sink/refusal.ts';
import { digitsOf, timeOf } from './events.ts';

/** Kind of message or list in which a broken event can appear among valid ones. */
export type Place = 'reading' | 'host' | 'line' | 'object' | 'message';

/** One way to break an event. */
export interface Fault {
  readonly name: string;
  readonly reason: RefusalCode;
  readonly place: Place;
  /** Text of the event. It must contain `mark`, which identifies its dead letter among all others. */
  readonly text: (mark: string, n: number) => string;
}

const at = (n: number): string => digitsOf(timeOf(n));
const iso = (n: number): string => `${new Date(timeOf(n).seconds * 1000).toISOString().slice(0, 19)}Z`;
const host = (mark: string, n: number, change: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ kind: 'cpu', host: mark, time: iso(n), values: { used: 1 }, ...change });

/** All faults of the workload. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'text for a number',
    reason: 'field-type',
    place: 'reading',
    text: (mark, n) => `{"at":${at(n)},"t":"${mark}"}`,
  },
  {
    name: 'a fraction for an integer',
    reason: 'field-type',
    place: 'reading',
    text: (mark, n) => `{"at":${at(n)},"n":3.5,"note":"${mark}"}`,
  },
  {
    name: 'an object for text',
    reason: 'field-type',
    place: 'reading',
    text: (mark, n) => `{"at":${at(n)},"note":{"${mark}":1}}`,
  },
  {
    name: 'a number beyond the range of a double',
    reason: 'not-finite',
    place: 'reading',
    text: (mark, n) => `{"at":${at(n)},"t":1e400,"note":"${mark}"}`,
  },
  {
    name: 'an integer beyond 2^53',
    reason: 'integer-range',
    place: 'reading',
    text: (mark, n) => `{"at":${at(n)},"n":9007199254740993,"note":"${mark}"}`,
  },
  {
    name: 'no field at all',
    reason: 'no-fields',
    place: 'reading',
    text: (mark, n) => `{"at":${at(n)},"other":"${mark}"}`,
  },
  { name: 'no time', reason: 'timestamp-missing', place: 'reading', text: (mark) => `{"t":1,"note":"${mark}"}` },
  {
    name: 'a time before 1970',
    reason: 'timestamp-range',
    place: 'reading',
    text: (mark) => `{"at":-1,"t":1,"note":"${mark}"}`,
  },
  {
    name: 'a time past 2262',
    reason: 'timestamp-range',
    place: 'reading',
    text: (mark) => `{"at":9223372036854775807,"t":1,"note":"${mark}"}`,
  },
  {
    name: 'a time that is a word',
    reason: 'timestamp-format',
    place: 'reading',
    text: (mark) => `{"at":"${mark}","t":1}`,
  },
  {
    name: 'text that makes the line too long',
    reason: 'line-too-long',
    place: 'reading',
    text: (mark, n) => `{"at":${at(n)},"note":"${mark}${'x'.repeat(62_000)}"}`,
  },
  {
    name: 'a lone surrogate',
    reason: 'name-characters',
    place: 'reading',
    text: (mark, n) => `{"at":${at(n)},"note":"${mark} \\ud800"}`,
  },
  { name: 'a value that is not an object', reason: 'undecodable', place: 'reading', text: (mark) => `"${mark}"` },
  {
    name: 'a line break in a tag',
    reason: 'name-characters',
    place: 'host',
    text: (mark, n) => host(mark, n, { labels: { zone: `a\n${mark},x=1 y=1 1` } }),
  },
  {
    name: 'a tag named time',
    reason: 'reserved-name',
    place: 'host',
    text: (mark, n) => host(mark, n, { labels: { time: 'x' } }),
  },
  {
    name: 'a quote in a field name',
    reason: 'name-characters',
    place: 'host',
    text: (mark, n) => host(mark, n, { values: { 'a"b': 1 } }),
  },
  {
    name: 'a name too long',
    reason: 'name-too-long',
    place: 'host',
    text: (mark, n) => host(mark, n, { values: { ['k'.repeat(256)]: 1 } }),
  },
  {
    name: 'a tag too long',
    reason: 'tag-too-long',
    place: 'host',
    text: (mark, n) => host(mark, n, { labels: { zone: 'z'.repeat(33_000) } }),
  },
  {
    name: 'one name as tag and field',
    reason: 'duplicate-name',
    place: 'host',
    text: (mark, n) => host(mark, n, { labels: { used: 'x' } }),
  },
  {
    name: 'no measurement',
    reason: 'measurement-missing',
    place: 'host',
    text: (mark, n) => host(mark, n, { kind: null }),
  },
  {
    name: 'a slash in the measurement',
    reason: 'name-characters',
    place: 'host',
    text: (mark, n) => host(mark, n, { kind: 'a/b' }),
  },
  {
    name: 'a type that the column does not have',
    reason: 'type-conflict',
    place: 'host',
    text: (mark, n) => host(mark, n, { kind: 'fixed', values: { used: 'full' } }),
  },
  {
    name: 'a time without a time zone',
    reason: 'timestamp-format',
    place: 'host',
    text: (mark, n) => host(mark, n, { time: '2026-01-01T00:00:00' }),
  },
  {
    name: 'an event that no rule accepts',
    reason: 'no-mapping',
    place: 'object',
    text: (mark) => `{"unknown":"${mark}"}`,
  },
  {
    name: 'readings that are not an array',
    reason: 'no-events',
    place: 'object',
    text: (mark) => `{"device":"${mark}","readings":{}}`,
  },
  {
    name: 'a device without a name',
    reason: 'tag-missing',
    place: 'object',
    text: (mark, n) => `{"readings":[{"at":${at(n)},"t":1,"note":"${mark}"}]}`,
  },
  {
    name: 'an unsigned integer',
    reason: 'field-type',
    place: 'line',
    text: (mark, n) => `line\\ in,tag\\ 1=${mark} value=5u ${at(n)}`,
  },
  { name: 'a line without fields', reason: 'undecodable', place: 'line', text: (mark) => `line\\ in,tag\\ 1=${mark}` },
  {
    name: 'a quote that is not closed',
    reason: 'undecodable',
    place: 'line',
    text: (mark, n) => `line\\ in note="${mark} ${at(n)}`,
  },
  {
    name: 'a tag twice',
    reason: 'duplicate-name',
    place: 'line',
    text: (mark, n) => `line\\ in,a=${mark},a=2 value=1 ${at(n)}`,
  },
  { name: 'JSON cut off', reason: 'undecodable', place: 'message', text: (mark) => `{"device":"${mark}","readings":[` },
  { name: 'prose', reason: 'undecodable', place: 'message', text: (mark) => `hello ${mark}` },
];

/** A point that is written before the workload. It fixes the type of a column that one of the faults conflicts with. */
export const FIXED_POINT = {
  line: `host\\ fixed,host=first used=1 ${at(0)}`,
  point: { measurement: 'host fixed', tags: { host: 'first' }, fields: { used: 1 }, time: at(0) },
} as const;
