/** Tests of the parts of the page that need no browser: `frame.ts` and `plot-series.ts`. */

import { expect, test } from 'vitest';
import { oncePerFrame } from '../../cli/console/page/frame.ts';
import { columnsOf, PLOTS, summaryOf } from '../../cli/console/page/plot-series.ts';
import type { Figures } from '../../cli/console/protocol.ts';

test('any number of requests before a frame is one drawing, and a request during a drawing is drawn in the next', () => {
  const frames: (() => void)[] = [];
  let drawn = 0;
  const request = oncePerFrame(
    () => {
      drawn += 1;
      if (drawn === 1) request();
    },
    (draw) => frames.push(draw),
  );
  for (let update = 0; update < 1_000; update++) request();
  expect(frames).toHaveLength(1);
  frames.shift()?.();
  expect([drawn, frames.length]).toEqual([1, 1]);
  frames.shift()?.();
  expect([drawn, frames.length]).toEqual([2, 0]);
});

test('every plot shows a number or a gap for each sample, and describes its last values', () => {
  const figures: Figures = {
    ...{ atMs: 1_000, received: 3, written: 2, messages: 1, latency: { p50: 4, p95: 5, p99: 6 } },
    ...{ batchLines: 500, share: 0.5, concurrency: 2, running: 1 },
  };
  const idle: Figures = { ...figures, atMs: 2_000, latency: null, batchLines: null, share: null };
  const byId = Object.fromEntries(PLOTS.map((plot) => [plot.id, columnsOf(plot, [figures, idle])]));
  expect(byId).toEqual({
    throughput: [
      [1, 2],
      [3, 3],
      [2, 2],
      [1, 1],
    ],
    latency: [
      [1, 2],
      [4, null],
      [5, null],
      [6, null],
    ],
    batch: [
      [1, 2],
      [500, null],
    ],
    load: [
      [1, 2],
      [0.5, null],
      [1, 1],
      [2, 2],
    ],
  });
  const [throughput] = PLOTS;
  if (throughput === undefined) throw new Error('There is no plot.');
  expect(summaryOf(throughput, figures)).toContain('events received 3, events written 2, messages 1');
  expect(summaryOf(throughput, undefined)).toBe('Throughput: no sample yet.');
});
