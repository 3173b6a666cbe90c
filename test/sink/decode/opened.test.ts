/** Values that a mapping opens, and the limits of a message. Covers `src/sink/decode/mapped-events.ts` and `decode-steps.ts`. */

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { JSON_VALUES_MAX } from '../../../src/sink/json/json.ts';
import { parseMapping } from '../../../src/sink/mapping/parse-mapping.ts';
import { outcomesOf, sendBack } from '../laws/outcomes.ts';
import { type ConvertOptions, type ConvertResult, convert, mapping, message } from '../make.ts';

const zipped = (text: string): string => gzipSync(text).toString('base64');
const opening = (...decode: string[]): ReturnType<typeof mapping> =>
  mapping({ open: [{ path: 'p', decode, as: 'opened' }], fields: { v: '$opened.v' } });

/** Converts a body with both converters, which must agree. */
const converted = (body: unknown, options: ConvertOptions): ConvertResult => {
  const [line, point] = (['line', 'point'] as const).map((converter) =>
    convert(message(body), { ...options, converter }),
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

describe('documents in the elements of a level', () => {
  const records = { path: 'Records', as: 'record', open: [{ path: 'data', decode: ['base64', 'json'], as: 'doc' }] };
  const data = (document: unknown): string => Buffer.from(JSON.stringify(document)).toString('base64');
  const one = mapping({ events: records, tags: { id: '$record.id' }, fields: { v: '$doc.v' } });
  const inner = mapping({
    events: [records, { path: '$doc.rows', as: 'row', missing: 'ignore' }],
    tags: { id: '$record.id', site: '$doc.site' },
    fields: { v: '$row.v' },
  });
  const kinesis = {
    Records: [
      { id: 'a', data: data({ v: 1 }) },
      { id: 'b', data: '?' },
      { id: 'c' },
      { id: 'd', data: data({ v: 4 }) },
    ],
  };
  const batches = {
    Records: [
      { id: 'a', data: data({ site: 's', rows: [{ v: 1 }, { v: 2 }] }) },
      { id: 'b', data: data({ site: 't' }) },
      { id: 'c', data: '?' },
      { id: 'd', data: data({ site: 'u', rows: [{ v: 3 }] }) },
    ],
  };
  const withoutTimes = (lines: readonly string[]): readonly string[] => lines.map((line) => line.replace(/ \d+$/, ''));

  test('are decoded for each element, and one that cannot be decoded costs only itself', () => {
    const { lines, refused } = converted(kinesis, { mapping: one });
    expect(withoutTimes(lines)).toEqual(['m,id=a v=1', 'm,id=d v=4']);
    expect(refused.map(({ eventIndex, refusal }) => [eventIndex, refusal.code, refusal.detail])).toEqual([
      [1, 'undecodable', 'open (data), step base64: expected base64, found text that has no known form'],
      [
        2,
        'undecodable',
        'open (data), step base64: expected a value, found nothing; "optional": true would accept that',
      ],
    ]);
  });

  test('contain the arrays of inner levels', () => {
    const { lines, codes, branchesIgnored } = converted(batches, { mapping: inner });
    expect(withoutTimes(lines)).toEqual(['m,id=a,site=s v=1', 'm,id=a,site=s v=2', 'm,id=d,site=u v=3']);
    expect([codes, branchesIgnored]).toEqual([['undecodable'], 1]);
  });

  test.each([
    ['one event each', kinesis, one],
    ['several events each', batches, inner],
  ])('lead to the same points from dead letters, with %s', (_, body, rules) => {
    const setting = { mapping: rules, input: 'auto' as const };
    const { events } = outcomesOf(message(body), setting);
    expect(events.length).toBeGreaterThan(3);
    const letters = sendBack(message(body), setting, [...events.keys()]);
    expect(letters.map((letter) => outcomesOf(letter, setting).events)).toEqual(events.map((event) => [event]));
  });

  test('have the bytes of one body together', () => {
    const padding = 'x'.repeat(400);
    const body = { Records: ['a', 'b', 'c'].map((id) => ({ id, data: data({ v: 1, padding }) })) };
    expect(converted(body, { mapping: one, messageBytesMax: 1_000 }).codes).toEqual(['too-large']);
    expect(converted(body, { mapping: one, messageBytesMax: 3_000 }).codes).toEqual([]);
  });

  test('may be the elements themselves, and be absent', () => {
    const texts = mapping({
      events: { path: 'list', open: [{ path: '$value', decode: 'json', as: 'doc', optional: true }] },
      fields: { v: '$doc.v', w: '$index' },
    });
    expect(withoutTimes(converted({ list: ['{"v":1}', null] }, { mapping: texts }).lines)).toEqual([
      'm v=1,w=0',
      'm w=1',
    ]);
  });

  test('are known only below their level', () => {
    const declared = {
      version: 1,
      mappings: [
        { when: { path: 'a', exists: true }, measurement: 'm', events: records, fields: { v: '$doc.v' } },
        { measurement: 'm', fields: { v: '$doc.v' } },
      ],
    };
    expect(parseMapping(declared)).toMatchObject({
      faults: [expect.stringMatching(/^mapping\.mappings\[1\]\.fields\.v begins with "\$doc"/)],
    });
    const faulty = {
      version: 1,
      measurement: 'm',
      fields: { v: 'v' },
      events: { path: 'a', open: [{ path: 'b', as: 'record' }] },
    };
    expect(parseMapping(faulty)).toMatchObject({
      faults: [expect.stringMatching(/^mapping\.events\.open\[0\]\.decode /)],
    });
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

  test.each([
    ['{"v":', 'is not valid JSON at character 6: expected a value, found the end of the text'],
    ['{"v":NaN,}', 'is not valid JSON at character 10: expected a name in double quotes after the comma, found "}"'],
    ['{"v":1}{"v":2}', 'contains several JSON documents'],
    ['v: 1', 'looks like YAML or a list of headers'],
  ])('a step json refuses %j, and says where it is broken', (text, hint) => {
    const { refused } = converted([{ p: text }], { mapping: opening('json') });
    expect(refused.map(({ refusal }) => refusal.detail)).toEqual([
      `open (p), step json: expected JSON, found text that ${hint}`,
    ]);
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
