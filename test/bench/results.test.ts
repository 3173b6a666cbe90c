/** Ratios of a data set, and the object that `--json` prints (`bench/results.ts`). */

import { describe, expect, test } from 'vitest';
import { conversionRatios, jsonOf, type Results } from '../../bench/results.ts';

const one = (value: number) => ({ median: value, lower: value, upper: value });

const TIMES = { Parse: [100, 200, 300], Ours: [150, 300, 450], InfluxdbClient: [600, 1_200, 1_800] };

describe('ratios of a data set', () => {
  test('compares the sink with parsing alone, and each contestant with the sink', () => {
    expect(conversionRatios(TIMES)).toEqual({
      totalOverParse: one(1.5),
      totalVsInfluxdbClient: one(4),
      encodeVsInfluxdbClient: one(10),
    });
  });

  test('has no ratio without parsing if the sink is as fast as parsing alone', () => {
    const ratios = conversionRatios({ ...TIMES, Ours: [90, 200, 310] });
    expect(ratios.encodeVsInfluxdbClient).toBeNull();
    expect(ratios.totalVsInfluxdbClient?.median).toBe(6);
  });

  test('has no ratio without parsing if the sink is slower than parsing in half of the rounds only', () => {
    expect(conversionRatios({ ...TIMES, Ours: [90, 250, 350] }).encodeVsInfluxdbClient).toBeNull();
  });
});

describe('the JSON of the results', () => {
  const results: Results = {
    node: 'v24.0.0',
    pinned: true,
    rounds: 3,
    conversion: { typical: TIMES, canonical: { ...TIMES, Ours: [50, 60, 70] } },
    handler: {
      rounds: 3,
      main: { cpuVsPowertools: { median: 4.80049, lower: 4, upper: 5 }, cpuOverFloor: null },
      sizes: { '10x1': { cpuVsPowertools: one(2) } },
      stages: { '1000x1': { convert: one(55) } },
    },
    leftOut: [{ name: 'OursRaw', reason: 'There is no variable.' }],
  };
  const json = JSON.parse(JSON.stringify(jsonOf(results)));

  test('contains medians with four digits, and null for a ratio without a meaning', () => {
    expect(json).toMatchObject({
      ...{ node: 'v24.0.0', pinned: true, rounds: 3 },
      ratios: {
        typical: { totalOverParse: 1.5, encodeVsInfluxdbClient: 10, totalVsInfluxdbClient: 4 },
        canonical: { encodeVsInfluxdbClient: null, totalVsInfluxdbClient: 20 },
      },
      handler: {
        cpuVsPowertools: 4.8,
        cpuOverFloor: null,
        sizes: { '10x1': { cpuVsPowertools: 2 } },
        stages: { '1000x1': { convert: 55 } },
      },
      leftOut: [{ name: 'OursRaw', reason: 'There is no variable.' }],
    });
  });

  test('contains the quartiles in the same structure', () => {
    expect(json.quartiles.ratios.typical.totalOverParse).toEqual([1.5, 1.5]);
    expect(json.quartiles.ratios.canonical.encodeVsInfluxdbClient).toBeNull();
    expect(json.quartiles.handler.cpuVsPowertools).toEqual([4, 5]);
    expect(json.quartiles.handler.sizes['10x1'].cpuVsPowertools).toEqual([2, 2]);
  });

  test('contains an empty handler if it was not measured', () => {
    expect(jsonOf({ ...results, handler: undefined })).toMatchObject({ handler: {}, quartiles: { handler: {} } });
  });
});
