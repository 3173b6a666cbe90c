/** The page that `npm run bench -- --page` writes (`bench/performance-page.ts`). */

import { describe, expect, test } from 'vitest';
import { PAGE, pageOf } from '../../bench/performance-page.ts';
import type { Results } from '../../bench/results.ts';
import { readPage } from '../docs/pages.ts';

const one = (value: number) => ({ median: value, lower: value / 2, upper: value * 2 });
const TIMES = { Parse: [100], Ours: [150], InfluxdbClient: [600], Reference: [125] };

const RESULTS: Results = {
  node: 'v24.0.0',
  pinned: true,
  rounds: 21,
  conversion: { typical: TIMES, flatten: { Parse: [100], Ours: [90] } },
  handler: {
    rounds: 15,
    main: {},
    sizes: { '1000x1': { cpuVsPowertools: one(4), cpuOverFloor: one(2), pointsPerCpuSecond: one(400_000) } },
    stages: { '1000x1': { convert: one(50), compress: one(25), write: one(15), rest: one(10) } },
  },
  leftOut: [{ name: 'OursRaw', reason: 'There is no variable.' }],
};

const page = pageOf(RESULTS);

test('shows each contestant with its time and its ratios', () => {
  expect(page).toContain(
    '| @influxdata/influxdb-client | 600 (600 to 600) | 4.00 (4.00 to 4.00) | 10.00 (10.00 to 10.00) |',
  );
  expect(page).toContain(
    '| smallest encoder, no checks | 125 (125 to 125) | 0.83 (0.83 to 0.83) | 0.50 (0.50 to 0.50) |',
  );
});

test('leaves out ratios of contestants that cannot convert the data', () => {
  expect(page).toContain('| * with flatten | 0.90 (0.90 to 0.90) | - | - | 90 |');
});

test('shows the handler, its stages, and the contestants that were left out', () => {
  expect(page).toContain(
    '| 1000 x 1 | - | - | 4.00 (2.00 to 8.00) | - | 2.00 (1.00 to 4.00) | 400000 (200000 to 800000) |',
  );
  expect(page).toContain('| 1000 x 1 | 50 % | 25 % | 15 % | 10 % |');
  expect(page).toContain('- the sink, never gzip: There is no variable.\n');
});

test('refuses results without the handler, or without typical data', () => {
  expect(() => pageOf({ ...RESULTS, handler: undefined })).toThrow('full run');
  expect(() => pageOf({ ...RESULTS, conversion: {} })).toThrow('full run');
});

describe('the page in docs/', () => {
  const headings = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('#'));
  const paragraphs = (text: string): string[] =>
    text.split('\n').filter((line) => line !== '' && !line.startsWith('|') && !/^(?:Measured with|- )/.test(line));

  test('has the texts of its generator', () => {
    const { text } = readPage(PAGE.pathname.slice(PAGE.pathname.indexOf('docs/')));
    expect(headings(text)).toEqual(headings(page));
    expect(paragraphs(text).filter((line) => !line.startsWith('Left out'))).toEqual(
      paragraphs(page).filter((line) => !line.startsWith('Left out')),
    );
  });
});
