/** The decision of the controller, the sums of its reports, and the limit of the event source. */

import { expect, test } from 'vitest';
import { type Decision, initialDecision, parseDecision } from '../../../src/controller/decision.ts';
import {
  addReports,
  type ControlReport,
  EMPTY_REPORT,
  lowestMsOf,
  lowestPower,
  REPORT_SUMS,
} from '../../../src/controller/report.ts';
import type { OpenTable, RawItem } from '../../adapters/open-table.ts';
import { USUAL_OPTIONS } from '../../controller/usual-options.ts';
import type { FreshTable } from './made-up.ts';
import { soonEnough } from './made-up.ts';

/** A decision with values that differ from the initial ones. */
export const decisionOf = (epoch: number, more: Partial<Decision> = {}): Decision => ({
  ...initialDecision(USUAL_OPTIONS),
  epoch,
  share: 0.123_4,
  rates: [1.5, 900],
  lowestMs: [0.25, 7_000],
  reasons: ['share 1 -> 0.1234: "Größe"'],
  ...more,
});

/** A report with numbers of many magnitudes, like those that weights and inverse powers produce. */
export const reportOf = (n: number): ControlReport => ({
  ...EMPTY_REPORT,
  attempts: 7.25 * n,
  answered: 7 * n,
  latencySumMs: 1.5 * n,
  lowestPowerSum: lowestPower(10 ** n / 100),
  lowestCount: 1,
  busyMs: 0.001 * n,
  wallMs: 987_654_321_000 * n,
  weight: n / 3,
});

const near = (found: ControlReport | undefined, expected: ControlReport): void => {
  if (found === undefined) throw new Error('no reports were found');
  const { lowestPowerSum, ...sums } = expected;
  for (const [name, value] of Object.entries(sums))
    expect([name, found[name as keyof typeof sums]]).toEqual([name, expect.closeTo(value, 5)]);
  expect(lowestMsOf(found)).toBeCloseTo(lowestMsOf(expected) as number, 5);
};

/** Declares the tests of decision, reports and limit. */
export const decisionContract = (fresh: FreshTable): void => {
  test('the decision is read as it was last written', async () => {
    const view = (await fresh())('sink');
    expect((await view.readShared()).decision).toBeUndefined();
    const first = decisionOf(7);
    expect(await view.decisions.step(-1, first)).toBe('stepped');
    expect(parseDecision((await view.readShared()).decision, USUAL_OPTIONS)).toEqual(first);
    const second = decisionOf(9, { batchLines: 700, reasons: [] });
    expect(await view.decisions.step(7, second)).toBe('stepped');
    expect(parseDecision((await view.readShared()).decision, USUAL_OPTIONS)).toEqual(second);
  });
  test('a step from another epoch than the stored one changes nothing', async () => {
    const view = (await fresh())('sink');
    await view.decisions.step(-1, decisionOf(7));
    for (const expected of [-1, 6, 8]) expect(await view.decisions.step(expected, decisionOf(9))).toBe('conflict');
    expect((await view.readShared()).decision).toMatchObject({ epoch: 7 });
  });
  test('a step from a decision that does not exist fails', async () => {
    const view = (await fresh())('sink');
    expect(await view.decisions.step(7, decisionOf(9))).toBe('conflict');
    expect((await view.readShared()).decision).toBeUndefined();
  });
  test('of twelve concurrent steps, one succeeds', async () => {
    const view = (await fresh())('sink');
    for (const expected of [-1, 7]) {
      const all = Array.from({ length: 12 }, (_, index) =>
        view.decisions.step(expected, decisionOf(expected + 8, { share: 1 + index })),
      );
      expect((await Promise.all(all)).filter((ended) => ended === 'stepped')).toHaveLength(1);
    }
  });
  test('reports of one epoch are added up, separately from other epochs', async () => {
    const { decisions } = (await fresh())('sink');
    expect(await decisions.reportsOf(5)).toBeUndefined();
    await decisions.report(5, reportOf(1));
    near(await decisions.reportsOf(5), reportOf(1));
    await Promise.all([2, 3, 4, 5].map((n) => decisions.report(5, reportOf(n))));
    near(await decisions.reportsOf(5), [2, 3, 4, 5].map(reportOf).reduce(addReports, reportOf(1)));
    expect(await decisions.reportsOf(6)).toBeUndefined();
  });
  test('a latency that is too long to be added is left out, and the rest of its report is added', async () => {
    const { decisions } = (await fresh())('sink');
    for (const lowestMs of [0.1, 30_000])
      await decisions.report(5, {
        ...reportOf(1),
        weight: 2_000,
        lowestPowerSum: 2_000 * lowestPower(lowestMs),
        lowestCount: 2_000,
      });
    const found = await decisions.reportsOf(5);
    expect(found?.weight).toBe(4_000);
    expect(lowestMsOf(found as ControlReport)).toBeLessThan(0.12);
  });
  test('the limit of the event source is read as it was last written', async () => {
    const view = (await fresh())('sink');
    for (const maximumConcurrency of [20, 1_000]) {
      await view.writeLimit({ maximumConcurrency, atMs: 1_795_000_000_000 }, soonEnough());
      expect((await view.readShared()).limit).toEqual({ maximumConcurrency, atMs: 1_795_000_000_000 });
    }
  });
};

const attributesOf = (sums: object): RawItem =>
  Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, { N: String(value) }]));

/** Sums that older versions also add to the item of an epoch, and that this version neither writes nor reads. */
const OLDER_SUMS = {
  ...{ invocations: 3, lines: 12_345_678, bytes: 987_654_321_000, reports: 1 },
  ...Object.fromEntries(Array.from({ length: 16 }, (_, bucket) => [`latency${bucket}`, bucket])),
};
const REPORT_KEY: RawItem = { pk: { S: 'report#sink#5' }, sk: { S: 'sums' } };

/** Items of reports that another version has written, or that are incomplete. Needs a table to which a test can write an item. */
export const storedReportContract = (open: () => Promise<OpenTable>): void => {
  test('ignores the sums that only an older version has, and leaves them in the item', async () => {
    const { put, items, view } = await open();
    const { decisions } = view('sink');
    await put({ ...REPORT_KEY, ...attributesOf({ ...OLDER_SUMS, ...reportOf(1) }) });
    const found = await decisions.reportsOf(5);
    near(found, reportOf(1));
    expect(Object.keys(found ?? {})).toEqual(REPORT_SUMS);
    await decisions.report(5, reportOf(2));
    near(await decisions.reportsOf(5), addReports(reportOf(1), reportOf(2)));
    expect(await items()).toEqual([expect.objectContaining(attributesOf(OLDER_SUMS))]);
  });
  test.each([
    ['an item without any sum', {}],
    ['an item with one sum', { attempts: 7.25 }],
  ])('reads the missing sums of %s as 0', async (_, sums) => {
    const { put, view } = await open();
    await put({ ...REPORT_KEY, expiresAt: { N: '1' }, ...attributesOf(sums) });
    expect(await view('sink').decisions.reportsOf(5)).toStrictEqual({ ...EMPTY_REPORT, ...sums });
  });
};
