/** Covers src/sink/presets/senml.ts. The sections are those of RFC 8428. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertSenml } from '../../../src/sink/presets/senml.ts';
import { SENT_AT_MS } from '../make.ts';
import { outcomes, sample } from './outcomes.ts';

const T = 1_780_000_000;
const END = '1780000000000000000';

/** Converts a pack. The name is `a`, and the time is `T`, unless a record changes them. */
const pack = (...records: readonly unknown[]): readonly string[] =>
  outcomes(convertSenml, [{ bn: 'a', bt: T }, ...records]);

test('converts the samples to their lines', () => {
  const { bodies, lines } = sample('senml');
  expect(bodies.flatMap((one) => outcomes(convertSenml, one))).toEqual(lines);
});

test('converts the examples of sections 5.1.1 and 5.1.6', () => {
  expect(outcomes(convertSenml, [{ n: 'urn:dev:ow:10e2073a01080063', u: 'Cel', v: 23.1 }])[0]).toMatch(
    /^senml,name=urn:dev:ow:10e2073a01080063,unit=Cel value=23.1 1755216000000\d{6}$/,
  );
  expect(
    outcomes(convertSenml, [
      { bn: '2001:db8::2/', bt: 1.320078429e9, n: 'temperature', u: 'Cel', v: 25.2 },
      { n: 'humidity', u: '%RH', v: 30 },
      { bn: '2001:db8::1/', n: 'temperature', u: 'Cel', v: 12.3 },
      { n: 'humidity', u: '%RH', v: 67 },
    ]),
  ).toEqual([
    'senml,name=2001:db8::2/temperature,unit=Cel value=25.2 1320078429000000000',
    'senml,name=2001:db8::2/humidity,unit=%RH value=30 1320078429000000000',
    'senml,name=2001:db8::1/temperature,unit=Cel value=12.3 1320078429000000000',
    'senml,name=2001:db8::1/humidity,unit=%RH value=67 1320078429000000000',
  ]);
});

describe('base fields', () => {
  test('hold until a later record changes them, one by one', () => {
    const records = [
      { bn: 'b', bu: 'V', v: 1 },
      { v: 2 },
      { bu: 'A', v: 3 },
      { bn: 'c', v: 4 },
      { bt: T + 1, u: 'W', v: 5 },
    ];
    expect(pack(...records)).toEqual([
      `senml,name=b,unit=V value=1 ${END}`,
      `senml,name=b,unit=V value=2 ${END}`,
      `senml,name=b,unit=A value=3 ${END}`,
      `senml,name=c,unit=A value=4 ${END}`,
      'senml,name=c,unit=W value=5 1780000001000000000',
    ]);
  });

  test('do not hold in the next pack', () => {
    expect(outcomes(convertSenml, [{ v: 1 }])).toEqual([
      'tag-missing: record 0: the record has no name (n), and no base name (bn) holds for it',
    ]);
  });

  test('adds base value and base sum to the values that a record has', () => {
    expect(pack({ bv: 20, bs: 100 }, { v: 0.3 }, { s: 1.5 }, { v: -20, s: 0 }, { vs: 'x' }, { bv: 0, v: 1 })).toEqual([
      `senml,name=a value=20.3 ${END}`,
      `senml,name=a sum=101.5 ${END}`,
      `senml,name=a value=0,sum=100 ${END}`,
      `senml,name=a stringValue="x" ${END}`,
      `senml,name=a value=1 ${END}`,
    ]);
  });

  test('takes the base value alone for a record without a value', () => {
    expect(pack({ bv: 20.5 }, { n: 'b' }, { t: 1 })).toEqual([
      `senml,name=ab value=20.5 ${END}`,
      'senml,name=a value=20.5 1780000001000000000',
    ]);
  });

  test('are no event by themselves', () => {
    expect(pack({ bn: 'b' }, { bver: 10 }, { bu: 'V', bt: T })).toEqual([]);
    expect(outcomes(convertSenml, [])).toEqual([]);
  });

  test('treats null like an absent field', () => {
    expect(pack({ bu: null, n: null, v: 1, vs: null, t: null })).toEqual([`senml,name=a value=1 ${END}`]);
  });
});

describe('numbers', () => {
  test('adds decimals without the error of doubles', () => {
    expect(pack({ bv: 0.1, v: 0.2 })).toEqual([`senml,name=a value=0.3 ${END}`]);
    expect(pack({ bt: 1.276020076001e9, t: -0.000000001, v: 1 })).toEqual(['senml,name=a value=1 1276020076000999999']);
    expect(outcomes(convertSenml, `[{"n":"a","bt":1780000000,"t":0.123456789,"v":1}]`)).toEqual([
      'senml,name=a value=1 1780000000123456789',
    ]);
  });

  test('adds like integers of nanoseconds', () => {
    const nanos = fc.bigInt({ min: 10n ** 18n, max: 4n * 10n ** 18n });
    fc.assert(
      fc.property(nanos, fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), (base, own) => {
        const text = `[{"n":"a","bt":${seconds(base)},"t":${seconds(own)},"v":1}]`;
        expect(outcomes(convertSenml, text)).toEqual([`senml,name=a value=1 ${base + own}`]);
      }),
    );
  });

  test('refuses a number that is not finite, and survives exponents of any size', () => {
    expect(outcomes(convertSenml, '[{"n":"a","v":1e400}]')[0]).toMatch(/^not-finite: /);
    expect(outcomes(convertSenml, '[{"n":"a","bv":1,"v":1e999999999}]')[0]).toMatch(/^not-finite: /);
    expect(outcomes(convertSenml, '[{"n":"a","v":1e-999999999}]')[0]).toMatch(/^senml,name=a value=0 /);
    expect(outcomes(convertSenml, '[{"n":"a","v":1,"bt":1e999999999}]')[0]).toMatch(/^timestamp-range: /);
  });
});

const seconds = (nanos: bigint): string => {
  const text = String(nanos < 0n ? -nanos : nanos).padStart(10, '0');
  return `${nanos < 0n ? '-' : ''}${text.slice(0, -9)}.${text.slice(-9)}`;
};

describe('times', () => {
  const at = (record: object): string => outcomes(convertSenml, [{ n: 'a', v: 1, ...record }])[0] as string;

  test.each([[{}], [{ t: 0 }], [{ bt: 5, t: -5 }]])('takes the time of the message for %j', (record) => {
    expect(at(record)).toMatch(/^senml,name=a value=1 1755216000000\d{6}$/);
  });

  test.each([
    [{ t: -5 }, SENT_AT_MS - 5_000],
    [{ bt: -10, t: 2.5 }, SENT_AT_MS - 7_500],
    [{ t: 60 }, SENT_AT_MS + 60_000],
    [{ t: 2 ** 28 - 1 }, SENT_AT_MS + (2 ** 28 - 1) * 1_000],
  ])('counts %j from the time of the message, because it is below 2^28', (record, ms) => {
    expect(at(record)).toBe(`senml,name=a value=1 ${ms}000000`);
  });

  test('counts a time of 2^28 from 1970', () => {
    expect(at({ t: 2 ** 28 })).toBe('senml,name=a value=1 268435456000000000');
    expect(at({ bt: 2 ** 28 + 1, t: -1 })).toBe('senml,name=a value=1 268435456000000000');
  });

  test('refuses times that openGemini cannot store', () => {
    expect(at({ t: -1e12 })).toMatch(/^timestamp-range: /);
    expect(at({ t: 1e12 })).toMatch(/^timestamp-range: /);
    expect(outcomes(convertSenml, '[{"n":"a","v":1,"t":1780000000.0000000005}]')[0]).toMatch(/^timestamp-format: /);
  });
});

describe('refusals', () => {
  test.each([
    [{ v: '1' }, 'field-type: record 1.v: expected a number, found string'],
    [{ vs: 1 }, 'field-type: record 1.vs: expected text, found number'],
    [{ vb: 1 }, 'field-type: record 1.vb: expected a boolean, found number'],
    [{ vd: [1] }, 'field-type: record 1.vd: expected text, found array'],
    [{ s: true }, 'field-type: record 1.s: expected a number, found boolean'],
    [{ n: 1, v: 1 }, 'field-type: record 1.n: expected text, found number'],
    [{ u: 1, v: 1 }, 'field-type: record 1.u: expected text, found number'],
    [{ t: 'now', v: 1 }, 'field-type: record 1.t: expected a number, found string'],
    [{ n: 'b' }, 'no-fields: the event has no value for any of its fields'],
    [{ bver: 11, v: 1 }, 'no-mapping: record 1: the version of SenML (bver) is greater than 10'],
    [{ bver: '5', v: 1 }, 'field-type: record 1.bver: expected a number, found string'],
    [
      { v: 1, new_: 2 },
      'no-mapping: record 1: a label that ends with "_" must be understood (RFC 8428), and "new_" is not known',
    ],
    [{ foo: 1 }, 'no-mapping: record 1: the object is no record of SenML'],
    [{ bn: 'a', e: [{ n: 'b', v: 1 }] }, 'no-mapping: record 1: the object is no record of SenML'],
    [7, 'undecodable: record 1: expected an object, found number'],
    [[{ v: 1 }], 'undecodable: record 1: expected an object, found array'],
  ])('refuses %j alone', (record, refusal) => {
    expect(pack(record, { n: 'ok', bver: 10, v: 1 })).toEqual([refusal, `senml,name=aok value=1 ${END}`]);
  });

  test('refuses every record for which an unknown base field that must be understood holds', () => {
    expect(pack({ v: 1 }, { bnew_: 2 }, { v: 3 }).map((one) => one.split(/[:,]/)[0])).toEqual(['senml', 'no-mapping']);
  });

  test('refuses records until a base field that cannot be read is changed', () => {
    expect(pack({ bt: 'x', v: 1 }, { v: 2 }, { bt: T, v: 3 }).map((one) => one.split(/[:,]/)[0])).toEqual([
      'field-type',
      'field-type',
      'senml',
    ]);
  });

  test('ignores other unknown fields, and reads the version of secondary units (RFC 9100)', () => {
    expect(pack({ bver: 26, u: 'ms', foo: { x: 1 }, v: 1 })).toEqual([`senml,name=a,unit=ms value=1 ${END}`]);
  });

  test('reads a record that is not in an array', () => {
    expect(outcomes(convertSenml, { n: 'a', t: T, v: 1 })).toEqual([`senml,name=a value=1 ${END}`]);
    expect(outcomes(convertSenml, 'null')).toEqual(['undecodable: record 0: expected an object, found null']);
  });
});
