/** Covers src/sink/presets/otlp-metrics.ts, otlp-points.ts and otlp-values.ts. */

import { describe, expect, test } from 'vitest';
import { convertOtlpMetrics } from '../../../src/sink/presets/otlp-metrics.ts';
import { outcomes, sample } from './outcomes.ts';

const T = '1780000000000000001';

const body = (metric: object, { scope = {}, resource = {} }: { scope?: object; resource?: object } = {}): object => ({
  resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: [metric] }] }],
});

/** Converts one data point of a kind. */
const point = (kind: string, members: object, data: object = {}): readonly string[] =>
  outcomes(convertOtlpMetrics, body({ name: 'm', [kind]: { ...data, dataPoints: [{ timeUnixNano: T, ...members }] } }));

const gauge = (members: object): readonly string[] => point('gauge', members);

const attribute = (key: string, value: object): object => ({ key, value });

const tagged = (...attributes: object[]): readonly string[] => gauge({ asDouble: 1, attributes });

test('converts the samples to their lines, and drops the point without a value', () => {
  const { bodies, lines } = sample('otlp-metrics');
  const converted = bodies.flatMap((one) => outcomes(convertOtlpMetrics, one));
  expect(converted).toEqual([...lines, 'dropped']);
});

describe('numbers', () => {
  test.each([
    [{ asDouble: 0 }, '0'],
    [{ asDouble: '-2.5e-3' }, '-0.0025'],
    [{ asInt: 7 }, '7'],
    [{ asInt: '-7' }, '-7'],
    [{ asInt: '0' }, '0'],
    [{ asInt: '1e3' }, '1000'],
    [{ asDouble: null, asInt: '3' }, '3'],
    [{ asInt: '9007199254740993' }, '9007199254740992'],
  ])('a gauge of %j is %s', (members, value) => {
    expect(gauge(members)).toEqual([`m gauge=${value} ${T}`]);
  });

  test.each(['NaN', 'Infinity', '-Infinity'])('refuses a gauge of %s as not finite', (asDouble) => {
    expect(gauge({ asDouble })[0]).toMatch(/^not-finite: /);
  });

  test.each([
    [{ asDouble: 'warm' }, 'asDouble: expected a number, found string'],
    [{ asDouble: true }, 'asDouble: expected a number, found boolean'],
    [{ asInt: 1.5 }, 'asInt: expected an integer, found number'],
    [{ asInt: '1e999999999' }, 'asInt: expected an integer, found string'],
    [{ asInt: [1] }, 'asInt: expected an integer, found array'],
    [{ asInt: 1, timeUnixNano: 'noon' }, 'timeUnixNano: expected an integer, found string'],
  ])('refuses %j with its place', (members, detail) => {
    expect(gauge(members)).toEqual([
      `field-type: resourceMetrics.0.scopeMetrics.0.metrics.0.gauge.dataPoints.0.${detail}`,
    ]);
  });

  test('refuses a point that has no value although its flags do not state that', () => {
    expect(gauge({})[0]).toMatch(/^no-fields: /);
  });

  test.each([1, '1', 3])('drops a point with the flags %j, whatever it contains', (flags) => {
    expect(gauge({ asDouble: 1, flags })).toEqual(['dropped']);
    expect(point('histogram', { count: '1', flags })).toEqual(['dropped']);
  });

  test('writes a point whose flags do not have bit 0', () => {
    expect(gauge({ asDouble: 1, flags: 2 })).toEqual([`m gauge=1 ${T}`]);
  });
});

describe('times', () => {
  test.each([[undefined], ['0'], [0], [null]])('takes the time of the message for timeUnixNano %j', (timeUnixNano) => {
    expect(gauge({ asDouble: 1, timeUnixNano })[0]).toMatch(/^m gauge=1 1755216000000\d{6}$/);
  });

  test('keeps every digit of a time that is a number', () => {
    const text = JSON.stringify(body({ name: 'm', gauge: { dataPoints: [{ asInt: 1, timeUnixNano: 'T' }] } }));
    expect(outcomes(convertOtlpMetrics, text.replace('"T"', T))).toEqual([`m gauge=1 ${T}`]);
  });

  test('refuses a time beyond the range of openGemini', () => {
    expect(gauge({ asDouble: 1, timeUnixNano: '18446744073709551615' })[0]).toMatch(/^timestamp-range: /);
  });
});

describe('kinds of metrics', () => {
  test.each([
    [{ isMonotonic: true }, 'counter'],
    [{ isMonotonic: false }, 'gauge'],
    [{}, 'gauge'],
  ])('a sum with %j is a %s', (data, field) => {
    expect(point('sum', { asInt: '4' }, data)).toEqual([`m ${field}=4 ${T}`]);
  });

  test.each([
    [{ count: '3', bucketCounts: ['1', '2'], explicitBounds: [5] }, 'count=3,5=1'],
    [{ count: 3 }, 'count=3'],
    [{}, 'count=0'],
    [{ count: '4', sum: 0, min: -1, max: 2, bucketCounts: [4], explicitBounds: [] }, 'count=4,sum=0,min=-1,max=2'],
    [{ count: 2, bucketCounts: [1, 1], explicitBounds: [0.5, 2] }, 'count=2,0.5=1,2=2'],
    [{ count: 2, bucketCounts: [1, 1, 0], explicitBounds: ['0.5', 'Infinity'] }, 'count=2,0.5=1'],
    [{ count: 1, bucketCounts: [1, 0], explicitBounds: [1e-7] }, 'count=1,0.0000001=1'],
    [{ count: 1, bucketCounts: [1, 0], explicitBounds: [-2.5e21] }, 'count=1,-2500000000000000000000=1'],
    [
      { count: '9007199254740993', bucketCounts: ['9007199254740992', '1', '0'], explicitBounds: [1, 2] },
      'count=9007199254740992,1=9007199254740992,2=9007199254740992',
    ],
    [
      { count: '18014398509481986', bucketCounts: ['9007199254740993', '9007199254740993', 0], explicitBounds: [1, 2] },
      'count=18014398509481984,1=9007199254740992,2=18014398509481984',
    ],
  ])('a histogram of %j has the fields %s', (members, fields) => {
    expect(point('histogram', members)).toEqual([`m ${fields} ${T}`]);
  });

  test('sums counts exactly before it rounds them to a float', () => {
    const counts = ['9007199254740992', '1', '1', '0'];
    const [line] = point('histogram', { bucketCounts: counts, explicitBounds: [1, 2, 3] });
    expect(line).toContain(',3=9007199254740994 ');
  });

  test('refuses a histogram whose counts do not fit its bounds', () => {
    const [refusal] = point('histogram', { bucketCounts: [1], explicitBounds: [1, 2] });
    expect(refusal).toMatch(/^field-type: .*bucketCounts: expected 3 counts for 2 bounds, found array$/);
    expect(point('histogram', { bucketCounts: [-1, 1], explicitBounds: [1] })[0]).toContain('counts of 0 or more');
    expect(point('histogram', { bucketCounts: [1, 1], explicitBounds: ['NaN'] })[0]).toMatch(/^field-type: /);
  });

  test.each([
    [
      { count: '2', sum: 3, quantileValues: [{ quantile: 0.5, value: 1 }, { value: 0.25 }, { quantile: 1 }] },
      'count=2,sum=3,0=0.25,0.5=1,1=0',
    ],
    [{}, 'count=0,sum=0'],
  ])('a summary of %j has the fields %s', (members, fields) => {
    expect(point('summary', members)).toEqual([`m ${fields} ${T}`]);
  });
});

describe('exponential histograms', () => {
  const exponential = (members: object): string => {
    const [line = ''] = point('exponentialHistogram', members);
    return line.replace(/^m /, '').replace(` ${T}`, '');
  };

  test.each([
    // Scale 0: bucket i ends at 2^(i+1).
    [{ count: 3, positive: { bucketCounts: [1, 2] } }, 'count=3,0=0,2=1,4=3'],
    [{ count: 3, scale: 0, positive: { offset: -3, bucketCounts: [1, 0, 2] } }, 'count=3,0=0,0.25=1,0.5=1,1=3'],
    // Scale 2: four buckets per power of two; -1 and 0 lie on both sides of 1.
    [{ scale: 2, positive: { offset: -1, bucketCounts: ['1', '2', '0', '0', '0', '4'] } }, 'count=0,0=0,1=1,2=3,4=7'],
    // Scale -1: bucket i ends at 4^(i+1), and stays.
    [{ scale: -1, zeroCount: 1, positive: { offset: -1, bucketCounts: [1, 1, 1] } }, 'count=0,0=1,1=2,4=3,16=4'],
    // Negative buckets come first, from the most negative one: bucket i ends at -2^i.
    [
      { scale: 0, zeroCount: '1', negative: { offset: 1, bucketCounts: [2, 3] }, positive: { bucketCounts: [4] } },
      'count=0,-4=3,-2=5,0=6,2=10',
    ],
    [{ scale: 1, negative: { offset: -1, bucketCounts: [1, 2, 3, 4] } }, 'count=0,-2=4,-1=9,-0.5=10,0=10'],
    [{ scale: -1, negative: { bucketCounts: [1, 1] } }, 'count=0,-4=1,-1=2,0=2'],
    [{ zeroCount: 2, zeroThreshold: 0.001, positive: { bucketCounts: [] } }, 'count=0,0.001=2'],
    [{ count: 0, sum: 0, min: 0, max: 0 }, 'count=0,sum=0,min=0,max=0,0=0'],
    // Beyond all doubles: the bound is infinite and has no field.
    [{ scale: -10, positive: { offset: -1, bucketCounts: [1, 1, 1] } }, 'count=0,0=0,1=1'],
    [{ scale: 20, positive: { offset: 0, bucketCounts: [1] } }, 'count=0,0=0,2=1'],
  ])('converts %j to %s', (members, fields) => {
    expect(exponential(members)).toBe(fields);
  });

  test('gives the same columns at every positive scale', () => {
    // Values in (1, 4]: indexes 0 to 2^(scale+1)-1.
    for (const scale of [0, 1, 3, 6]) {
      const counts = Array.from({ length: 2 ** (scale + 1) }, () => 1);
      const half = 2 ** scale;
      expect(exponential({ scale, positive: { bucketCounts: counts } })).toBe(`count=0,0=0,2=${half},4=${2 * half}`);
    }
  });
});

describe('tags', () => {
  test.each([
    [{ stringValue: 'a b' }, 'a\\ b'],
    [{ boolValue: false }, 'false'],
    [{ intValue: '9007199254740993' }, '9007199254740993'],
    [{ intValue: 8 }, '8'],
    [{ doubleValue: 0.5 }, '0.5'],
    [{ doubleValue: 'NaN' }, 'NaN'],
    [{ bytesValue: 'qg==' }, 'qg\\=\\='],
    [
      { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }, { boolValue: true }, {}] } },
      '["a"\\,1\\,true\\,null]',
    ],
    [{ arrayValue: {} }, '[]'],
    [
      {
        kvlistValue: { values: [attribute('z', { doubleValue: 0.5 }), attribute('a', { arrayValue: { values: [] } })] },
      },
      '{"a":[]\\,"z":0.5}',
    ],
  ])('an attribute of %j is the tag %s', (value, text) => {
    expect(tagged(attribute('k', value))).toEqual([`m,k=${text} gauge=1 ${T}`]);
  });

  test.each([[{}], [{ stringValue: '' }]])(
    'leaves out an attribute of %j, because openGemini has no empty tags',
    (value) => {
      expect(tagged(attribute('k', value))).toEqual([`m gauge=1 ${T}`]);
    },
  );

  test('refuses attributes that are no pairs of key and value, and attributes that are nested too deeply', () => {
    expect(gauge({ asDouble: 1, attributes: { k: 'v' } })[0]).toMatch(/attributes: expected an array, found object$/);
    expect(tagged({ value: { stringValue: 'a' } })[0]).toMatch(/attributes: expected objects with "key" and "value"/);
    let deep: object = {};
    for (let level = 0; level < 150; level++) deep = { arrayValue: { values: [deep] } };
    expect(tagged(attribute('k', deep))[0]).toMatch(/^field-type: .*at most 200 levels/);
  });

  test('takes the narrower of two levels that have one attribute', () => {
    const named = (text: string): object => ({
      attributes: [attribute('a', { stringValue: text }), attribute(text, { intValue: 1 })],
    });
    const metric = { name: 'm', gauge: { dataPoints: [{ asInt: 1, timeUnixNano: T, ...named('point') }] } };
    expect(outcomes(convertOtlpMetrics, body(metric, { scope: named('scope'), resource: named('resource') }))).toEqual([
      `m,a=point,point=1,resource=1,scope=1 gauge=1 ${T}`,
    ]);
  });

  test('leaves out an empty name and version of the scope, and accepts a scope that is absent', () => {
    const metric = { name: 'm', gauge: { dataPoints: [{ asInt: 1, timeUnixNano: T }] } };
    expect(outcomes(convertOtlpMetrics, body(metric, { scope: { name: '', version: '' } }))).toEqual([
      `m gauge=1 ${T}`,
    ]);
    expect(outcomes(convertOtlpMetrics, { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] })).toEqual([
      `m gauge=1 ${T}`,
    ]);
  });

  test('does not mix the attributes of several resources and scopes', () => {
    const metric = { name: 'm', gauge: { dataPoints: [{ asInt: 1, timeUnixNano: T }] } };
    const scopes = (name: string): object[] => [
      { scope: { name: `${name}1` }, metrics: [metric] },
      { scope: {}, metrics: [metric] },
    ];
    const resource = (name: string): object => ({
      resource: { attributes: [attribute(name, { stringValue: 'yes' })] },
      scopeMetrics: scopes(name),
    });
    expect(outcomes(convertOtlpMetrics, { resourceMetrics: [resource('a'), resource('b')] })).toEqual([
      `m,a=yes,otel.library.name=a1 gauge=1 ${T}`,
      `m,a=yes gauge=1 ${T}`,
      `m,b=yes,otel.library.name=b1 gauge=1 ${T}`,
      `m,b=yes gauge=1 ${T}`,
    ]);
  });
});

describe('names', () => {
  const named = (name: unknown): readonly string[] =>
    outcomes(convertOtlpMetrics, body({ name, gauge: { dataPoints: [{ asInt: 1, timeUnixNano: T }] } }));

  test.each([
    ['process/queue;a,b\\c', 'process_queue_a_b_c'],
    ['#calls', '_calls'],
    ['c#', 'c#'],
    ['a\nb\tc', 'a_b_c'],
    ['..', '__'],
    ['Größe 1', 'Größe\\ 1'],
    ['\ud800', '\ufffd'],
    ['zero\u200bwidth', 'zero_width'],
  ])('the metric %j is the measurement %s', (name, measurement) => {
    expect(named(name)).toEqual([`${measurement} gauge=1 ${T}`]);
  });

  test.each([[''], [undefined], [null], [5]])('refuses a metric with the name %j', (name) => {
    expect(named(name)[0]).toMatch(/^measurement-missing: /);
  });

  test('accepts attributes with names that openGemini does not', () => {
    const value = { intValue: 1 };
    expect(
      tagged(
        attribute('a\nb', value),
        attribute('time', value),
        attribute('"q" =,', value),
        attribute('__proto__', value),
      ),
    ).toEqual([`m,"q"\\ \\=\\,=1,__proto__=1,a_b=1,time_=1 gauge=1 ${T}`]);
  });

  test('refuses an attribute that is named like a field of its point', () => {
    expect(tagged(attribute('gauge', { intValue: 1 }))[0]).toMatch(/^duplicate-name: /);
  });
});

describe('bodies that are no metrics', () => {
  test.each([[{}], [{ resourceSpans: [] }], [{ resource_metrics: [] }], [[]], ['"text"'], ['7']])(
    'refuses %j',
    (root) => {
      expect(outcomes(convertOtlpMetrics, root)).toEqual([
        `no-mapping: expected metrics in OTLP's JSON encoding, with "resourceMetrics"`,
      ]);
    },
  );

  test.each([
    [{ resourceMetrics: [] }],
    [{ resourceMetrics: [{}] }],
    [{ resourceMetrics: [{ resource: {}, scopeMetrics: [] }] }],
    [{ resourceMetrics: [{ scopeMetrics: [{ metrics: [] }, {}] }] }],
    [body({ name: 'm', gauge: {} })],
    [body({ name: 'm', gauge: { dataPoints: null } })],
  ])('finds no event in %j', (root) => {
    expect(outcomes(convertOtlpMetrics, root)).toEqual([]);
  });

  test('refuses what it does not know instead of leaving it out', () => {
    expect(outcomes(convertOtlpMetrics, body({ name: 'm', unit: '1' }))).toEqual([
      'no-mapping: resourceMetrics.0.scopeMetrics.0.metrics.0: expected one of gauge, sum, histogram, ' +
        'exponentialHistogram, summary, found "name", "unit"',
    ]);
    expect(
      outcomes(convertOtlpMetrics, { resourceMetrics: [{ resource: {}, instrumentationLibraryMetrics: [] }] }),
    ).toEqual(['no-mapping: resourceMetrics.0: expected "scopeMetrics", found "instrumentationLibraryMetrics"']);
    expect(outcomes(convertOtlpMetrics, { resourceMetrics: [{ scopeMetrics: [{ Metrics: [] }] }] })).toEqual([
      'no-mapping: resourceMetrics.0.scopeMetrics.0: expected "metrics", found "Metrics"',
    ]);
    expect(outcomes(convertOtlpMetrics, body({ name: 'm', gauge: { data_points: [{ as_int: 1 }] } }))).toEqual([
      'no-mapping: resourceMetrics.0.scopeMetrics.0.metrics.0.gauge: expected "dataPoints", found "data_points"',
    ]);
    expect(outcomes(convertOtlpMetrics, body({ name: 'm', sum: { isMonotonic: true } }))).toEqual([]);
    expect(outcomes(convertOtlpMetrics, { resourceMetrics: {} })).toEqual([
      'no-events: resourceMetrics: expected an array, found object',
    ]);
    expect(outcomes(convertOtlpMetrics, { resourceMetrics: [7] })).toEqual([
      'undecodable: resourceMetrics.0: expected an object, found number',
    ]);
  });

  test('refuses only the point that has a fault', () => {
    const points = [{ asInt: 1, timeUnixNano: T }, { asInt: 'x', timeUnixNano: T }, 7, { asInt: 3, timeUnixNano: T }];
    const converted = outcomes(convertOtlpMetrics, body({ name: 'm', gauge: { dataPoints: points } }));
    expect(converted.map((one) => one.split(/[: ]/)[0])).toEqual(['m', 'field-type', 'undecodable', 'm']);
  });

  test('refuses all points of a resource whose attributes cannot be read', () => {
    const metric = { name: 'm', gauge: { dataPoints: [{ asInt: 1 }, { asInt: 2 }] } };
    const converted = outcomes(convertOtlpMetrics, body(metric, { resource: { attributes: 'x' } }));
    expect(converted).toEqual(
      Array(2).fill('field-type: resourceMetrics.0.resource.attributes: expected an array, found string'),
    );
  });
});
