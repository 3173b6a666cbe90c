/** Rows of `status --watch` that `status` does not print. A figure that nothing reports is "unknown", with the reason. */

import { EPOCH_MS } from '../../src/controller/epochs.ts';
import type { ControlReport } from '../../src/controller/report.ts';
import { counted } from '../counted.ts';
import { durationText } from '../duration.ts';
import type { CloudWatchFigures } from './cloudwatch-figures.ts';
import type { LetterReasons } from './letter-reasons.ts';
import type { QueueDepth } from './queue-depth.ts';

/** A figure, or the reason why it is unknown. */
export type Known<T> = { readonly value: T } | { readonly unknown: string };

/** What one refresh found in addition to the state table's shared state. */
export interface WatchFigures {
  /** Sums of the last complete epoch; undefined if no instance reported it. */
  readonly report: ControlReport | undefined;
  readonly queue: Known<QueueDepth>;
  readonly deadLetterQueue: Known<QueueDepth>;
  readonly letterReasons: Known<LetterReasons>;
  readonly cloudWatch: Known<CloudWatchFigures>;
}

type Row = readonly [name: string, text: string];

/** Returns the rows. */
export const watchRows = ({
  report,
  queue,
  deadLetterQueue,
  letterReasons,
  cloudWatch,
}: WatchFigures): readonly Row[] => [
  ['requests', requestsText(report)],
  ['points written', figureText(cloudWatch, ({ pointsPerMinute }) => pointsText(pointsPerMinute))],
  [
    'event queue',
    queueText(
      queue,
      figureText(cloudWatch, ({ queueAgeSeconds }) => ageText(queueAgeSeconds)),
    ),
  ],
  [
    'dead letters',
    queueText(
      deadLetterQueue,
      figureText(cloudWatch, ({ deadLetterAgeSeconds }) => ageText(deadLetterAgeSeconds)),
    ),
  ],
  ...reasonRows(deadLetterQueue, letterReasons),
];

/** Without letters, or without their number, there is no row. */
const reasonRows = (depth: Known<QueueDepth>, reasons: Known<LetterReasons>): readonly Row[] => {
  if ('unknown' in depth || sumOf(depth.value) === 0) return [];
  return [['by reason', figureText(reasons, (value) => reasonsText(value, sumOf(depth.value)))]];
};

const sumOf = ({ visible, inFlight, delayed }: QueueDepth): number => visible + inFlight + delayed;

const reasonsText = ({ counts, seen }: LetterReasons, letters: number): string => {
  const parts = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const text = parts.map(([reason, count]) => `${reason} ${count}`).join(', ') || 'none visible';
  return seen < letters ? `${text} (of ${seen} that were looked at)` : text;
};

const perSecond = (count: number): string => (count / (EPOCH_MS / 1_000)).toFixed(1);

const requestsText = (report: ControlReport | undefined): string => {
  if (report === undefined || report.attempts === 0)
    return 'none reported in the last epoch: no instance was writing, or SINK_CONTROL=off';
  const { attempts, answered, throttled, timedOut, latencySumMs } = report;
  const latency = answered > 0 ? `, ${Math.round(latencySumMs / answered)} ms each` : '';
  const faults = throttled + timedOut > 0 ? `; ${perSecond(throttled + timedOut)} throttled or timed out` : '';
  return `${perSecond(attempts)} per second, ${perSecond(answered)} with a response${latency}${faults}`;
};

const figureText = <T>(figure: Known<T>, text: (value: T) => string): string =>
  'value' in figure ? text(figure.value) : `unknown: ${figure.unknown}`;

const pointsText = (points: number | undefined): string =>
  points === undefined
    ? 'unknown: CloudWatch has no value of the last minutes'
    : `${points} in the last minute (CloudWatch)`;

const ageText = (seconds: number | undefined): string =>
  seconds === undefined
    ? 'unknown: CloudWatch has no value of the last minutes'
    : `${durationText(seconds * 1_000)} (CloudWatch)`;

const queueText = (depth: Known<QueueDepth>, age: string): string =>
  figureText(depth, ({ visible, inFlight, delayed }) => {
    if (sumOf({ visible, inFlight, delayed }) === 0) return 'empty';
    const parts = [
      counted(visible, 'visible message'),
      `${inFlight} in flight`,
      ...(delayed > 0 ? [`${delayed} delayed`] : []),
    ];
    return `${parts.join(', ')}; age of the oldest ${age}`;
  });
