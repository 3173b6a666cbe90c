/** Times in all formats, and the time of events without one. Covers `src/sink/time/timestamp.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Time } from '../../../src/sink/lines/point.ts';

import { isRefusal, type Refusal } from '../../../src/sink/refusal.ts';
import { stableHash } from '../../../src/sink/time/stable-hash.ts';
import {
  addToTime,
  isImplausible,
  messageTime,
  NANO_DIGITS,
  type NumericPrecision,
  resolutionOfDecimal,
  resolutionOfDigits,
  resolutionOfIso8601,
  spreadTime,
  timeFromDecimal,
  timeFromIso8601,
  timeText,
  unitByMagnitude,
} from '../../../src/sink/time/timestamp.ts';
import { convert, mapping, message } from '../make.ts';

const decimal = (text: string, precision: NumericPrecision): string => {
  const time = timeFromDecimal(text, precision, 'time');
  return isRefusal(time) ? time.code : timeText(time);
};
const iso = (text: string): string => {
  const time = timeFromIso8601(text, 'time');
  return isRefusal(time) ? time.code : timeText(time);
};

describe('decimal times', () => {
  test.each<[string, NumericPrecision, string]>([
    ['1755216000', 's', '1755216000000000000'],
    ['1755216000.123456789', 's', '1755216000123456789'],
    ['1755216000.1234567891', 's', 'timestamp-format'],
    ['1755216000.1230000000000', 's', '1755216000123000000'],
    ['1755216000123', 'ms', '1755216000123000000'],
    ['1755216000123.000001', 'ms', '1755216000123000001'],
    ['1755216000123.0000001', 'ms', 'timestamp-format'],
    ['1755216000123456', 'us', '1755216000123456000'],
    ['1755216000123456789', 'ns', '1755216000123456789'],
    ['1755216000123456789.0', 'ns', '1755216000123456789'],
    ['1.5', 'ns', 'timestamp-format'],
    ['1.7552160e12', 'ms', '1755216000000000000'],
    ['17552160E+5', 'ms', '1755216000000000000'],
    ['5e-3', 's', '5000000'],
    ['1e300', 's', 'timestamp-range'],
    ['1e-300', 's', 'timestamp-format'],
    ['0', 'ms', '0'],
    ['-0', 'ms', '0'],
    ['0.0', 's', '0'],
    ['0000000000000000000000000000001', 's', '1000000000'],
    ['-1', 'ms', 'timestamp-range'],
    ['9223372036854775806', 'ns', '9223372036854775806'],
    ['9223372036854775807', 'ns', 'timestamp-range'],
    ['9223372036.854775806', 's', '9223372036854775806'],
    ['9223372037', 's', 'timestamp-range'],
    ['99999999999999999999', 'ns', 'timestamp-range'],
    ['', 'ms', 'timestamp-format'],
    ['abc', 'ms', 'timestamp-format'],
    ['0x10', 'ms', 'timestamp-format'],
    ['+5', 'ms', 'timestamp-format'],
    [' 5', 'ms', 'timestamp-format'],
    ['5ms', 'ms', 'timestamp-format'],
    ['1_000', 'ms', 'timestamp-format'],
    ['.5', 's', 'timestamp-format'],
    ['1e9999999999', 's', 'timestamp-range'],
    ['1e-9999999999', 's', 'timestamp-format'],
    [`1e${'9'.repeat(40)}`, 'ns', 'timestamp-range'],
    [`1e-${'9'.repeat(40)}`, 'ns', 'timestamp-format'],
    ['Infinity', 's', 'timestamp-format'],
  ])('reads the decimal time %s in %s with the result %s', (text, precision, expected) => {
    expect(decimal(text, precision)).toBe(expected);
  });

  test.each<[string, NumericPrecision, NumericPrecision | undefined]>([
    ['1780000000000', 's', 'ms'],
    ['1780000000000000000', 'ms', 'ns'],
    ['1.78e15', 's', 'us'],
    ['9223372037', 's', undefined],
    ['1e300', 's', undefined],
    ['-1', 'ms', undefined],
  ])('names the unit in which %s would be a time instead of %s: %s', (text, precision, unit) => {
    const { detail } = timeFromDecimal(text, precision, 'ts') as Refusal;
    const hint = `it is read as a number of ${precision}, and looks like one of ${unit}`;
    expect(detail.split('; ')[1]).toBe(unit === undefined ? undefined : hint);
  });

  test('reads decimal times in agreement with whole-number arithmetic for any digits', () => {
    const precision = fc.constantFrom<NumericPrecision>('s', 'ms', 'us', 'ns');
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.nat(9), precision, (digits, places, unit) => {
        const scaled = digits * 10n ** BigInt(NANO_DIGITS[unit]);
        const exact = scaled % 10n ** BigInt(places) === 0n;
        const ns = scaled / 10n ** BigInt(places);
        const text = String(digits).padStart(places + 1, '0');
        const written = places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`;
        const expected = !exact ? 'timestamp-format' : ns > 9_223_372_036_854_775_806n ? 'timestamp-range' : String(ns);
        const found = decimal(written, unit);
        // A number that is both too precise and too large may be refused for either reason.
        if (!exact && ns > 9_223_372_036_854_775_806n) expect(['timestamp-format', 'timestamp-range']).toContain(found);
        else expect(found).toBe(expected);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('unit and resolution of decimal times', () => {
  test.each([
    ['99999999999', 's'],
    ['100000000000', 'ms'],
    ['99999999999999.5', 'ms'],
    ['1e14', 'us'],
    ['1e17', 'ns'],
    ['0.00000001e19', 'ms'],
    ['0.1e11', 's'],
    ['1000000000000e-2', 's'],
    ['0e99', 's'],
    ['1e9999999999', 'ns'],
    ['1e-9999999999', 's'],
    ['2026-05-28', undefined],
  ])('finds the unit of the time %s by its magnitude, however it is written', (text, unit) => {
    expect(unitByMagnitude(text)).toBe(unit);
  });

  test.each([
    ['1780000000', 's', 1e9],
    ['1780000000.250', 's', 1e7],
    ['178000000025e-2', 's', 1e7],
    ['10e-5', 's', 1e5],
    ['0.0001', 's', 1e5],
    ['0e-5', 's', 1e9],
    ['1780000000.1234567891', 's', 1],
    ['1e9999999999', 'ms', 1e6],
    ['1e-9999999999', 'ms', 1],
  ] as const)('finds the resolution of the time %s in %s, however it is written', (text, unit, nanos) => {
    expect(resolutionOfDecimal(text, unit)).toBe(nanos);
  });

  test('finds the resolution of a million digits in one pass', () => {
    // With a pattern for trailing zeros this would take hours.
    expect(resolutionOfDecimal(`1.${'0'.repeat(1_000_000)}1`, 's')).toBe(1);
    expect(unitByMagnitude(`1.${'0'.repeat(1_000_000)}1`)).toBe('s');
  });
});

test.each([
  ['a time with a unit by its magnitude', { path: 'at', precision: 'auto' }],
  ['a number that is added to a time', { path: 'ts', precision: 's', plus: { path: 'at', precision: 's' } }],
])('refuses %s beyond all doubles as out of range, also next to an event that needs source texts', (_, timestamp) => {
  const rules = mapping({ timestamp, fields: { v: 'v' } });
  const events = '{"ts":1780000000,"at":1e400,"v":1},{"ts":9007199254740993.5,"at":-1e400,"v":1}';
  for (const converter of ['line', 'point'] as const)
    expect(convert(message(`[${events}]`), { mapping: rules, converter }).codes).toEqual([
      'timestamp-range',
      'timestamp-range',
    ]);
});

describe('RFC 3339', () => {
  test.each([
    ['2025-08-15T00:00:00Z', '1755216000000000000'],
    ['2025-08-15T00:00:00.1Z', '1755216000100000000'],
    ['2025-08-15T00:00:00.000000001Z', '1755216000000000001'],
    ['2025-08-15t02:00:00+02:00', '1755216000000000000'],
    ['2025-08-14 19:30:00-04:30', '1755216000000000000'],
    ['1970-01-01T00:00:00Z', '0'],
    ['1969-12-31T23:59:59Z', 'timestamp-range'],
    ['2262-04-11T23:47:16.854775806Z', '9223372036854775806'],
    ['2262-04-11T23:47:16.854775807Z', 'timestamp-range'],
    ['2024-02-29T00:00:00Z', '1709164800000000000'],
    ['2025-02-29T00:00:00Z', 'timestamp-format'],
    ['2025-13-01T00:00:00Z', 'timestamp-format'],
    ['2025-04-31T00:00:00Z', 'timestamp-format'],
    ['2025-04-00T00:00:00Z', 'timestamp-format'],
    ['2025-00-10T00:00:00Z', 'timestamp-format'],
    ['2025-08-15T24:00:00Z', 'timestamp-format'],
    ['2025-08-15T00:60:00Z', 'timestamp-format'],
    ['2025-08-15T00:00:60Z', 'timestamp-format'],
    ['2025-08-15T00:00:00', 'timestamp-format'],
    ['2025-08-15', 'timestamp-format'],
    ['2025-08-15T00:00:00.0000000001Z', 'timestamp-format'],
    ['2025-08-15T00:00:00+0200', '1755208800000000000'],
    ['2025-08-15 02:00:00 +0200', '1755216000000000000'],
    ['2025-08-15 02:00:00.5 +02:00', '1755216000500000000'],
    ['2025-08-14T19:00:00 -05', '1755216000000000000'],
    ['2025-08-15 00:00:00 GMT', '1755216000000000000'],
    ['2025-08-15 00:00:00 UTC', '1755216000000000000'],
    ['2025-08-15 00:00:00  +0200', 'timestamp-format'],
    ['2025-08-15 00:00:00 ', 'timestamp-format'],
    ['2025-08-15 00:00:00 CET', 'timestamp-format'],
    ['2025-08-15T00:00:00+24:00', 'timestamp-format'],
    ['2025-08-15T00:00:00+00:60', 'timestamp-format'],
    ['2025-08-15T23:59:00+23:59', '1755216000000000000'],
    ['2025-08-15T00:00:00.0000000010Z', '1755216000000000001'],
    ['20250815T000000Z', 'timestamp-format'],
    ['0000-01-01T00:00:00Z', 'timestamp-range'],
  ])('reads the RFC 3339 time %s with the result %s', (text, expected) => {
    expect(iso(text)).toBe(expected);
  });
});

/** A refusal as `code: detail`, or the time as digits. */
const outcome = (time: Time | Refusal): string => (isRefusal(time) ? `${time.code}: ${time.detail}` : timeText(time));

test.each([
  [() => timeFromDecimal('ten', 'ms', 'at'), 'expected a number of ms, found text that is not a decimal number'],
  [
    () => timeFromDecimal('2025-08-15T00:00:00Z', 'ms', 'at'),
    'expected a number of ms, found text that is not a decimal number; "precision": "iso8601" in a mapping reads it',
  ],
  [() => timeFromDecimal('1.5', 'ns', 'at'), 'the time is finer than a nanosecond and would be truncated'],
  [() => timeFromIso8601('2025-08-15T00:00:00', 'at'), 'the time has no zone; "zone" in the mapping would set it'],
  [
    () => timeFromIso8601('2025-08-15T00:00:00.0000000001Z', 'at'),
    'the time is finer than a nanosecond and would be truncated',
  ],
  [
    () => timeFromIso8601('15.08.2025', 'at'),
    'expected a time like 2026-08-15T00:00:00.000000001Z (ISO 8601 with date, time and zone)',
  ],
])('a time that cannot be read is refused with the reason: %#', (read, detail) => {
  expect(outcome(read())).toBe(`timestamp-format: at: ${detail}`);
});

test('a time out of range names the range, and no unit if none fits', () => {
  expect(outcome(timeFromDecimal('-5', 's', 'at'))).toBe(
    'timestamp-range: at: openGemini accepts times from 1970-01-01 to 2262-04-11, this one is outside that range',
  );
});

describe('a number that is added to a time', () => {
  const base = { seconds: 1_755_216_000, nanos: 250_000_000 };
  const last = { seconds: 9_223_372_036, nanos: 854_775_800 };
  const outside = 'timestamp-range: at: openGemini accepts times from 1970-01-01 to 2262-04-11';

  test.each<[Time, string, NumericPrecision, string]>([
    [base, '0', 's', '1755216000250000000'],
    [base, '0.000', 'ns', '1755216000250000000'],
    [base, '-0', 'ms', '1755216000250000000'],
    [base, '1', 's', '1755216001250000000'],
    [base, '750', 'ms', '1755216001000000000'],
    [base, '-250', 'ms', '1755216000000000000'],
    [base, '-250.000001', 'ms', '1755215999999999999'],
    [base, '1.5', 'us', '1755216000250001500'],
    [base, '-1e9', 'ns', '1755215999250000000'],
    [base, '7', 'ns', '1755216000250000007'],
    [base, '12e-1', 'ms', '1755216000251200000'],
    [{ seconds: 0, nanos: 5 }, '-5', 'ns', '0'],
    [last, '6', 'ns', '9223372036854775806'],
  ])('%o plus %s %s is %s', (time, text, unit, expected) => {
    expect(outcome(addToTime(time, text, unit, 'at'))).toBe(expected);
  });

  test.each<[Time, string, NumericPrecision, string]>([
    [base, 'soon', 'ms', 'timestamp-format: at: expected a number of ms to add'],
    [base, '1.5', 'ns', 'timestamp-format: at: the time is finer than a nanosecond and would be truncated'],
    [base, '1e-10', 's', 'timestamp-format: at: the time is finer than a nanosecond and would be truncated'],
    [{ seconds: 0, nanos: 5 }, '-6', 'ns', outside],
    [last, '7', 'ns', outside],
    [base, '1e31', 's', outside],
    [base, '-1e31', 's', outside],
    [base, '1e31', 'ns', outside],
    [base, '1e1000', 's', outside],
    [base, '1e200000000', 's', 'timestamp-format: at: expected a number of s to add'],
  ])('%o plus %s %s is refused: %s', (time, text, unit, expected) => {
    expect(outcome(addToTime(time, text, unit, 'at'))).toContain(expected);
  });

  test('agrees with whole-number arithmetic for any digits', () => {
    const precision = fc.constantFrom<NumericPrecision>('s', 'ms', 'us', 'ns');
    const digits = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
    const nanos = fc.bigInt({ min: 0n, max: 9_223_372_036_854_775_806n });
    fc.assert(
      fc.property(nanos, digits, precision, (start, added, unit) => {
        const time = { seconds: Number(start / 10n ** 9n), nanos: Number(start % 10n ** 9n) };
        const sum = start + added * 10n ** BigInt(NANO_DIGITS[unit]);
        const inRange = sum >= 0n && sum <= 9_223_372_036_854_775_806n;
        const found = outcome(addToTime(time, String(added), unit, 'at'));
        expect(found.startsWith(inRange ? String(sum) : outside)).toBe(true);
      }),
    );
  });
});

describe('the resolution of a written time', () => {
  test.each<[string, NumericPrecision, number]>([
    ['1780000000', 's', 1e9],
    ['1780000000.250', 's', 1e6],
    ['178000000025e-2', 's', 1e7],
    ['1.78e9', 's', 1e9],
    ['1780000000000', 'ms', 1e6],
    ['1780000000.1234567891', 's', 1],
  ])('the digits %s in %s have the resolution %d ns, with zeros at the end', (text, unit, nanos) => {
    expect(resolutionOfDigits(text, unit)).toBe(nanos);
  });

  test.each([
    ['2026-08-15T00:00Z', 60e9],
    ['2026-08-15T00:00:00Z', 1e9],
    ['2026-08-15T00:00:00.25Z', 1e7],
    ['2026-08-15 00:00:00,250', 1e6],
    ['2026-08-15T00:00:00.0000000000Z', 1],
  ])('the text %s has the resolution %d ns', (text, nanos) => {
    expect(resolutionOfIso8601(text)).toBe(nanos);
  });
});

describe('a time that is spread', () => {
  const added = (index: number, resolution: number): number => (stableHash('message-1') + index) % resolution;

  test('gains the hash of the message and the index, below the resolution', () => {
    const time = { seconds: 1_755_216_000, nanos: 0 };
    for (const resolution of [1, 1_000, 1e6, 1e9])
      for (const index of [0, 1, 9_999])
        expect(spreadTime(time, resolution, 'message-1', index)).toEqual({ ...time, nanos: added(index, resolution) });
  });

  test('moves to a later second if its resolution is coarser than one', () => {
    const index = 59e9 - added(0, 60e9);
    expect(outcome(spreadTime({ seconds: 1_755_216_000, nanos: 5 }, 60e9, 'message-1', index))).toBe(
      '1755216059000000005',
    );
  });

  test('is refused if it leaves the range', () => {
    expect(outcome(spreadTime({ seconds: 9_223_372_036, nanos: 854_775_806 }, 1e9, 'message-1', 1))).toMatch(
      /^timestamp-range: timestamp: /,
    );
  });
});

test('reports times more than ten years before or one year after the message as implausible', () => {
  const sentMs = 1_755_216_000_000;
  const year = 31_556_952;
  expect([-10.1, -9.9, 0, 0.9, 1.1].map((years) => isImplausible(sentMs / 1000 + years * year, sentMs))).toEqual([
    true,
    false,
    false,
    false,
    true,
  ]);
});

describe('time of the message', () => {
  const LAST_MS = 9_223_372_036_853;
  const mapped = mapping({ fields: { v: 'v' } });
  const open = mapping({ otherFields: 'include' });
  const late = mapping({ timestamp: { path: 'ts', missing: 'message' }, fields: { v: 'v' } });

  test.each([
    ['a mapped event', { v: 1 }, mapped],
    ['an event with wildcard columns', { v: 1 }, open],
    ['an event whose mapping uses it for a missing time', { v: 1 }, late],
    ['a canonical event', { measurement: 'm', fields: { v: 1 } }, undefined],
    ['a line without a time', 'm v=1', undefined],
  ])('both converters use the message time of %s only within the range of the server', (_, body, rules) => {
    for (const converter of ['line', 'point'] as const) {
      const codes = (sentAtMs: number): readonly string[] => {
        const { lines, codes, refused } = convert(message(body, { sentAtMs }), { mapping: rules, converter });
        if (codes.length > 0) expect(refused[0]?.refusal.detail).toMatch(/^time of the message: .* 2262-04-11/);
        return [...lines.map((line) => line.slice(0, -19)), ...codes];
      };
      expect(codes(LAST_MS)).toEqual(['m v=1 ']);
      for (const beyond of [LAST_MS + 2, 10 ** 15 - 1, Number.MAX_SAFE_INTEGER, -1, Number.NaN])
        expect(codes(beyond), `${converter} ${beyond}`).toEqual(['timestamp-range']);
    }
  });
  test('accepts the first millisecond', () => {
    expect(messageTime('message-1', 0, 0)).toEqual({ seconds: 0, nanos: stableHash('message-1') % 1_000_000 });
  });

  test('checks the message time to the last nanosecond of the range', () => {
    // The server's last nanosecond is in this millisecond, 775,806 ns after its start.
    const times = Array.from({ length: 1_000 }, (_, i) => messageTime('message-1', LAST_MS + 1, i * 1_000));
    const fitting = times.filter((time): time is Time => !isRefusal(time));
    expect([775, 776]).toContain(fitting.length);
    for (const time of fitting) expect(BigInt(timeText(time))).toBeLessThanOrEqual(9_223_372_036_854_775_806n);
  });
});
