/** Formats of message bodies. Covers `src/sink/decode`. */

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Input } from '../../../src/sink/decode/decode-options.ts';
import { type ConvertResult, convert, mapping, message } from '../make.ts';

const rules = mapping({ timestamp: 'ts', fields: { v: 'v' } });
const TS = 1_755_216_000_000;
const event = (v: unknown): string => JSON.stringify({ ts: TS, v });
const zipped = (body: string | Buffer): string => gzipSync(body).toString('base64');
const values = (body: string, input: Input = 'auto', more: Partial<Parameters<typeof convert>[1]> = {}): unknown[] => {
  const { lines, codes } = convert(message(body), { mapping: rules, input, ...more });
  return [lines.map((line) => line.split(' ')[1]), codes];
};

describe('detected formats', () => {
  test.each<[string, string, unknown[]]>([
    ['an object', event(1), [['v=1'], []]],
    ['an object with surrounding spaces', `\n ${event(1)} \n`, [['v=1'], []]],
    ['an object after a byte order mark', `\ufeff${event(1)}`, [['v=1'], []]],
    ['an array', `[${event(1)},${event(2)}]`, [['v=1', 'v=2'], []]],
    [
      'an array that also contains other values',
      `[${event(1)},5,null,[],"x"]`,
      [['v=1'], ['undecodable', 'undecodable', 'undecodable', 'undecodable']],
    ],
    ['NDJSON', `${event(1)}\r\n${event(2)}\n\n`, [['v=1', 'v=2'], []]],
    ['NDJSON with a broken line', `${event(1)}\n{"v":\n${event(2)}`, [['v=1', 'v=2'], ['undecodable']]],
    ['NDJSON whose first line is broken', `{"v"\n${event(2)}`, [['v=2'], ['undecodable']]],
    ['line protocol', 'm v=1\nm v=2', [['v=1', 'v=2'], []]],
    ['line protocol with a broken line', 'm v=1\nbroken\nm v=2', [['v=1', 'v=2'], ['undecodable']]],
    ['gzip of JSON', zipped(event(1)), [['v=1'], []]],
    ['gzip of line protocol', zipped('m v=1'), [['v=1'], []]],
    ['gzip after a byte order mark', `\ufeff${zipped(event(1))}`, [['v=1'], []]],
    ['gzip of a text with a byte order mark', zipped(`\ufeff${event(1)}`), [['v=1'], []]],
    ['base64 of line protocol with a byte order mark', Buffer.from('\ufeffm v=1').toString('base64'), [['v=1'], []]],
    [
      'gzip after a byte order mark in an envelope of SNS',
      JSON.stringify({ Type: 'Notification', TopicArn: 't', Message: `\ufeff${zipped(event(1))}` }),
      [['v=1'], []],
    ],
    ['broken JSON', '{"ts":1,', [[], ['undecodable']]],
    ['broken JSON on many lines', '{\n "a": [\n  {"x":1},\n  {"v":2}\n ],\n "b": \n', [[], ['undecodable']]],
    ['a number', '42', [[], ['undecodable']]],
    ['JSON text', '"text"', [[], ['undecodable']]],
    ['prose', 'hello world', [[], ['undecodable']]],
    ['prose on many lines', 'hello\nworld', [[], ['undecodable']]],
    ['gzip cut off', zipped(event(1)).slice(0, 24), [[], ['undecodable']]],
    ['gzip of bytes that are not text', zipped(Buffer.from([0x7b, 0xff, 0xfe])), [[], ['undecodable']]],
  ])('decodes or refuses %s without a configured format', (_, body, expected) => {
    expect(values(body)).toEqual(expected);
  });

  test.each(['[]', '', '  \n', '# only a comment', zipped('[]')])('settles and counts the empty body %j', (body) => {
    expect(convert(message(body), { mapping: rules })).toMatchObject({ events: 0, lines: [], codes: [] });
  });

  test('accepts an empty array of events, and refuses any other value in its place', () => {
    const opened = mapping({ events: 'list', fields: { v: 'v' } });
    expect(convert(message({ list: [] }), { mapping: opened })).toMatchObject({ events: 0, codes: [] });
    for (const body of [{}, { list: null }, { list: {} }, { list: 'x' }]) {
      expect(convert(message(body), { mapping: opened }).codes).toEqual(['no-events']);
    }
  });
});

describe('configured formats', () => {
  const envelope = JSON.stringify({ Type: 'Notification', TopicArn: 'a', Message: event(1) });
  test.each<[Input, string, unknown[]]>([
    ['json', event(1), [['v=1'], []]],
    ['json', envelope, [[], ['no-fields']]],
    ['json', 'm v=1', [[], ['undecodable']]],
    ['json', `${event(1)}\n${event(2)}`, [[], ['undecodable']]],
    ['ndjson', `${event(1)}\nx`, [['v=1'], ['undecodable']]],
    ['ndjson', 'x\ny\n', [[], ['undecodable', 'undecodable']]],
    ['line-protocol', 'm v=1\n{"v":1}', [['v=1'], ['undecodable']]],
    ['sns', envelope, [['v=1'], []]],
    ['sns', event(1), [[], ['undecodable']]],
    ['eventbridge', envelope, [[], ['undecodable']]],
    ['gzip', zipped(event(1)), [['v=1'], []]],
    ['gzip', event(1), [[], ['undecodable']]],
    ['canonical', '{"measurement":"m","fields":{"v":1}}', [['v=1'], []]],
    ['canonical', 'm v=1', [[], ['undecodable']]],
  ])('decodes only bodies of the format "%s" if it is configured: %s', (input, body, expected) => {
    expect(values(body, input)).toEqual(expected);
  });
});

describe('hostile bodies', () => {
  test('refuses a body that unpacks to more than the limit without unpacking it', () => {
    const bomb = zipped(Buffer.alloc(20 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(32 * 1024);
    expect(convert(message(bomb), { mapping: rules }).codes).toEqual(['too-large']);
    expect(convert(message(event('x'.repeat(2000))), { mapping: rules, messageBytesMax: 1024 }).codes).toEqual([
      'too-large',
    ]);
  });
  test('refuses a body of zero bytes as undecodable', () => {
    expect(values(zipped(Buffer.alloc(1024)))).toEqual([[], ['undecodable']]);
  });
  test('decodes deep nesting without using the stack, with and without long numbers', () => {
    for (const depth of [100, 200_000]) {
      const nested = '['.repeat(depth) + ']'.repeat(depth);
      for (const v of ['1', '1.00000000000000000001']) {
        const { lines, codes } = convert(message(`{"ts":${TS}.0000000000000000,"v":${v},"x":${nested}}`), {
          mapping: rules,
        });
        if (depth === 100) expect(lines).toEqual(['m v=1 1755216000000000000']);
        else expect([[], ['undecodable']]).toContainEqual(codes);
      }
    }
  });
  test('converts 10,000 events of one message into 10,000 lines', () => {
    const body = `[${Array.from({ length: 10_000 }, (_, v) => event(v)).join(',')}]`;
    const { lines, events } = convert(message(body), { mapping: rules });
    expect([events, new Set(lines).size]).toEqual([10_000, 10_000]);
  });
  test('refuses a message with 100,001 events as too large', () => {
    expect(convert(message(`[${'{},'.repeat(100_000)}{}]`), { mapping: rules }).codes).toEqual(['too-large']);
  });
  test('treats members that are named like parts of JavaScript as ordinary members', () => {
    const body = `{"ts":${TS},"v":1,"__proto__":{"v":2},"constructor":{"prototype":{"ts":0}},"hasOwnProperty":1}`;
    expect(values(body)).toEqual([['v=1'], []]);
    expect(({} as { v?: number }).v).toBeUndefined();
  });
});

describe('times of events without a time', () => {
  const untimed = (id: string, more = {}): ConvertResult =>
    convert(message('[{"measurement":"m","fields":{"v":1}},{"measurement":"m","fields":{"v":2}}]', { id, ...more }));
  const timesOf = ({ lines }: ConvertResult): string[] => lines.map((line) => line.split(' ')[2] as string);
  test('gives every event of ten messages of one millisecond a different time within that millisecond', () => {
    const times = Array.from({ length: 10 }, (_, i) => timesOf(untimed(`id-${i}`))).flat();
    expect(new Set(times).size).toBe(20);
    for (const time of times) expect(time.slice(0, 13)).toBe(String(TS));
  });
  test('gives the events of a redelivered message the same times', () => {
    expect(timesOf(untimed('a', { receiveCount: 9 }))).toEqual(timesOf(untimed('a')));
  });
  test('derives the same time from an id in every version, because stored points depend on it', () => {
    expect(timesOf(untimed('059f36b4-87a3-44ab-83d2-661975830a7d'))).toEqual([
      '1755216000000861587',
      '1755216000000861588',
    ]);
  });
});

test('recognizes bodies that are no telemetry also where events must be canonical', () => {
  const control = { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' };
  const request = { Type: 'SubscriptionConfirmation', TopicArn: 'a', Token: 't' };
  const results = [control, request].map((body) => convert(message(body), { input: 'canonical' }));
  expect(results.map(({ isControl, codes }) => [isControl, codes])).toEqual([
    [true, []],
    [false, ['not-telemetry']],
  ]);
});
