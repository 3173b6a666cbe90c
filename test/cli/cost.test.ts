/** Tests of `cost`: the model, the prices, and the output. */

import { describe, expect, test } from 'vitest';
import { type Costs, costsOf, type Load } from '../../cli/cost/cost-model.ts';
import { dollars } from '../../cli/cost/cost-text.ts';
import { parsePrices, pricesOf } from '../../cli/cost/prices.ts';
import { folderWith } from './folder.ts';
import { run } from './running.ts';

const prices = pricesOf('us-east-1');
const LOAD: Load = {
  eventsPerSecond: 1_000,
  eventsPerMessage: 20,
  bytesPerEvent: 200,
  gzip: false,
  fifo: false,
  messagesPerInvocation: 100,
  durationMs: 80,
  memoryMb: 1_024,
  control: true,
  checkpointed: 0,
};
const costsFor = (more: Partial<Load>): Costs => costsOf({ ...LOAD, ...more }, prices);
const quantityOf = (more: Partial<Load>, name: string): number | undefined =>
  costsFor(more).lines.find((line) => line.name === name)?.quantity;

describe('the model', () => {
  test('a load has the costs that a calculation by hand gives', () => {
    const { lines, messages, invocations, usdPerMonth, usdPerMillionEvents } = costsFor({});
    // 730 h x 3,600 s x 1,000 events/s are 2,628 million events in 131.4 million messages and 1.314 million invocations.
    expect([messages, invocations]).toEqual([131_400_000, 1_314_000]);
    const usd = Object.fromEntries(lines.map((line) => [line.name, line.usd]));
    expect(usd.sends).toBeCloseTo(13.14 * 0.4, 6);
    expect(usd.deletes).toBeCloseTo(13.14 * 0.4, 6);
    expect(usd.invocations).toBeCloseTo(1.314 * 0.2, 6);
    expect(usd.duration).toBeCloseTo(1_314_000 * 0.08 * 0.0000133334, 6);
    // One instance reports in each of 1.314 million epochs, and one step is made in each.
    expect(usd['controller: reports and steps']).toBeCloseTo(2.628 * 0.625, 6);
    expect(usd['shared state']).toBeCloseTo(0.657 * 0.125, 6);
    expect(usd.logs).toBeCloseTo(((1_314_000 + 43_800) * 1_500 * 0.5) / 1e9, 6);
    expect(usdPerMonth).toBeCloseTo(
      lines.reduce((sum, line) => sum + line.usd, 0),
      9,
    );
    expect(usdPerMillionEvents).toBeCloseTo(usdPerMonth / 2_628, 9);
  });

  test('a request of SQS is paid per 64 KiB of its body, and a delete request once', () => {
    // Ten messages of 10,000 bytes are two chunks.
    const large = { eventsPerMessage: 50 };
    expect(quantityOf(large, 'sends')).toBeCloseTo(2 * 5.256, 6);
    expect(quantityOf(large, 'receives')).toBeCloseTo(2 * 5.256, 6);
    expect(quantityOf(large, 'deletes')).toBeCloseTo(5.256, 6);
    // Only two messages of 400,000 bytes fit into a request, with 13 chunks.
    expect(quantityOf({ eventsPerMessage: 2_000 }, 'sends')).toBeCloseTo((1.314 / 2) * 13, 6);
    expect(quantityOf({ eventsPerMessage: 50, gzip: true }, 'sends')).toBeCloseTo(5.256, 6);
  });

  test('without --batch-size, an invocation has what a poller collects in the window and what fits into an event', () => {
    const estimate = (more: Partial<Load>) =>
      costsFor({ messagesPerInvocation: undefined, ...more }).messagesPerInvocation;
    expect(estimate({})).toBe(50);
    expect(estimate({ eventsPerSecond: 0.1 })).toBe(1);
    expect(estimate({ eventsPerSecond: 1_000_000, eventsPerMessage: 1 })).toBe(1_000);
    expect(estimate({ fifo: true })).toBe(10);
    // 6 MiB contain 52 messages of 100,000 bytes with their escapes and attributes.
    expect(estimate({ eventsPerSecond: 1_000_000, eventsPerMessage: 500 })).toBe(52);
  });

  test('without --duration, the duration grows with the events of an invocation', () => {
    expect(costsFor({ durationMs: undefined }).durationMs).toBeCloseTo(76, 9);
    expect(costsFor({ durationMs: undefined, messagesPerInvocation: 1 }).durationMs).toBeCloseTo(40.36, 9);
  });

  test('the controller costs nothing without it, less if idle, and at most 64 reports and a step per epoch', () => {
    const name = 'controller: reports and steps';
    expect(quantityOf({ control: false }, name)).toBeUndefined();
    expect(quantityOf({ eventsPerSecond: 200 }, name)).toBeCloseTo(0.2 * 2.628 * 1, 6);
    expect(quantityOf({ eventsPerSecond: 10_000_000 }, name)).toBeCloseTo(65 * 1.314, 6);
  });

  test('stored events cost two writes per packed kilobyte, and others none', () => {
    expect(quantityOf({}, 'checkpoint: writes')).toBeUndefined();
    const kb = (2_628_000_000 * 0.5 * 200) / 7 / 1_024;
    expect(quantityOf({ checkpointed: 0.5 }, 'checkpoint: writes')).toBeCloseTo((2 * kb + (2 * kb) / 350) / 1e6, 6);
    expect(quantityOf({ checkpointed: 0.5 }, 'checkpoint: reads')).toBeCloseTo(kb / 4 / 1e6, 6);
  });

  test('FIFO requests have a price of their own', () => {
    const usd = (fifo: boolean) => costsFor({ fifo }).lines.find(({ name }) => name === 'sends')?.usd;
    expect(usd(true)).toBeCloseTo(1.25 * (usd(false) ?? 0), 9);
  });

  test.each([
    [0, '0.00'],
    [0.0119, '0.012'],
    [0.1, '0.10'],
    [12.345, '12.35'],
  ])('%d is printed as %s dollars', (usd, text) => {
    expect(dollars(usd)).toBe(text);
  });
});

describe('prices', () => {
  test('prices of a file are used, and all its faults are reported together', () => {
    expect(parsePrices(JSON.stringify(prices), 'f')).toEqual(prices);
    const { logsGb, ...more } = prices;
    const faulty = { ...more, asOf: 'today', alarmMonth: -1, extra: 1 };
    expect(() => parsePrices(JSON.stringify(faulty), 'my.json')).toThrow(
      [
        'The prices in my.json have faults:',
        '"asOf" must be a date as YYYY-MM-DD, got "today".',
        '"logsGb" must be a number of US dollars, and is missing.',
        '"alarmMonth" must be a number of US dollars, got -1.',
        '"extra" is not a known price.',
      ].join('\n'),
    );
    expect(() => parsePrices('{', 'f')).toThrow('f is not valid JSON');
    expect(() => parsePrices('[]', 'f')).toThrow('f must contain a JSON object with prices.');
  });
});

describe('the command', () => {
  test('prints each item, the sums, and the assumptions', async () => {
    const { code, out } = await run(['cost', '--events-per-second', '1000', '--events-per-message', '20']);
    expect(code).toBe(0);
    expect(out).toMatch(/^US dollars a month of 730 hours, us-east-1, prices of 2026-09-19\n\nSQS +\d/);
    expect(out).toMatch(/^ {2}sends +5\.26 {2}13\.1 million requests$/m);
    expect(out).toMatch(/^a month +\d+\.\d\d$/m);
    expect(out).toMatch(/^a million events +0\.0\d+$/m);
    expect(out).toContain('- An invocation has 50 messages: what one of 5 pollers collects in a window of 5 s.');
    expect(out).toContain(
      'There are no outages: an hour of one adds 0.048 for a flush function that waits for the server',
    );
    expect(out).toContain('- The controller is on, and the number of instances that work at the same time is 1.');
  });

  test('prints the form of the file of prices as JSON, and reads it for another region', async () => {
    const first = JSON.parse((await run(['cost', '--events-per-second', '1', '--json'])).out);
    expect(first).toMatchObject({ region: 'us-east-1', prices });
    const folder = folderWith({ 'prices.json': JSON.stringify({ ...first.prices, logsGb: 100 }) });
    const args = ['cost', '--events-per-second', '1', '--region', 'eu-central-1', '--prices', 'prices.json', '--json'];
    const second = JSON.parse((await run(args, '', {}, folder)).out);
    expect(second).toMatchObject({ region: 'eu-central-1', prices: { logsGb: 100 } });
    expect(second.usdPerMonth).toBeGreaterThan(first.usdPerMonth);
  });

  test.each<[readonly string[], string]>([
    [[], 'The option --events-per-second <n> is required.'],
    [['--events-per-second', '0'], '--events-per-second must be a number from 0.001 to 10000000, got "0".'],
    [
      ['--events-per-second', '1', '--region', 'eu-central-1'],
      'The table of prices contains us-east-1, not eu-central-1.',
    ],
    [['--events-per-second', '1', '--prices', 'missing.json'], 'The file of --prices cannot be read'],
    [
      ['--events-per-second', '1', '--bytes-per-event', '1000000', '--events-per-message', '2'],
      'A message would have 2000000 bytes, and SQS permits 1048576.',
    ],
  ])('refuses %j', async (args, fault) => {
    const { code, err } = await run(['cost', ...args]);
    expect([code, err]).toEqual([2, expect.stringContaining(fault)]);
  });
});
