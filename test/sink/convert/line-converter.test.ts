/** The typed builder. Covers `src/sink/mapping/line-converter.ts` and its encoder. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONVERTERS } from '../../../src/sink/convert/converter.ts';
import { type LineConverterBuilder, lineConverter } from '../../../src/sink/mapping/line-converter.ts';
import { type ConvertResult, convert, mapping, message, refusalTexts, SENT_AT_MS } from '../make.ts';

interface Reading {
  readonly device: { readonly id: string; readonly site?: string | null };
  readonly temperature: number;
  readonly count?: number | null;
  readonly ok?: boolean;
  readonly note?: string | null;
  readonly at: number;
}

const telemetry = lineConverter<Reading>('telemetry')
  .tag('site', ({ device }) => device.site)
  .tag('device', ({ device }) => device.id)
  .float('temperature', ({ temperature }) => temperature)
  .integer('count', ({ count }) => count)
  .boolean('ok', ({ ok }) => ok)
  .string('note', ({ note }) => note)
  .timestamp(({ at }) => at, 'ms');

/** The mapping that the builder stands for. */
const declared = mapping({
  measurement: 'telemetry',
  timestamp: { path: 'at', precision: 'ms' },
  tags: { site: 'device.site', device: 'device.id' },
  fields: {
    temperature: 'temperature',
    count: { path: 'count', type: 'integer' },
    ok: { path: 'ok', type: 'boolean' },
    note: { path: 'note', type: 'string' },
  },
});

const by = <T>(
  converter: LineConverterBuilder<T>,
  event: unknown,
  kind: (typeof CONVERTERS)[number] = 'line',
): ConvertResult => convert(message(event), { extensions: { converter }, converter: kind });

/** Returns the line of an event, or the codes and details of its refusal. */
const lineOf = <T>(converter: LineConverterBuilder<T>, event: unknown): string => {
  const { lines, refused } = by(converter, event);
  return [...lines, ...refusalTexts(refused)].join('\n');
};

const one = { device: { id: 'a' }, temperature: 21.5, at: SENT_AT_MS };

describe('lines', () => {
  test('a line has the columns of the builder, tags sorted by name, and fields in the order of the calls', () => {
    const event = { ...one, device: { id: 'a b', site: 'hall' }, count: 3, ok: true, note: 'say "x"' };
    expect(lineOf(telemetry, event)).toBe(
      `telemetry,device=a\\ b,site=hall temperature=21.5,count=3i,ok=true,note="say \\"x\\"" ${SENT_AT_MS}000000`,
    );
  });

  test('both converters write the bytes of the mapping that the builder stands for', { tags: 'slow' }, () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'a,b', 'x=y\\', 'new\nline', '"'));
    const event = fc.record(
      {
        device: fc.record({ id: text, site: fc.option(text) }, { requiredKeys: ['id'] }),
        temperature: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), text),
        count: fc.option(fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }))),
        ok: fc.option(fc.boolean()),
        note: fc.option(text),
        at: fc.oneof(fc.integer({ min: 0, max: 4_000_000_000_000 }), fc.integer(), text),
      },
      { requiredKeys: ['device', 'temperature', 'at'] },
    );
    fc.assert(
      fc.property(event, (value) => {
        const body = message(JSON.stringify(value));
        for (const kind of CONVERTERS) {
          const built = convert(body, { extensions: { converter: telemetry }, converter: kind });
          const mapped = convert(body, { mapping: declared, converter: kind });
          expect(built.lines).toEqual(mapped.lines);
          expect(built.codes).toEqual(mapped.codes);
          expect(built.valuesAltered).toBe(mapped.valuesAltered);
          expect(built.implausibleTimes).toBe(mapped.implausibleTimes);
        }
      }),
    );
  });

  test('a builder is immutable, so that converters can share a beginning', () => {
    const base = lineConverter<Reading>('m').float('t', ({ temperature }) => temperature);
    const tagged = base.tag('device', ({ device }) => device.id);
    const timed = base.timestamp(({ at }) => at, 'ms');
    expect(lineOf(timed, one)).toBe(`m t=21.5 ${SENT_AT_MS}000000`);
    expect(lineOf(tagged, one)).toMatch(/^m,device=a t=21.5 /);
    expect(lineOf(base, one)).toMatch(/^m t=21.5 /);
  });

  test('a measurement, a default, and a required tag depend on the event', () => {
    const converter = lineConverter<{ kind?: string; v: number; host?: string; zone?: string }>(({ kind }) => kind)
      .tag('host', ({ host }) => host, { default: 'none' })
      .tag('zone', ({ zone }) => zone, { required: true })
      .float('v', ({ v }) => v);
    expect(lineOf(converter, { kind: 'cpu', v: 1, zone: 'z' })).toMatch(/^cpu,host=none,zone=z v=1 /);
    expect(lineOf(converter, { v: 1, zone: 'z' })).toMatch(/^measurement-missing: measurement \(its function\):/);
    expect(lineOf(converter, { kind: 'cpu', v: 1 })).toBe(
      'tag-missing: tag "zone" (its function): the event has none, and it is required',
    );
  });

  test.each([
    ['a Date', (): unknown => new Date(SENT_AT_MS + 5), undefined, `${SENT_AT_MS + 5}000000`],
    ['a bigint of nanoseconds', (): unknown => BigInt(SENT_AT_MS) * 1_000_000n + 7n, 'ns', `${SENT_AT_MS}000007`],
    ['digits as text', (): unknown => `${SENT_AT_MS}000007`, 'ns', `${SENT_AT_MS}000007`],
    ['RFC 3339', (): unknown => '2025-08-15T00:00:00.000000001Z', 'iso8601', '1755216000000000001'],
    ['seconds with a fraction', (): unknown => 1_755_216_000.25, 's', '1755216000250000000'],
  ] as const)('a time can be %s', (_, read, precision, expected) => {
    const base = lineConverter<unknown>('m').float('v', () => 1);
    const timed = (base.timestamp as (...args: unknown[]) => LineConverterBuilder<unknown>)(read, precision);
    expect(lineOf(timed, {})).toBe(`m v=1 ${expected}`);
  });

  test('an event without a time is refused, or gets the time of its message if the builder allows that', () => {
    const base = lineConverter<{ at?: Date }>('m').float('v', () => 1);
    expect(
      lineOf(
        base.timestamp(({ at }) => at),
        {},
      ),
    ).toMatch(/^timestamp-missing: /);
    expect(
      lineOf(
        base.timestamp(({ at }) => at, { missing: 'message' }),
        {},
      ),
    ).toMatch(new RegExp(`^m v=1 ${SENT_AT_MS}\\d{6}$`));
  });
});

describe('exact integers', () => {
  const converter = lineConverter<{ id: number; n: number; at: number }>('m')
    .tag('id', ({ id }) => id)
    .integer('n', ({ n }) => n)
    .timestamp(({ at }) => at, 'ns');

  test('a function gets integers of the body beyond 2^53-1 as bigint, so that tags and times keep their digits', () => {
    const body = '{"id":12345678901234567890,"n":9007199254740991,"at":1755216000000000001}';
    expect(lineOf(converter, body)).toBe('m,id=12345678901234567890 n=9007199254740991i 1755216000000000001');
  });

  test('an integer beyond 2^53-1 whose double prints the same digits is a bigint, too', () => {
    expect(lineOf(converter, '{"id":1,"n":1,"at":1755216000000000000}')).toBe('m,id=1 n=1i 1755216000000000000');
  });

  test('an integer field beyond 2^53-1 is refused, because openGemini would round it', () => {
    expect(lineOf(converter, '{"id":1,"n":9007199254740993,"at":1}')).toMatch(/^integer-range: field "n"/);
  });

  test.each([
    [
      'tag',
      lineConverter<unknown>('m')
        .tag('id', () => 2 ** 60)
        .float('v', () => 1),
    ],
    [
      'time',
      lineConverter<unknown>('m')
        .float('v', () => 1)
        .timestamp(() => SENT_AT_MS * 1e6, 'ns'),
    ],
  ])('a %s that was calculated beyond 2^53-1 is refused with a remedy', (_, calculated) => {
    expect(lineOf(calculated, {})).toMatch(/^integer-range: .*exact only up to 2\^53-1; return a bigint or text$/);
  });
});

describe('refusals', () => {
  test.each(CONVERTERS)('a function that throws refuses only its event, with the name of its column (%s)', (kind) => {
    const events = [one, { ...one, device: null }, { ...one, device: { id: 'c' } }];
    const { lines, refused } = by(telemetry, events, kind);
    expect(lines).toHaveLength(2);
    expect(refused.map(({ eventIndex, refusal }) => [eventIndex, refusal.code])).toEqual([[1, 'converter-error']]);
    expect(refused[0]?.refusal.detail).toMatch(
      /^tag "device" threw TypeError: Cannot read properties of null \(reading 'id'\) \(.*line-converter\.test\.ts:\d+:\d+\)$/,
    );
  });

  test.each([
    ['a promise', async () => 1, /^converter-error: field "v" returned a promise, but it must be synchronous$/],
    [
      'a promise that is rejected',
      async () => Promise.reject(new Error('late')),
      /^converter-error: field "v" returned a promise/,
    ],
    ['NaN', () => Number.NaN, /^not-finite: field "v" .*the number is NaN$/],
    ['text for a float', () => 'x', /^field-type: field "v" .*expected a number, found string$/],
    ['nothing for the only field', () => undefined, /^no-fields: /],
  ])('an event is refused whose function returns %s', (_, read, expected) => {
    expect(lineOf(lineConverter<unknown>('m').float('v', read as () => number), {})).toMatch(expected);
  });

  test('a thrown value that is no error is named by its type', () => {
    const converter = lineConverter<unknown>('m').float('v', () => {
      throw 'secret';
    });
    expect(lineOf(converter, {})).toBe('converter-error: field "v" threw a value of type string instead of an error');
  });

  test('an invalid date is refused', () => {
    const converter = lineConverter<unknown>('m')
      .float('v', () => 1)
      .timestamp(() => new Date('never'));
    expect(lineOf(converter, {})).toMatch(/^converter-error: timestamp threw RangeError: the date is invalid/);
  });
});

describe('mistakes in a builder', () => {
  const base = lineConverter<unknown>('m').float('v', () => 1);
  test.each([
    ['an empty measurement', () => lineConverter(''), 'measurement "": the measurement is empty'],
    [
      'a reserved name',
      () => base.float('time', () => 1),
      'field "time": openGemini reserves the name "time" for itself',
    ],
    ['a name that is no text', () => base.tag(5 as never, () => ''), 'The name of a tag must be text, got number.'],
    ['a repeated name', () => base.tag('v', () => ''), 'The name "v" is used by two tags or fields.'],
    [
      'an empty default',
      () => base.tag('t', () => '', { default: '' }),
      'The default of tag "t" is invalid: must not be empty.',
    ],
    [
      'an unknown precision',
      () => base.timestamp(() => 1, 'minutes' as never),
      'The precision of the timestamp must be one of s, ms, us, ns, iso8601, auto, got "minutes".',
    ],
    [
      'an unknown option',
      () => base.tag('t', () => '', { defualt: 'x' } as never),
      'tag "t" has no option "defualt". Known options: default, required.',
    ],
    [
      'an unknown treatment',
      () => base.timestamp(() => 1, 's', { missing: 'now' as never }),
      '"missing" of the timestamp must be refuse or message, got "now".',
    ],
    [
      'no function',
      () => base.float('w', 'path' as never),
      'field "w" must have a function that reads it from an event.',
    ],
  ])('%s throws when the builder is created', (_, build, expected) => {
    expect(build).toThrow(new TypeError(expected));
  });

  test('a builder without a field is refused by whatever uses it', () => {
    const converter = lineConverter<unknown>('m').tag('t', () => 'x');
    expect(() => by(converter, {})).toThrow('The lineConverter must have at least one field.');
  });
});

test.each(['s', 'ms', 'us', 'ns', 'iso8601'] as const)('a date is a time with the precision %s too', (precision) => {
  const converter = lineConverter<{ at: Date }>('m')
    .float('v', () => 1)
    // The types permit a precision only for numbers and texts.
    .timestamp((({ at }: { at: Date }) => at) as never, precision as never);
  const decode = () => ({ at: new Date(1_780_000_000_123) });
  expect(convert(message('x'), { extensions: { converter, decode } }).lines).toEqual(['m v=1 1780000000123000000']);
});
