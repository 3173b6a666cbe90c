/** Tests of `lambda/self-metrics.ts`: the points that the sink writes about itself. */

import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import type { MetricValues } from '../../src/adapters/telemetry.ts';
import { createSelfMetrics } from '../../src/lambda/self-metrics.ts';
import { parseOwnLine } from '../../src/sink/lines/parse-own-line.ts';
import type { Outcome } from '../../src/sink/outcome.ts';
import type { Batch } from '../../src/sink/ports.ts';

const TARGET = { database: 'db', retentionPolicy: 'week' };
const NOW_MS = 1_780_000_000_123;

const setUp = (outcome: Outcome = { kind: 'written' }) => {
  const batches: Batch[] = [];
  const warnings: unknown[] = [];
  const write = createSelfMetrics({
    writer: {
      write: async (batch) => {
        batches.push(batch);
        return outcome;
      },
    },
    target: TARGET,
    sink: 'a sink, "quoted"',
    clock: { nowMs: () => NOW_MS, random: () => 0.5, deadlineIn: (ms) => systemClock.deadlineIn(ms) },
    onWarning: (message, facts) => warnings.push([message, facts]),
  });
  const points = () => batches.map(({ body }) => parseOwnLine(Buffer.from(body).toString()));
  return { write, batches, warnings, points };
};

const VALUES: MetricValues = new Map([
  ['eventsWritten', { unit: 'Count', values: [3] }],
  ['lettersKept', { unit: 'Count', values: [1, 1, 1] }],
  ['eventLag', { unit: 'Milliseconds', values: [10] }],
  ['writeLatency', { unit: 'Milliseconds', values: Array.from({ length: 100 }, (_, index) => 100 - index) }],
]);

describe('self metrics', () => {
  test('are one point in the target of the sink, with tags and a time of their own', async () => {
    const { write, batches, points } = setUp();
    await write('ingest', VALUES, 10_000);
    expect(batches).toMatchObject([{ target: TARGET, lines: 1 }]);
    expect(points()).toMatchObject([
      {
        measurement: 'opengemini_sink',
        tags: [
          ['function', 'ingest'],
          ['sink', 'a sink, "quoted"'],
        ],
        time: { seconds: 1_780_000_000, nanos: 123_500_000 },
      },
    ]);
  });

  test('add counts up, and have percentiles of latencies', async () => {
    const { write, points } = setUp();
    await write('flush', VALUES, 10_000);
    const fields = Object.fromEntries(points()[0]?.fields.map(([name, { value }]) => [name, value]) ?? []);
    expect(fields).toEqual({
      eventsWritten: 3,
      lettersKept: 3,
      eventLag: 10,
      writeLatency: 50.5,
      writeLatency_p50: 50,
      writeLatency_p90: 90,
      writeLatency_p99: 99,
      writeLatency_max: 100,
    });
    expect(points()[0]?.fields.every(([, { type }]) => type === 'float')).toBe(true);
  });

  test('send nothing without values or time', async () => {
    const { write, batches } = setUp();
    await write('ingest', new Map(), 10_000);
    await write('ingest', VALUES, 599);
    expect(batches).toEqual([]);
    await write('ingest', VALUES, 600);
    expect(batches.length).toBe(1);
  });

  test('are warned about once if they cannot be written', async () => {
    const { write, warnings } = setUp({ kind: 'unavailable', text: 'connection refused', unexplained: false });
    await write('ingest', VALUES, 10_000);
    await write('ingest', VALUES, 10_000);
    expect(warnings).toEqual([
      ['The metrics of the sink itself were not written to openGemini.', { reason: 'connection refused' }],
    ]);
  });
});
