/**
 * Functions of the user that decode, transform, and convert events, and dead letters of these events. Covers
 * `src/sink/custom/`, `src/sink/decode/decode-by-code.ts`, and `src/sink/decode/convert-by-code.ts`.
 */

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type ConversionExtensions, extendRules } from '../../../src/sink/convert/extensions.ts';
import type { MessageInfo, PointInput } from '../../../src/sink/custom/hooks.ts';
import { type Input, MESSAGE_BYTES_MAX } from '../../../src/sink/decode/decode-options.ts';
import { lineConverter } from '../../../src/sink/mapping/line-converter.ts';
import type { Mapping } from '../../../src/sink/mapping/mapping.ts';
import type { Message } from '../../../src/sink/message.ts';
import { deadLetterFactory } from '../../../src/sink/settle/dead-letter.ts';
import { restoreOrigin } from '../../../src/sink/settle/letter-origin.ts';
import { snsBody } from '../../../src/testing/messages.ts';
import { convert, mapping, message, refusalTexts, SENT_AT_MS } from '../make.ts';

/** A device that packs readings as `temperature@ms`, separated by semicolons. */
const decode = (body: string): unknown =>
  body.split(';').map((part) => {
    const [t, at] = part.split('@');
    return { t: Number(t), at: Number(at) };
  });

const rules = mapping({ timestamp: { path: 'at', precision: 'ms' }, fields: { t: 't' } });
const NS = '000000';

const resultOf = (body: unknown, extensions: ConversionExtensions, one?: Mapping, input: Input = 'auto'): string[] => {
  const { lines, refused } = convert(message(body), { mapping: one, extensions, input });
  return [...lines, ...refusalTexts(refused)];
};

describe('decode', () => {
  test('a decoder returns one event or several, which the mapping converts', () => {
    expect(resultOf('1@5;2@6', { decode }, rules)).toEqual([`m t=1 5${NS}`, `m t=2 6${NS}`]);
    expect(resultOf('x', { decode: () => ({ t: 3, at: 7 }) }, rules)).toEqual([`m t=3 7${NS}`]);
    expect(convert(message('x'), { mapping: rules, extensions: { decode: () => [] } }).events).toBe(0);
  });

  test('a decoder gets the body as it is, although it looks like gzip, JSON, or an envelope', () => {
    const bodies = [gzipSync('x').toString('base64'), '{"a":1}', snsBody('inner'), ' m v=1 1\n'];
    const seen: string[] = [];
    const spy = (text: string): unknown => {
      seen.push(text);
      return { t: 1, at: 1 };
    };
    for (const body of bodies) resultOf(body, { decode: spy }, rules);
    expect(seen).toEqual(bodies);
  });

  test('a function that changes the attributes of a message changes no other event, and no dead letter', () => {
    const attributes = { region: { type: 'String', value: 'eu' } };
    const tagged = mapping({ tags: { region: '$message.attributes.region' }, fields: { t: 't' } });
    const spoil = (event: unknown, info: MessageInfo): unknown => {
      const given = info.attributes as Record<string, { value: string }>;
      if (given.region !== undefined) given.region.value = 'us';
      delete given.region;
      return event;
    };
    for (const one of [
      message([{ t: 1 }, { t: 2 }], { attributes }),
      message(snsBody([{ t: 1 }, { t: 2 }], attributes)),
    ]) {
      const { lines } = convert(one, { mapping: tagged, extensions: { transform: spoil } });
      expect(lines.map((line) => line.split(' ')[0])).toEqual(['m,region=eu', 'm,region=eu']);
    }
    expect(attributes).toEqual({ region: { type: 'String', value: 'eu' } });
  });

  test('a decoder gets the text in the envelope that SINK_INPUT declares, and the attributes of SNS', () => {
    const attributes = { region: { type: 'String', value: 'eu' } };
    const seen: [string, MessageInfo][] = [];
    const spy = (text: string, info: MessageInfo): unknown => {
      seen.push([text, info]);
      return { t: 1, at: 1 };
    };
    resultOf(snsBody('1@5', attributes), { decode: spy }, rules, 'sns');
    resultOf(gzipSync('2@6').toString('base64'), { decode: spy }, rules, 'gzip');
    expect(seen.map(([text]) => text)).toEqual(['1@5', '2@6']);
    expect(seen[0]?.[1]).toEqual({ id: 'message-1', sentAtMs: SENT_AT_MS, groupId: undefined, attributes });
  });

  test('values that JSON does not have become values that a mapping can read', () => {
    const typed = mapping({
      timestamp: { path: 'at', precision: 'iso8601' },
      tags: { id: 'id', raw: 'raw' },
      fields: { n: { path: 'inner.n', type: 'integer' } },
    });
    const event = {
      id: 12_345_678_901_234_567_890n,
      at: new Date(SENT_AT_MS),
      raw: new Uint8Array([1, 2]),
      inner: new Map([['n', 5n]]),
    };
    expect(resultOf('x', { decode: () => event }, typed)).toEqual([
      `m,id=12345678901234567890,raw=AQI\\= n=5i ${SENT_AT_MS}000000`,
    ]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new TypeError('no header');
      },
      /^converter-error: decode threw TypeError: no header \(/,
    ],
    ['returns a promise', async () => ({}), /^converter-error: decode returned a promise, but it must be synchronous$/],
    ['returns nothing', () => undefined, /^converter-error: decode must return .* it returned undefined$/],
    ['returns a null', () => [{}, null], /^converter-error: decode must return .* an element that is missing$/],
    ['returns too many events', () => Array(100_001).fill({}), /^too-large: /],
    [
      'returns an object that contains itself',
      () => {
        const event: Record<string, unknown> = {};
        event.self = event;
        return event;
      },
      /^converter-error: the event threw RangeError: /,
    ],
  ])('a message is refused as one event if its decoder %s', (_, broken, expected) => {
    expect(resultOf('x', { decode: broken }, rules)).toEqual([expect.stringMatching(expected)]);
  });

  test('a promise of a decoder that is rejected later does not end the process', async () => {
    resultOf('x', { decode: () => Promise.reject(new Error('later')) }, rules);
    await new Promise(setImmediate);
  });
});

describe('transform', () => {
  test('an event is transformed before its arrays are opened and its rule is chosen', () => {
    const nested = mapping({ events: 'list', timestamp: { path: 'at', precision: 'ms' }, fields: { t: 't' } });
    const transform = (event: { values: Record<string, number> }): unknown => ({
      list: Object.entries(event.values).map(([at, t]) => ({ at: Number(at), t })),
    });
    expect(resultOf({ values: { 5: 1, 6: 2 } }, { transform }, nested)).toEqual([`m t=1 5${NS}`, `m t=2 6${NS}`]);
  });

  test('integers beyond 2^53-1 pass a transformation exactly', () => {
    const exact = mapping({ timestamp: { path: 'at', precision: 'ns' }, fields: { t: 't' } });
    expect(resultOf('{"at":1755216000000000001,"t":1}', { transform: (event) => ({ ...event }) }, exact)).toEqual([
      'm t=1 1755216000000000001',
    ]);
  });

  test('a transformation that throws or returns nothing refuses only its event', () => {
    const transform = (event: { t: number }): unknown => {
      if (event.t === 2) throw new Error('two');
      return event.t === 3 ? undefined : event;
    };
    const found = resultOf(
      [1, 2, 3, 4].map((t) => ({ t, at: t })),
      { transform },
      rules,
    );
    expect(found).toEqual([
      `m t=1 1${NS}`,
      `m t=4 4${NS}`,
      expect.stringMatching(/^converter-error: transform threw Error: two/),
      'converter-error: transform must return the event, it returned undefined',
    ]);
  });
});

describe('converters of a user', () => {
  interface Sample {
    readonly values: readonly number[];
  }
  const toPoints = ({ values }: Sample): readonly PointInput[] =>
    values.map((v, index) => ({
      measurement: 'm',
      tags: { index, none: undefined, nil: null },
      fields: { v, count: BigInt(index), gone: undefined },
      timestamp: new Date(SENT_AT_MS + index),
    }));
  const toLines = ({ values }: Sample): readonly string[] =>
    values.map((v, index) => `m,index=${index} v=${v} ${index}`);

  test('an event can become none, one, or several points, and a dropped event is counted', () => {
    const { lines, events, dropped } = convert(message([{ values: [] }, { values: [1] }, { values: [2, 3] }]), {
      extensions: { converter: { toPoints } },
    });
    expect(lines).toEqual([
      `m,index=0 v=1,count=0i ${SENT_AT_MS}${NS}`,
      `m,index=0 v=2,count=0i ${SENT_AT_MS}${NS}`,
      `m,index=1 v=3,count=1i ${SENT_AT_MS + 1}${NS}`,
    ]);
    expect([events, dropped]).toEqual([4, 1]);
  });

  test('lines of a converter are parsed and written again, and an invalid one is refused alone', () => {
    const converter = {
      toLines: ({ values }: Sample) => values.map((v) => (v === 2 ? 'm v' : `m v=${v}\nm v=${v} 7`)),
    };
    expect(resultOf({ values: [1, 2] }, { converter })).toEqual([
      expect.stringMatching(/^m v=1 \d{19}$/),
      'm v=1 7',
      expect.stringMatching(/^undecodable: line protocol: /),
    ]);
  });

  test.each([
    [
      'throws',
      { toLines: () => ({}) as { x: { y: string } }['x']['y'] },
      /toLines must return .* it returned an object$/,
    ],
    ['returns a number', { toPoints: () => 5 as never }, /toPoints must return a point .* it returned a number$/],
    [
      'returns a gap',
      { toLines: () => ['m v=1', undefined] as never },
      /it returned an array that contains undefined$/,
    ],
    ['returns a null', { toPoints: () => [null] as never }, /it returned an array that contains null$/],
    [
      'returns a point that throws',
      {
        toPoints: () =>
          Object.defineProperty({ measurement: 'm' }, 'fields', {
            enumerable: true,
            get: () => {
              throw new Error('no fields');
            },
          }) as never,
      },
      /^converter-error: toPoints threw Error: no fields/,
    ],
    [
      'returns an invalid date',
      { toPoints: () => ({ measurement: 'm', fields: {}, timestamp: new Date('x') }) },
      /invalid date/,
    ],
    ['returns no fields', { toPoints: () => ({ measurement: 'm', fields: {} }) }, /^no-fields: /],
    [
      'misspells a member',
      { toPoints: () => ({ measurement: 'm', field: { v: 1 } }) as never },
      /^converter-error: toPoints must return points with the members .*, it returned the member "field"$/,
    ],
    [
      'returns an inexact time',
      { toPoints: () => ({ measurement: 'm', fields: { v: 1 }, timestamp: (2 ** 60) as never }) },
      /^converter-error: toPoints must return a timestamp as Date, bigint, or text of nanoseconds, it returned a number as timestamp$/,
    ],
    [
      'returns tags in a map',
      { toPoints: () => ({ measurement: 'm', tags: new Map([['a', 'b']]), fields: { v: 1 } }) as never },
      /^converter-error: toPoints must return tags as an object of names and values, it returned an object as tags$/,
    ],
    [
      'returns tags as text',
      { toPoints: () => ({ measurement: 'm', tags: 'abc', fields: { v: 1 } }) as never },
      /it returned a string as tags$/,
    ],
    [
      'returns fields in an array',
      { toPoints: () => ({ measurement: 'm', fields: [1, 2] }) as never },
      /^converter-error: toPoints must return fields as an object of names and values, it returned an array as fields$/,
    ],
    [
      'throws an error whose message is no text',
      {
        toPoints: () => {
          throw Object.assign(new Error('x'), { message: Symbol('x') });
        },
      },
      /^converter-error: toPoints threw an error whose text cannot be read$/,
    ],
    [
      'throws an error whose message cannot be read',
      {
        toPoints: () => {
          throw Object.defineProperty(new Error('x'), 'message', {
            get: () => {
              throw new Error('no');
            },
          });
        },
      },
      /^converter-error: toPoints threw an error whose text cannot be read$/,
    ],
    [
      'throws an error with a long message of several lines that look like places',
      {
        toPoints: () => {
          throw new Error(`first\n    at nowhere (x)\n${'y'.repeat(2_000)}`);
        },
      },
      /^converter-error: toPoints threw Error: first at nowhere \(x\) y+\.\.\. \(.*by-code\.test\.ts:\d+:\d+\)$/,
    ],
  ])('an event is refused whose converter %s', (_, converter, expected) => {
    expect(resultOf({}, { converter })).toEqual([expect.stringMatching(expected)]);
  });

  test('an object that is no converter is refused when it is passed', () => {
    expect(() => resultOf({}, { converter: {} as never })).toThrow(/must be a lineConverter, or an object with one of/);
    expect(() => resultOf({}, { decode: 'json' as never })).toThrow('decode must be a function, got string.');
  });

  test('lines in a body pass no converter, because they are points already', () => {
    expect(resultOf('m v=1 7', { converter: { toLines } })).toEqual(['m v=1 7']);
  });
});

describe('dead letters', () => {
  let sent = 0;
  /** Returns what the dead letters of a message become when they are sent back, after the code was corrected. */
  const redriven = (
    one: Message,
    before: ConversionExtensions,
    after: ConversionExtensions,
    map?: Mapping,
  ): string[] => {
    const { refused } = convert(one, { mapping: map, extensions: before });
    const base = { mapping: map, decode: { input: 'auto', messageBytesMax: MESSAGE_BYTES_MAX } } as const;
    const letterOf = deadLetterFactory(one, { ...extendRules(base, before), sinkVersion: '1.2.3' });
    return refused.flatMap((event) => {
      const { body, attributes } = letterOf(event);
      const texts = Object.entries(attributes).map(([name, value]) => [name, { type: 'String', value }]);
      const again = message(body, { id: `again-${sent++}`, sentAtMs: 1, attributes: Object.fromEntries(texts) });
      const { lines, codes } = convert(restoreOrigin(again, MESSAGE_BYTES_MAX), { mapping: map, extensions: after });
      return [...lines, ...codes];
    });
  };

  const untimed = mapping({ timestamp: { path: 'none', missing: 'message' }, fields: { t: 't' } });
  const failing =
    <T>(good: (event: T) => unknown, isBad: (event: T) => boolean) =>
    (event: T) => {
      if (isBad(event)) throw new Error('bad');
      return good(event);
    };

  test.each([
    ['a decoder', '1@5;2@6;3@7', { decode }, untimed],
    [
      'a decoder and a transformation',
      '1@5;2@6;3@7',
      { decode, transform: (event: object) => ({ ...event }) },
      untimed,
    ],
    [
      'a transformation into an array',
      [{ list: '1,2,3' }, { list: '2' }],
      { transform: ({ list }: { list: string }) => ({ list: list.split(',').map((t) => ({ t: Number(t) })) }) },
      mapping({ events: 'list', timestamp: { path: 'none', missing: 'message' }, fields: { t: 't' } }),
    ],
    [
      'a converter of several points in an SNS envelope of NDJSON',
      snsBody('{"values":[1,2]}\n{"values":[2,3]}'),
      {
        converter: {
          toPoints: ({ values }: { values: number[] }) => values.map((t) => ({ measurement: 'm', fields: { t } })),
        },
      },
      undefined,
    ],
    [
      'a lineConverter',
      [{ t: 1 }, { t: 2 }, { t: 3 }],
      { converter: lineConverter<{ t: number }>('m').float('t', ({ t }) => t) },
      undefined,
    ],
  ])('each dead letter of %s becomes exactly the point that its event would have become', (_, body, code, map) => {
    const extensions: ConversionExtensions = code;
    const one = message(body, { id: 'first' });
    const wanted = convert(one, { mapping: map, extensions }).lines;
    // The server refuses the points with the value 2, so that any code can be before its dead letter.
    const refusedLines = wanted.filter((line) => line.includes('t=2'));
    expect(refusedLines.length).toBeGreaterThan(0);
    const base = { mapping: map, decode: { input: 'auto', messageBytesMax: MESSAGE_BYTES_MAX } } as const;
    const letterOf = deadLetterFactory(one, { ...extendRules(base, extensions), sinkVersion: '1.2.3' });
    const again = wanted.flatMap((line, eventIndex) => {
      if (!line.includes('t=2')) return [];
      const refusal = { code: 'line-refused', detail: 'text of the server' } as const;
      const { body: text, attributes } = letterOf({
        messageIndex: 0,
        eventIndex,
        refusal,
        measurement: 'm',
        partlyStored: false,
      });
      const texts = Object.entries(attributes).map(([name, value]) => [name, { type: 'String', value }]);
      const sentBack = message(text, { id: `again-${sent++}`, sentAtMs: 1, attributes: Object.fromEntries(texts) });
      return convert(restoreOrigin(sentBack, MESSAGE_BYTES_MAX), { mapping: map, extensions }).lines;
    });
    expect(again).toEqual(refusedLines);
  });

  test('events whose code threw are converted exactly once after the code was corrected', () => {
    const broken = {
      transform: failing(
        ({ t }: { t: number }) => ({ t }),
        ({ t }) => t === 2,
      ),
    };
    const one = message([{ t: 1 }, { t: 2 }, { t: 3 }], { id: 'first' });
    const [, second] = convert(one, { mapping: untimed }).lines;
    expect(redriven(one, broken, {}, untimed)).toEqual([second]);
  });

  test('a message whose decoder threw is converted as a whole after the code was corrected', () => {
    const one = message('1@5;2@6', { id: 'first' });
    const broken = { decode: failing(decode, () => true) };
    expect(redriven(one, broken, { decode }, untimed)).toEqual(
      convert(one, { mapping: untimed, extensions: { decode } }).lines,
    );
  });

  test('a dead letter is refused again if the corrected code finds fewer events in its body', () => {
    const one = message('1@5;x@6', { id: 'first' });
    const fewer = { decode: (body: string) => decode(body.split(';')[0] as string) };
    expect(redriven(one, { decode }, fewer, rules)).toEqual(['no-events']);
  });
});

describe('values that JSON does not have', () => {
  test('a member that is undefined is absent, and such an element is null', () => {
    const open = mapping({ otherFields: 'include', fields: {} });
    const transform = (event: object) => ({ ...event, none: undefined });
    expect(convert(message('{"v":1}'), { mapping: open, extensions: { transform } }).lines).toEqual([
      expect.stringMatching(/^m v=1 /),
    ]);
    const decode = () => ({ measurement: 'm', fields: { v: 1, w: undefined } });
    expect(convert(message('x'), { extensions: { decode } }).lines).toEqual([expect.stringMatching(/^m v=1 /)]);
    const listed = mapping({ fields: { v: 'list.1', w: 'list.2' }, nulls: 'ignore' });
    const lists = () => ({ list: [undefined, 5, undefined] });
    expect(convert(message('x'), { mapping: listed, extensions: { decode: lists } }).lines).toEqual([
      expect.stringMatching(/^m v=5 /),
    ]);
  });
  test('a hole in the events of a decoder is a missing event', () => {
    const decode = () => {
      const events: unknown[] = [];
      events[2] = { v: 1 };
      return events;
    };
    const { codes } = convert(message('x'), { mapping: mapping({ fields: { v: 'v' } }), extensions: { decode } });
    expect(codes).toEqual(['converter-error']);
  });
});
