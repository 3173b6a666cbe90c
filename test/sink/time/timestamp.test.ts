/** Times in all formats, and the time of events without one. Covers `src/sink/time/timestamp.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Time } from '../../../src/sink/lines/point.ts';

import { isRefusal, type Refusal } from '../../../src/sink/refusal.ts';
import {
  isImplausible,
  messageTime,
  NANO_DIGITS,
  type NumericPrecision,
  resolutionOfDecimal,
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
    ['2025-08-15T24:00:00Z', 'timestamp-format'],
    ['2025-08-15T00:60:00Z', 'timestamp-format'],
    ['2025-08-15T00:00:60Z', 'timestamp-format'],
    ['2025-08-15T00:00:00', 'timestamp-format'],
    ['2025-08-15', 'timestamp-format'],
    ['2025-08-15T00:00:00.0000000001Z', 'timestamp-format'],
    ['2025-08-15T00:00:00+0200', '1755208800000000000'],
    ['2025-08-15T00:00:00+24:00', 'timestamp-format'],
    ['20250815T000000Z', 'timestamp-format'],
    ['0000-01-01T00:00:00Z', 'timestamp-range'],
  ])('reads the RFC 3339 time %s with the result %s', (text, expected) => {
    expect(iso(text)).toBe(expected);
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
  test('checks the message time to the last nanosecond of the range', () => {
    // The server's last nanosecond is in this millisecond, 775,806 ns after its start.
    const times = Array.from({ length: 1_000 }, (_, i) => messageTime('message-1', LAST_MS + 1, i * 1_000));
    const fitting = times.filter((time): time is Time => !isRefusal(time));
    expect([775, 776]).toContain(fitting.length);
    for (const time of fitting) expect(BigInt(timeText(time))).toBeLessThanOrEqual(9_223_372_036_854_775_806n);
  });
});
