/** Tests of `cli/console/figures.ts` and `cli/console/ring.ts`: samples from log lines, in limited memory. */

import { describe, expect, test } from 'vitest';
import { FunctionFigures, percentilesOf } from '../../cli/console/figures.ts';
import { Ring } from '../../cli/console/ring.ts';

const IDLE = { concurrency: 2, running: 1 };

const metrics = (members: Readonly<Record<string, unknown>>): string => JSON.stringify({ _aws: {}, ...members });

describe('FunctionFigures', () => {
  test('a sample has the rates since the last one, and the last decisions of the controller', () => {
    const figures = new FunctionFigures(0);
    const ledger = { eventsReceived: 40, eventsWritten: 30, eventsQuarantined: 10, messagesReceived: 4 };
    const line = { ...ledger, totalPointsWritten: 30, dynamicBatchSize: 500, requestShare: 0.5, writeLatency: 7 };
    figures.addLine(metrics(line), 100);
    expect(figures.take(2_000, IDLE)).toEqual({
      ...{ atMs: 2_000, received: 20, written: 15, messages: 2, latency: { p50: 7, p95: 7, p99: 7 } },
      ...{ batchLines: 500, share: 0.5, concurrency: 2, running: 1 },
    });
    figures.addLine(metrics({ totalPointsWritten: 8, eventsDrained: 8 }), 2_100);
    expect(figures.take(3_000, IDLE)).toMatchObject({ received: 0, written: 8, batchLines: 500, share: 0.5 });
    expect(figures.ledger()).toMatchObject({ received: 40, written: 30, quarantined: 10, drained: 8, invocations: 1 });
  });

  test('a metric with a value per pass of the flush function counts with their sum, or with the last', () => {
    const figures = new FunctionFigures(0);
    const passes = { totalPointsWritten: [0, 7], eventsDrained: [0, 8], dynamicBatchSize: [500, 650] };
    figures.addLine(metrics({ ...passes, requestShare: [0.5, 2] }), 100);
    expect(figures.take(1_000, IDLE)).toMatchObject({ written: 7, batchLines: 650, share: 2 });
    expect(figures.ledger()).toMatchObject({ drained: 8 });
  });

  test('other log lines change nothing', () => {
    const figures = new FunctionFigures(0);
    for (const line of ['', 'invocation failed: x', '{"level":"INFO","message":"invocation"}'])
      figures.addLine(line, 1);
    expect(figures.take(1_000, IDLE)).toMatchObject({ received: 0, latency: null, batchLines: null, share: null });
  });

  test('latencies count for ten seconds', () => {
    const figures = new FunctionFigures(0);
    figures.addLine(metrics({ writeLatency: [1, 2, 3] }), 500);
    expect(figures.take(10_499, IDLE).latency?.p99).toBe(3);
    expect(figures.take(10_500, IDLE).latency).toBeNull();
  });

  test('the memory for latencies is limited, and the newest are kept', () => {
    const figures = new FunctionFigures(0);
    for (let at = 0; at < 300; at++) {
      figures.addLine(metrics({ writeLatency: Array.from({ length: 100 }, () => at) }), 1);
      expect(figures.latencies).toBeLessThanOrEqual(5_000);
    }
    expect(figures.take(2, IDLE).latency?.p50).toBeGreaterThan(250);
  });
});

test('percentiles are values of the list, by the nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentilesOf(values)).toEqual({ p50: 50, p95: 95, p99: 99 });
  expect(percentilesOf([4])).toEqual({ p50: 4, p95: 4, p99: 4 });
  expect(percentilesOf([])).toBeNull();
});

test('a ring keeps the newest items, and never stores twice its limit', () => {
  const ring = new Ring<number>(600);
  for (let item = 1; item <= 100_000; item++) {
    ring.push(item);
    if (ring.stored >= 1_200) throw new Error(`The ring stores ${ring.stored} items.`);
  }
  expect(ring.items()).toEqual(Array.from({ length: 600 }, (_, index) => 99_401 + index));
  const short = new Ring<string>(3);
  short.push('a');
  expect(short.items()).toEqual(['a']);
});
