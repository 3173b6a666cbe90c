/**
 * `npm run bench:package`: runs the packaged ingest function under a Runtime API on this machine. It measures the time
 * until the function is ready, and the times of its first and second event. It also measures the memory for the largest
 * event that Lambda can deliver.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FunctionChild, startFunctionChild } from '../local/function/function-child.ts';
import { startStandIn } from '../local/opengemini/server.ts';
import { createDatabase } from '../local/opengemini-client.ts';
import { buildService, packageService } from '../test/infra/package-service.ts';
import { settingsOf, unpack } from '../test/infra/unpacked.ts';
import { spreadOf } from './rounds.ts';
import { sqsRecord } from './sqs-record.ts';

const ROUNDS = 9;
/** Lambda's limit for an event, as JSON. */
const EVENT_BYTES_MAX = 6_291_456;
const DATABASE = 'bench';

const record = (index: number, events: number): object => sqsRecord(bodyOf(index, events), index);

const bodyOf = (index: number, events: number): string =>
  JSON.stringify(
    Array.from({ length: events }, (_, at) => ({
      measurement: 'telemetry',
      tags: { device: `dev-${(index * events + at) % 500}`, site: 'north wing', region: 'eu-central-1' },
      fields: { temperature: 21.5 + at / 8, humidity: 40.25, ok: true, note: 'all "well" here' },
      timestamp: String(1_780_000_000_000_000_000n + BigInt(index * events + at)),
    })),
  );

const eventOf = (messages: number, events: number): string =>
  JSON.stringify({ Records: Array.from({ length: messages }, (_, index) => record(index, events)) });

/** Returns the largest event with messages of this size. */
const largestEvent = (eventsPerMessage: number): { json: string; messages: number } => {
  const messages = Math.floor((EVENT_BYTES_MAX - 20) / (JSON.stringify(record(0, eventsPerMessage)).length + 8));
  return { json: eventOf(messages, eventsPerMessage), messages };
};

/** Returns the peak memory of a process in MiB (Linux only). */
const peakMib = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

const timed = async <T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> => {
  const started = performance.now();
  const value = await work();
  return { ms: performance.now() - started, value };
};

/** Throws if the function has returned a message. */
const assertAllSettled = (response: string): void => {
  const failures = JSON.parse(response).batchItemFailures.length;
  if (failures > 0) throw new Error(`${failures} messages were returned`);
};

const show = (what: string, values: readonly number[], unit: string): void => {
  const { median, min, max } = spreadOf(values);
  const text = `${median.toFixed(0)} ${unit} (${min.toFixed(0)} to ${max.toFixed(0)})`;
  console.log(`  ${what.padEnd(64)}${text.padStart(24)}`);
};

const packaged = mkdtempSync(join(tmpdir(), 'opengemini-sink-bench-'));
buildService();
packageService(packaged, []);
const taskRoot = unpack(packaged, 'ingest');
const standIn = await startStandIn();
await createDatabase({ url: standIn.url, credentials: undefined }, DATABASE, undefined);
const { env, ...settings } = settingsOf(packaged, 'ingest', {
  StateTable: 'none',
  DeadLetterQueue: 'http://127.0.0.1:9/q',
});

const start = (): Promise<FunctionChild> =>
  startFunctionChild({
    ...settings,
    taskRoot,
    env: {
      ...env,
      OPENGEMINI_URL: standIn.url,
      OPENGEMINI_DATABASE: DATABASE,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    },
  });

const measureStart = async (event: string): Promise<{ ready: number; first: number; second: number }> => {
  const { ms: ready, value: child } = await timed(async () => {
    const started = await start();
    await started.ready;
    return started;
  });
  const { ms: first, value } = await timed(() => child.invoke(event));
  assertAllSettled(value);
  const { ms: second } = await timed(() => child.invoke(event));
  child.kill();
  await child.gone;
  return { ready, first, second };
};

const measurePeak = async (event: string): Promise<{ peak: number; ms: number }> => {
  const child = await start();
  await child.ready;
  const { ms, value } = await timed(() => child.invoke(event));
  assertAllSettled(value);
  const peak = peakMib(child.pid);
  child.kill();
  await child.gone;
  return { peak, ms };
};

console.log(`Node ${process.version}, ${ROUNDS} rounds; median (lowest to highest)`);
const starts = [];
for (let round = 0; round < ROUNDS; round++) starts.push(await measureStart(eventOf(10, 20)));
show(
  'from the start of the process until it is ready',
  starts.map(({ ready }) => ready),
  'ms',
);
show(
  'first event: 10 messages with 20 events each',
  starts.map(({ first }) => first),
  'ms',
);
show(
  'second event, of the same size',
  starts.map(({ second }) => second),
  'ms',
);
for (const events of [1, 20, 500]) {
  const { json, messages } = largestEvent(events);
  const peaks = [];
  for (let round = 0; round < 3; round++) peaks.push(await measurePeak(json));
  const what = `${(json.length / 1024 / 1024).toFixed(1)} MiB, ${messages} messages with ${events} events each`;
  show(
    `${what}: peak memory`,
    peaks.map(({ peak }) => peak),
    'MiB',
  );
  show(
    `${what}: time, first event`,
    peaks.map(({ ms }) => ms),
    'ms',
  );
}
await standIn.close();
for (const folder of [packaged, taskRoot]) rmSync(folder, { recursive: true });
