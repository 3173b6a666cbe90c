/**
 * Writes the metrics of the sink itself into openGemini (`SINK_SELF_METRICS`), for users without CloudWatch. No event
 * depends on it: it neither opens a breaker nor counts as a write of the sink, and a failure is logged once.
 */

import type { MetricValues } from '../adapters/telemetry.ts';
import type { Clock } from '../runtime/clock.ts';
import { pointLine } from '../sink/convert/point-converter.ts';
import type { FieldValue } from '../sink/lines/point.ts';
import { textOf } from '../sink/outcome.ts';
import type { Target, Writer } from '../sink/ports.ts';

/** Measurement of the points: one for each invocation, with the tags `sink` and `function`. */
export const SELF_MEASUREMENT = 'opengemini_sink';

/** What the points need in addition to the values. */
export interface SelfMetricsOptions {
  readonly writer: Writer;
  readonly target: Target;
  /** Name of the sink. */
  readonly sink: string;
  readonly clock: Pick<Clock, 'nowMs' | 'random' | 'deadlineIn'>;
  onWarning(message: string, facts: Readonly<Record<string, unknown>>): void;
}

/** Writes the values of one invocation. Never throws. */
export type WriteSelfMetrics = (
  functionName: 'ingest' | 'flush',
  values: MetricValues,
  remainingMs: number,
) => Promise<void>;

/** Time limit of the write. It is short, because it delays the response of the invocation. */
const WRITE_MS_MAX = 2_000;
/** Time kept for the response. */
const RESPONSE_MS = 500;
/** With less time no request is sent. */
const WRITE_MS_MIN = 100;

/** Creates the writer of the metrics. */
export const createSelfMetrics = ({ writer, target, sink, clock, onWarning }: SelfMetricsOptions): WriteSelfMetrics => {
  let hasWarned = false;
  return async (functionName, values, remainingMs) => {
    const writeMs = Math.min(WRITE_MS_MAX, remainingMs - RESPONSE_MS);
    if (values.size === 0 || writeMs < WRITE_MS_MIN) return;
    const line = selfMetricsLine({ sink, function: functionName }, values, clock);
    const deadline = clock.deadlineIn(writeMs);
    try {
      const outcome = await writer.write({ target, body: Buffer.from(line), lines: 1 }, deadline);
      if (outcome.kind === 'written' || hasWarned) return;
      // Once per instance, because the next invocation probably fails too.
      hasWarned = true;
      onWarning('The metrics of the sink itself were not written to openGemini.', { reason: textOf(outcome) });
    } finally {
      deadline.release();
    }
  };
};

const MS_PER_SECOND = 1_000;
const NANOS_PER_MS = 1_000_000;

/** Returns the line of one invocation. The nanoseconds are random, so that no other instance replaces the point. */
const selfMetricsLine = (
  tags: Readonly<Record<string, string>>,
  values: MetricValues,
  clock: SelfMetricsOptions['clock'],
): string => {
  const nowMs = clock.nowMs();
  return pointLine({
    measurement: SELF_MEASUREMENT,
    tags: Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)),
    fields: fieldsOf(values),
    time: {
      seconds: Math.floor(nowMs / MS_PER_SECOND),
      nanos: (nowMs % MS_PER_SECOND) * NANOS_PER_MS + Math.floor(clock.random() * NANOS_PER_MS),
    },
  });
};

/** Percentiles of latencies that become fields of their own. One point has only one value of a field. */
const PERCENTILES = [50, 90, 99] as const;

/** Returns the name of the field with a percentile of a metric, or with its largest value. */
export const statisticField = (name: string, statistic: (typeof PERCENTILES)[number] | 'max'): string =>
  `${name}_${statistic === 'max' ? statistic : `p${statistic}`}`;

/**
 * Counts and bytes of one invocation are added up. Of other metrics the mean is taken, and of latencies, which have one
 * value per request, also percentiles and the maximum. All fields are floats, so that no type ever conflicts.
 */
const fieldsOf = (values: MetricValues): [string, FieldValue][] => {
  const fields: [string, number][] = [];
  for (const [name, metric] of values) {
    const sorted = metric.values.toSorted((a, b) => a - b);
    const sum = sorted.reduce((total, value) => total + value, 0);
    const isSum = metric.unit === 'Count' || metric.unit === 'Bytes';
    fields.push([name, isSum ? sum : sum / sorted.length]);
    if (name !== LATENCY) continue;
    for (const percentile of PERCENTILES)
      fields.push([statisticField(name, percentile), sorted[rankOf(percentile, sorted.length)] as number]);
    fields.push([statisticField(name, 'max'), sorted.at(-1) as number]);
  }
  return fields.map(([name, value]) => [name, { type: 'float', value }]);
};

/** The only metric with several values per invocation. */
const LATENCY = 'writeLatency';

const rankOf = (percentile: number, count: number): number => Math.ceil((percentile / 100) * count) - 1;
