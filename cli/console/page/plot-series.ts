/** The plots: titles, series, and the figure that each series shows. */

import type { Figures } from '../protocol.ts';
import { measured } from './format.ts';

/** A line of a plot. */
export interface PlotSeries {
  readonly name: string;
  /** Number of its color, see `main.css`. */
  readonly color: 1 | 2 | 3 | 4;
  readonly isDashed?: boolean;
  /** Returns the value of a sample. Null leaves a gap. */
  value(figures: Figures): number | null;
}

/** A plot. */
export interface PlotDefinition {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly series: readonly PlotSeries[];
}

/** All plots in the order of the page. */
export const PLOTS: readonly PlotDefinition[] = [
  {
    id: 'throughput',
    title: 'Throughput',
    unit: 'per second',
    series: [
      { name: 'events received', color: 1, isDashed: true, value: ({ received }) => received },
      { name: 'events written', color: 2, value: ({ written }) => written },
      { name: 'messages', color: 3, value: ({ messages }) => messages },
    ],
  },
  {
    id: 'latency',
    title: 'Latency of writes',
    unit: 'ms, last 10 seconds',
    series: [
      { name: 'p50', color: 2, value: ({ latency }) => latency?.p50 ?? null },
      { name: 'p95', color: 3, value: ({ latency }) => latency?.p95 ?? null },
      { name: 'p99', color: 4, value: ({ latency }) => latency?.p99 ?? null },
    ],
  },
  {
    id: 'batch',
    title: 'Batch size',
    unit: 'lines, as decided',
    series: [{ name: 'lines per batch', color: 1, value: ({ batchLines }) => batchLines }],
  },
  {
    id: 'load',
    title: 'Share and concurrency',
    unit: 'requests and invocations',
    series: [
      { name: 'requests per invocation (share)', color: 1, value: ({ share }) => share },
      { name: 'invocations running', color: 2, value: ({ running }) => running },
      { name: 'maximum concurrency', color: 4, isDashed: true, value: ({ concurrency }) => concurrency },
    ],
  },
];

/** Columns of uPlot: times in seconds, then one column per series. */
export const columnsOf = (
  { series }: PlotDefinition,
  samples: readonly Figures[],
): [number[], ...(number | null)[][]] => [
  samples.map(({ atMs }) => atMs / 1_000),
  ...series.map(({ value }) => samples.map((figures) => value(figures))),
];

/** Returns the last values of a plot as a sentence, which describes the plot to screen readers. */
export const summaryOf = ({ title, series, unit }: PlotDefinition, last: Figures | undefined): string => {
  if (last === undefined) return `${title}: no sample yet.`;
  const values = series.map(({ name, value }) => `${name} ${measured(value(last))}`);
  return `${title} (${unit}): ${values.join(', ')}. The table has the last samples.`;
};
