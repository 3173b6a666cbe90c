/** Tests of the parts of the page that need no browser: `frame.ts`, `marked-json.ts`, and `plot-series.ts`. */

import { describe, expect, test } from 'vitest';
import { oncePerFrame } from '../../cli/console/page/frame.ts';
import { laidOut } from '../../cli/console/page/marked-json.ts';
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

describe('laidOut', () => {
  test('JSON gets line breaks, keeps its digits and texts, and the mark stays on its value', () => {
    const text = '{"a":[1.0,{"b":"x,\\"y{"}],"c":{},"d":[ ],"e":1e400}';
    const value = '{"b":"x,\\"y{"}';
    const start = text.indexOf(value);
    const { before, marked, after } = laidOut(text, [start, start + value.length]);
    expect(before).toBe('{\n  "a": [\n    1.0,\n    ');
    expect(marked).toBe('{\n      "b": "x,\\"y{"\n    }');
    expect(after).toBe('\n  ],\n  "c": {},\n  "d": [],\n  "e": 1e400\n}');
  });

  test.each([
    ['m,t=a v=1 5', [2, 3], ['m,', 't', '=a v=1 5']],
    ['{"a":', null, ['{"a":', '', '']],
    ['7', null, ['7', '', '']],
  ] as const)('the text %j is returned as it is if it is not an object or an array', (text, mark, [a, b, c]) => {
    expect(laidOut(text, mark)).toEqual({ before: a, marked: b, after: c });
  });
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
