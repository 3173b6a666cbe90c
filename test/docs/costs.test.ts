/** Compares the costs on the page of limits and costs with the command `cost`. */

import { describe, expect, test } from 'vitest';
import {
  ALARMS,
  type Costs,
  costsOf,
  FLUSH_RUN,
  type Load,
  METRICS,
  MONTH_SECONDS,
} from '../../cli/cost/cost-model.ts';
import { dollars } from '../../cli/cost/cost-text.ts';
import { pricesOf } from '../../cli/cost/prices.ts';
import { readPage } from './pages.ts';

const page = readPage('docs/operating/limits-and-costs.md');
const prices = pricesOf('us-east-1');

/** Loads of the table: events per second, and events per message. */
const LOADS: readonly (readonly [eventsPerSecond: number, eventsPerMessage: number])[] = [
  [10, 1],
  [1_000, 1],
  [1_000, 20],
  [50_000, 50],
];

const SERVICES = ['SQS', 'Lambda', 'DynamoDB', 'Logs', 'CloudWatch'] as const;

const costsFor = (eventsPerSecond: number, eventsPerMessage: number): Costs => {
  const load: Load = {
    eventsPerSecond,
    eventsPerMessage,
    bytesPerEvent: 200,
    gzip: false,
    fifo: false,
    messagesPerInvocation: undefined,
    durationMs: undefined,
    memoryMb: 1_024,
    control: true,
    checkpointed: 0,
  };
  return costsOf(load, prices);
};

const thousands = (count: number): string => count.toLocaleString('en-US');

const rowFor = ([eventsPerSecond, eventsPerMessage]: (typeof LOADS)[number]): string => {
  const costs = costsFor(eventsPerSecond, eventsPerMessage);
  const sumOf = (service: string): number =>
    costs.lines.filter((line) => line.service === service).reduce((sum, { usd }) => sum + usd, 0);
  const cells = [
    `${thousands(eventsPerSecond)} events/s, ${eventsPerMessage === 1 ? 'one' : eventsPerMessage} per message`,
    `${thousands(costs.messagesPerInvocation)} messages, ${Math.round(costs.durationMs)} ms`,
    ...SERVICES.map((service) => dollars(sumOf(service))),
    `**${dollars(costs.usdPerMonth)}**`,
    dollars(costs.usdPerMillionEvents),
  ];
  return `| ${cells.join(' | ')} |`;
};

describe('docs/operating/limits-and-costs.md', () => {
  test('the table of monthly costs is the result of the command', () => {
    const head = `| Load | An invocation | ${SERVICES.join(' | ')} | **Sum** | A million events |`;
    const table = [head, '|---|---|---|---|---|---|---|---|---|', ...LOADS.map(rowFor)].join('\n');
    expect(page.text).toContain(`\n\n${table}\n\n`);
  });

  test('the prices on the page are those of the table of prices', () => {
    const blocks = page.blocks.filter(({ language }) => language === 'json').map(({ text }) => JSON.parse(text));
    expect(blocks).toEqual([prices]);
    expect(page.text).toContain(`the list prices of ${prices.asOf}`);
    const [writes, reads] = [prices.dynamodbMillionWrites, prices.dynamodbMillionReads];
    expect(page.text.replace(/\s+/g, ' ')).toContain(
      `${writes} USD for a million writes and ${reads} USD for a million reads`,
    );
  });

  test('the costs of the schedule are those of the flush function without a backlog', () => {
    const runs = MONTH_SECONDS / 60;
    const [writes, reads] = [runs * FLUSH_RUN.writes, runs * FLUSH_RUN.reads];
    const usd = (writes * prices.dynamodbMillionWrites + reads * prices.dynamodbMillionReads) / 1_000_000;
    expect(page.text).toContain(
      `${thousands(writes)} writes and ${thousands(reads)} reads, that is ${usd.toFixed(2)} USD`,
    );
  });

  test('the numbers of metrics and alarms are those of their page', () => {
    const { text } = readPage('docs/operating/metrics-and-alarms.md');
    const [metrics = '', alarms = ''] = text.split('\n## Alarms\n');
    const namesIn = (part: string): number =>
      part
        .split('\n')
        .filter((line) => line.startsWith('| `'))
        .reduce((sum, line) => sum + (line.split('|')[1]?.split('`').length ?? 1) / 2 - 0.5, 0);
    expect([namesIn(metrics), namesIn(alarms)]).toEqual([METRICS, ALARMS]);
  });
});
