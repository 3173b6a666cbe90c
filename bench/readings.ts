/** Values that producers send, the same in every run. All differ, so that a cache of numbers gives no advantage. */

import { type Random, randomFrom } from '../local/workload/random.ts';

/** Values of one event. */
export interface Reading {
  readonly device: string;
  readonly site: string;
  readonly line: string;
  readonly region: string;
  readonly temperature: number;
  readonly humidity: number;
  readonly pressure: number;
  readonly count: number;
  readonly ok: boolean;
  readonly note: string;
  /** In milliseconds. */
  readonly ts: number;
}

/** Tags of a reading. */
export const TAGS = ['device', 'line', 'region', 'site'] as const;
/** Floats of a reading. The other fields are an integer, a boolean, and a string. */
export const FLOATS = ['temperature', 'humidity', 'pressure'] as const;

const SEED = 42;

const places = (random: Random, digits: number, scale: number): number =>
  Number((random.next() * scale).toFixed(digits));

/**
 * Generates readings.
 *
 * @param full - Whether floats have all digits of a double.
 */
export const readings = (count: number, full = false): Reading[] => {
  const random = randomFrom(SEED);
  return Array.from({ length: count }, (_, i) => ({
    device: `device-${random.below(1_000)}`,
    site: `plant ${random.below(20)}`,
    line: `line-${random.below(9)}`,
    region: 'eu-central-1',
    temperature: full ? random.next() * 100 : places(random, 2, 100),
    humidity: full ? random.next() * 100 : places(random, 3, 100),
    pressure: full ? 1_000 + random.next() * 50 : Number((1_000 + random.next() * 50).toFixed(4)),
    count: random.below(100_000),
    ok: random.below(2) === 0,
    note: random.below(2) === 0 ? `state "ok" no ${i}` : `path C:\\data\\${i}`,
    ts: 1_780_000_000_000 + i,
  }));
};

/** Long clean words, and words with quotes and backslashes. Both fit into the same number of characters. */
const CLEAN_WORDS = [
  'bearing',
  'temperature',
  'above',
  'limit,',
  'fan',
  'restarted',
  'after',
  'inspection',
  'of',
  'drive',
];
const ESCAPED_WORDS = [
  '"bearing"',
  'C:\\plant',
  'above',
  '"limit"',
  'fan',
  'restarted',
  '\\\\server',
  '"ok"',
  'of',
  'drive',
];
const LONG_TEXT_CHARACTERS = 300;

const longText = (random: Random, words: readonly string[], index: number): string => {
  let text = `entry ${index}:`;
  while (text.length < LONG_TEXT_CHARACTERS) text += ` ${random.pick(words)}`;
  return text;
};

/** Generates readings whose note has about 300 characters, like a line of a log. */
export const readingsWithLongNotes = (count: number, escaped: boolean): Reading[] => {
  const random = randomFrom(SEED);
  const words = escaped ? ESCAPED_WORDS : CLEAN_WORDS;
  return readings(count).map((reading, index) => ({ ...reading, note: longText(random, words, index) }));
};

/** Generates readings with Cyrillic in a tag and Chinese in a field. */
export const nonLatinReadings = (count: number): Reading[] => {
  const random = randomFrom(SEED);
  return readings(count).map((reading, index) => ({
    ...reading,
    site: `Завод ${random.below(20)}`,
    note: `设备${index}状态正常,温度在允许范围内`,
  }));
};
