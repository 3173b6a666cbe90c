/** Tests of `cli/status.ts` and `cli/read-status.ts`: the output about a sink for an operator. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readStatus } from '../../cli/read-status.ts';
import { statusLines } from '../../cli/status-lines.ts';
import { emulatorAccess } from '../../local/loopback.ts';
import { startTableService, type TableService } from '../../local/table.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { initialDecision } from '../../src/controller/decision.ts';
import { useAwsEnvironment } from '../adapters/aws-access.ts';
import { openTable } from '../adapters/open-table.ts';
import { breakerOf, entryOf, putEntry, soonEnough } from '../contract/state-table/made-up.ts';
import { USUAL_OPTIONS } from '../controller/usual-options.ts';
import { run } from './running.ts';

let service: TableService;
beforeAll(async () => {
  service = await startTableService();
});
afterAll(() => service.close());
useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_DYNAMODB: service.endpoint }));

/** All ages in the output are relative to this moment, so that no test depends on how quickly a process starts. */
const NOW_MS = Date.UTC(2026, 10, 29, 12);
const clock = { ...systemClock, nowMs: () => NOW_MS };

const linesOf = async (name: string): Promise<string> => {
  const client = new DynamoDBClient(emulatorAccess(service.endpoint));
  return statusLines(await readStatus(name, 'sink', client, clock)).join('\n');
};

const open = () => openTable(service, { nowMs: () => NOW_MS, sleep: async () => undefined });
const runStatus = (name: string, ...more: readonly string[]) =>
  run(['status', '--table', name, '--endpoint', service.endpoint, '--sink', 'sink', ...more]);

test('status of a new sink prints that there is no decision and no backlog', async () => {
  const { name } = await open();
  const { code, out } = await runStatus(name);
  expect([code, out]).toEqual([
    0,
    [
      `sink                sink, in the table ${name}`,
      'decision            none yet, or SINK_CONTROL=off; the configured values apply',
      'circuit breakers    closed',
      'backlog             empty',
      '',
    ].join('\n'),
  ]);
});

test('status prints the decision, its last steps with reasons, open breakers, the backlog, and the flush functions', async () => {
  const { name, view } = await open();
  const nowMs = NOW_MS;
  const epoch = Math.floor(nowMs / 2_000) - 2;
  const sink = view('sink');
  await sink.decisions.step(-1, {
    ...initialDecision(USUAL_OPTIONS),
    epoch,
    asOfMs: nowMs - 3_000,
    share: 0.25,
    batchLines: 900,
    instances: 12,
    latencyMs: 34,
    reasons: ['share 0.5 -> 0.25: 3.0 requests fit in, 12.0 wait'],
    earlier: [{ epoch: epoch - 5, reasons: ['batch 850 -> 900: 34 ms is fast'] }],
  });
  await sink.writeLimit({ maximumConcurrency: 20, atMs: nowMs }, soonEnough());
  await sink.breakers.open(breakerOf({ openedAtMs: nowMs - 300_000, probeAtMs: nowMs + 20_500 }));
  // The flush function has found nothing a minute ago.
  const before = { atMs: nowMs - 60_000, bytes: 0, lines: 0, segments: 0, oldestMs: undefined, shards: [] };
  await sink.writeBacklog(before, soonEnough());
  await putEntry(sink, entryOf(1, { lines: 700, bytes: 5_000, savedAtMs: nowMs - 7_200_000 }));
  await sink.registerFlush(nowMs, soonEnough());
  await view('renamed').registerSink(nowMs, soonEnough());
  const out = await linesOf(name);
  expect(out).toContain('decision            3 s ago, from the reports of 12 instances');
  expect(out).toContain('batch               900 lines; a request takes 34 ms');
  expect(out).toContain('share               one request in flight during 25 % of the time of each invocation');
  expect(out).toContain('maximum concurrency 20 as of 0 s ago; the controller wants 20');
  expect(out).toMatch(
    /^steps {15}2 s ago: share 0.5 -> 0.25: 3.0 requests fit in, 12.0 wait\n {20}12 s ago: batch 850/m,
  );
  expect(out).toMatch(/^breaker server {6}open for 5 min \(\w+\): .+; next probe in 21 s$/m);
  expect(out).toContain('1 segment with 700 lines in 5000 bytes, the oldest 2 h old\n');
  expect(out).toContain('flush function      last seen 0 s ago');
  expect(out).toContain('sink renamed        never seen');
  const json = JSON.parse((await runStatus(name, '--json')).out);
  expect(json).toMatchObject({
    sink: 'sink',
    table: name,
    decision: { share: 0.25 },
    limit: { maximumConcurrency: 20 },
    waiting: { bytes: 5_000, lines: 700, segments: 1, oldestMs: nowMs - 7_200_000, shards: [3] },
  });
  expect(json.breakers).toHaveLength(1);
  expect(json.decision.earlier).toHaveLength(1);
});

test('status prints no share of an expired decision, and no latency when no request was answered', async () => {
  const { name, view } = await open();
  const asOfMs = NOW_MS - 40_000;
  const old = { epoch: Math.floor(asOfMs / 2_000), asOfMs, share: 2.5, instances: 1, latencyMs: 0 };
  await view('sink').decisions.step(-1, { ...initialDecision(USUAL_OPTIONS), ...old });
  const out = await linesOf(name);
  expect(out).toContain(
    'share               one request in flight per invocation, because the decision of 2.5 has expired\n',
  );
  expect(out).toContain('from the reports of 1 instance\n');
  expect(out).toContain('batch               500 lines\n');
});

test('status warns about a sink that is not in the table, and lists the sinks of the table', async () => {
  const { name, view } = await open();
  await view('another').registerSink(NOW_MS, soonEnough());
  const { code, err } = await runStatus(name);
  expect([code, err]).toEqual([0, 'The table contains no sink "sink". It contains another.\n']);
  expect((await run(['status', '--table', name, '--endpoint', service.endpoint, '--sink', 'another'])).err).toBe('');
});

test('status says that a new table contains no sink', async () => {
  const { code, err } = await runStatus((await open()).name);
  expect([code, err]).toEqual([0, expect.stringContaining('The table contains no sink yet.')]);
});

test('status separates its columns also after long names', async () => {
  const { name, view } = await open();
  await view('sink').breakers.open(breakerOf({ key: 'target#a-database-with-a-name/' }));
  await view('opengemini-sink').registerSink(NOW_MS, soonEnough());
  const { out } = await runStatus(name);
  expect(out).toMatch(/^breaker target#a-database-with-a-name\/ open for /m);
  expect(out).toContain('sink opengemini-sink never seen');
});

test.each([
  [['--table', ''], '--table must not be empty'],
  [['--table', 't'], 'No region is set. Set AWS_REGION'],
  [
    ['--table', 't', '--endpoint', 'nowhere'],
    '--endpoint must be an address like http://127.0.0.1:8000, got "nowhere"',
  ],
])('status names what is missing or wrong in the arguments %j', async (args, message) => {
  const { code, err } = await run(['status', ...args]);
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
});

test('status names a table that does not exist', async () => {
  const { code, err } = await run(['status', '--table', 'missing', '--endpoint', service.endpoint]);
  expect([code, err]).toEqual([2, expect.stringContaining('The state table missing cannot be read')]);
  expect(err).toMatch(/\nCheck the name, the account, and the region\.\n$/);
});
