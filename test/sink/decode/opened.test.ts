/** Values that a mapping opens, and the limits of a message. Covers `src/sink/decode/mapped-events.ts` and `decode-steps.ts`. */

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { JSON_VALUES_MAX } from '../../../src/sink/json/json.ts';
import { type ConvertOptions, type ConvertResult, convert, mapping, message } from '../make.ts';

const zipped = (text: string): string => gzipSync(text).toString('base64');
const opening = (...decode: string[]): ReturnType<typeof mapping> =>
  mapping({ open: [{ path: 'p', decode, as: 'opened' }], fields: { v: '$opened.v' } });

/** Converts a list of events with both converters, which must agree. */
const converted = (events: readonly unknown[], options: ConvertOptions): ConvertResult => {
  const [line, point] = (['line', 'point'] as const).map((converter) =>
    convert(message(events), { ...options, converter }),
  ) as [ConvertResult, ConvertResult];
  expect(point).toEqual(line);
  return line;
};

describe('the limit of opened bytes', () => {
  const document = JSON.stringify({ v: 1, padding: 'x'.repeat(380) });
  const events = Array.from({ length: 4 }, () => ({ p: zipped(document) }));

  test('holds for all opened values of a message together', () => {
    const rules = opening('base64', 'gzip', 'json');
    expect(converted(events, { mapping: rules, messageBytesMax: 1_000 }).codes).toEqual(['too-large', 'too-large']);
    expect(converted(events.slice(0, 2), { mapping: rules, messageBytesMax: 1_000 }).codes).toEqual([]);
  });

  test('holds for all opened values of a message together after a function has transformed the events', () => {
    const options = { mapping: opening('base64', 'gzip', 'json'), messageBytesMax: 1_000 };
    const extensions = { transform: (event: unknown) => event };
    expect(converted(events, { ...options, extensions }).codes).toEqual(['too-large', 'too-large']);
  });

  test('counts every entry of "open"', () => {
    const rules = mapping({
      measurement: undefined,
      open: [
        { path: 'p', decode: ['base64', 'gzip', 'json'], as: 'one' },
        { path: 'p', decode: ['base64', 'gzip', 'json'], as: 'two' },
      ],
      mappings: [{ measurement: 'm', fields: { v: '$two.v' } }],
    });
    expect(converted(events.slice(0, 1), { mapping: rules, messageBytesMax: 1_000 }).codes).toEqual([]);
    expect(converted(events.slice(0, 2), { mapping: rules, messageBytesMax: 1_000 }).codes).toEqual(['too-large']);
  });

  test('counts the text of a document that no step decompresses', () => {
    const twice = mapping({
      open: ['a', 'b', 'c'].map((as) => ({ path: 'p', decode: ['json'], as })),
      fields: { v: '$c.v' },
    });
    const one = [{ p: document }];
    expect(converted(one, { mapping: twice, messageBytesMax: 1_000 }).codes).toEqual(['too-large']);
    expect(converted(one, { mapping: twice, messageBytesMax: 1_300 }).codes).toEqual([]);
  });

  test('refuses a value that is larger than the limit before it is decompressed', () => {
    const bomb = zipped(' '.repeat(10_000_000));
    for (const decode of [
      ['base64', 'gzip', 'json'],
      ['base64', 'gzip', 'text'],
    ])
      expect(converted([{ p: bomb }], { mapping: opening(...decode), messageBytesMax: 100_000 }).codes).toEqual([
        'too-large',
      ]);
  });

  test('holds for a value that a column decodes', () => {
    const rules = mapping({ fields: { v: { path: 'p', decode: ['base64', 'gzip', 'text'], type: 'string' } } });
    expect(converted([{ p: zipped('x'.repeat(1_001)) }], { mapping: rules, messageBytesMax: 1_000 }).codes).toEqual([
      'too-large',
    ]);
    expect(converted([{ p: zipped('x'.repeat(900)) }], { mapping: rules, messageBytesMax: 1_000 }).codes).toEqual([]);
  });
});

describe('documents', () => {
  test('refuses a document with more values than a body may contain', () => {
    const many = `{"v":[${'0,'.repeat(JSON_VALUES_MAX)}0]}`;
    const { codes, refused } = convert(message({ p: zipped(many) }), { mapping: opening('base64', 'gzip', 'json') });
    expect(codes).toEqual(['too-large']);
    expect(refused[0]?.refusal.detail).toContain('JSON values');
  });

  test('refuses a document that is nested too deeply', { tags: 'slow' }, () => {
    const deep = `{"v":${'['.repeat(500_000)}${']'.repeat(500_000)}}`;
    expect(converted([{ p: zipped(deep) }], { mapping: opening('base64', 'gzip', 'json') }).codes).toEqual([
      'undecodable',
    ]);
  });

  test('leaves out the byte order mark of a text in base64', () => {
    const text = mapping({ tags: { t: { path: 'p', decode: ['base64', 'text'] } }, fields: { v: 'v' } });
    const p = Buffer.from('\ufeffhall').toString('base64');
    expect(converted([{ p, v: 1 }], { mapping: text }).lines).toEqual([expect.stringMatching(/^m,t=hall v=1 /)]);
  });

  test('reads a document with a byte order mark, and with a bare NaN', () => {
    const rules = opening('json');
    expect(
      converted([{ p: '\ufeff{"v":1}' }, { p: '{"v":NaN}' }, { p: '{"v":-inf}' }], { mapping: rules }),
    ).toMatchObject({
      lines: [expect.stringMatching(/^m v=1 /)],
      codes: ['not-finite', 'not-finite'],
    });
  });
});

describe('steps', () => {
  test.each([
    ['base64', '?', 'expected base64'],
    ['base64', 'QUJD RA', 'step text'],
    ['hex', '4', 'pairs of hexadecimal digits'],
    ['hex', '4g', 'pairs of hexadecimal digits'],
    ['base64', '/w==', 'expected UTF-8 text'],
    ['base64', 5, 'expected text, found number'],
  ])('a step %s refuses %j, and names what it found', (step, value, detail) => {
    const rules = mapping({ fields: { v: { path: 'p', decode: [step, 'text'], type: 'string' } } });
    const { codes, refused, lines } = converted([{ p: value }], { mapping: rules });
    if (detail === 'step text') expect(lines).toEqual([expect.stringMatching(/^m v="ABCD" /)]);
    else {
      expect(codes).toEqual(['undecodable']);
      expect(refused[0]?.refusal.detail).toContain(detail);
    }
  });
});

test('$index of a body that is an array is the same in a condition and in a tag, also after a transformation', () => {
  const rules = mapping({
    measurement: undefined,
    mappings: [{ when: { path: '$index', in: [1] }, measurement: 'm', tags: { i: '$index' }, fields: { v: 'v' } }],
  });
  const events = [{ v: 1 }, { v: 2 }];
  for (const extensions of [{}, { transform: (event: unknown) => event }])
    expect(converted(events, { mapping: rules, extensions })).toMatchObject({
      lines: [expect.stringMatching(/^m,i=1 v=2 /)],
      codes: ['no-mapping'],
    });
});
