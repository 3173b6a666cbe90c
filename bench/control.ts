/**
 * `npm run bench:control`: writes a backlog through the local system with 1, 5, 20, and 60 instances, with and without
 * the controller. `OPENGEMINI_URL` names a server on this machine, where each run uses a separate database. Without it
 * the stand-in is used.
 */

import { LOCAL_DEFAULTS } from '../local/local-defaults.ts';
import { createDatabase, dropDatabase } from '../local/opengemini-client.ts';
import { openQueues } from '../local/queue/queue-access.ts';
import { startLocalSystem } from '../local/system.ts';

const MESSAGES = 2_000;
/** Messages per instance before the measurement, because the start of a process takes longer than all its writes. */
const WARM_UP_MESSAGES = 40;
const EVENTS = 500;
const BATCH_SIZE = 20;
const TIMEOUT_MS = 60_000;
const POLL_MS = 100;

interface Setting {
  readonly instances: number;
  readonly control: 'on' | 'off';
  /**
   * Whether the flush function changes the concurrency limit. It then runs every 2 s, because a run takes less than a
   * minute.
   */
  readonly move: boolean;
}

/** Numbers of instances: the arguments of the command line, for example `-- 5 60`. */
const COUNTS = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 5, 20, 60];

const SETTINGS: readonly Setting[] = [
  ...COUNTS.flatMap((instances) => (['off', 'on'] as const).map((control) => ({ instances, control, move: false }))),
  { instances: Math.max(...COUNTS), control: 'on', move: true },
];

const bodyOf = (message: number): string =>
  JSON.stringify(
    Array.from({ length: EVENTS }, (_, index) => {
      const n = message * EVENTS + index;
      return {
        measurement: 'cpu',
        tags: { host: `host-${n % 500}`, region: 'eu-central-1' },
        fields: { user: (n % 1_000) / 10, system: (n % 77) / 7, idle: 100 - (n % 100) },
        timestamp: `${1_780_000_000_000 + n}000000`,
      };
    }),
  );

/** Sums of the metrics that the functions write to the log. A metric is one value or a list of values. */
class LoggedMetrics {
  readonly latencies: number[] = [];
  errors = 0;
  written = 0;

  reset(): void {
    this.latencies.length = 0;
    this.errors = 0;
    this.written = 0;
  }

  addLine(line: string): void {
    if (!line.startsWith('{')) return;
    const metrics = JSON.parse(line);
    if (metrics._aws === undefined) return;
    const values = (name: string): number[] => [metrics[name] ?? []].flat();
    this.latencies.push(...values('writeLatency'));
    for (const errors of values('writeErrors')) this.errors += errors;
    for (const points of values('totalPointsWritten')) this.written += points;
  }

  quantile(part: number): number {
    const sorted = this.latencies.toSorted((a, b) => a - b);
    return sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const runOne = async ({ instances, control, move }: Setting): Promise<string> => {
  const metrics = new LoggedMetrics();
  const database = `bench_${Date.now()}`;
  const system = await startLocalSystem({
    ...LOCAL_DEFAULTS,
    variables: { ...process.env, OPENGEMINI_DATABASE: database, SINK_CONTROL: control },
    batchSize: BATCH_SIZE,
    windowMs: 50,
    concurrency: instances,
    moveConcurrency: move,
    timeoutMs: TIMEOUT_MS,
    visibilitySeconds: (6 * TIMEOUT_MS) / 1_000 + 1,
    flushEveryMs: move ? 2_000 : LOCAL_DEFAULTS.flushEveryMs,
    onLogLine: (line) => metrics.addLine(line),
  });
  const queues = openQueues(system.addresses.sqsEndpoint);
  try {
    await createDatabase(system.server, database, undefined);
    const write = async (messages: number): Promise<void> => {
      const bodies = Array.from({ length: messages }, (_, message) => ({ body: bodyOf(message) }));
      await queues.send(system.addresses.queueUrl, bodies);
      while (metrics.written < messages * EVENTS) await pause(POLL_MS);
    };
    await write(WARM_UP_MESSAGES * instances);
    metrics.reset();
    const before = system.eventSource.stats();
    const started = performance.now();
    await write(MESSAGES);
    const seconds = (performance.now() - started) / 1_000;
    const after = system.eventSource.stats();
    const [invocations, received] = [after.invocations - before.invocations, after.received - before.received];
    const limit = move ? `${instances} -> ${system.eventSource.concurrency}` : String(instances);
    const [p50, p99] = [metrics.quantile(0.5), metrics.quantile(0.99)].map((ms) => ms.toFixed(0));
    const requests = metrics.latencies.length;
    return `| ${limit} | ${control} | ${Math.round((MESSAGES * EVENTS) / seconds / 1_000)} | ${requests} | ${p50} | ${p99} | ${metrics.errors} | ${invocations} | ${(received / MESSAGES).toFixed(2)} |`;
  } finally {
    queues.close();
    await dropDatabase(system.server, database);
    await system.close();
  }
};

console.log(
  `Node ${process.version}, ${MESSAGES} messages with ${EVENTS} events, ${process.env.OPENGEMINI_URL || 'the stand-in'}\n`,
);
console.log(
  '| instances | control | thousand lines/s | requests | p50 ms | p99 ms | errors | invocations | receives per message |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
for (const setting of SETTINGS) console.log(await runOne(setting));
