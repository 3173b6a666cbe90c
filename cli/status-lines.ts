/** The rows that `status` prints. Ages are relative to the time at which the table was read. */

import type { Backlog } from '../src/checkpoint/capacity.ts';
import { type Decision, isDecision } from '../src/controller/decision.ts';
import { EPOCH_MS } from '../src/controller/epochs.ts';
import { STALE_MS } from '../src/controller/instance-controller.ts';
import type { RegisteredSink } from '../src/flush/flush-table.ts';
import type { SharedState } from '../src/runtime/state-table.ts';
import { counted } from './counted.ts';
import { agoText as ago, durationText as duration } from './duration.ts';
import { holdText } from './hold-text.ts';
import { styled, row as tableRow } from './terminal.ts';

/** Contents of the state table about a sink at `nowMs`. */
export interface Status {
  readonly sink: string;
  readonly table: string;
  readonly view: SharedState;
  /** Measured at `nowMs`. */
  readonly backlog: Backlog;
  /** All sinks that use the table. */
  readonly sinks: readonly RegisteredSink[];
  readonly nowMs: number;
}

type Row = readonly [name: string, text: string];

const row = (name: string, text: string): Row => [name, text];

const BREAKER = 'breaker ';
const PAUSE = 'pause';
const COLUMN = 20;

/**
 * Returns the lines to print.
 *
 * @param width - Length of a line. Undefined wraps nothing.
 */
export const statusLines = (status: Status, width?: number): string[] =>
  statusRows(status).map(([name, text]) => {
    const line = tableRow(name, text, COLUMN, width);
    if (name.startsWith(BREAKER)) return styled('red', line, process.stdout);
    return name === PAUSE ? styled('yellow', line, process.stdout) : line;
  });

const statusRows = ({ sink, table, view, backlog, sinks, nowMs }: Status): Row[] => [
  row('sink', `${sink}, in the table ${table}`),
  ...decisionRows(view, nowMs),
  ...(view.hold === undefined ? [] : [row(PAUSE, holdText(view.hold, nowMs))]),
  ...(view.breakers.length === 0 ? [row('circuit breakers', 'closed')] : []),
  ...view.breakers.map(({ key, kind, text, openedAtMs, probeAtMs }) =>
    row(
      `${BREAKER}${key}`,
      `open for ${duration(nowMs - openedAtMs)} (${kind}): ${text}; next probe ${probeAtMs <= nowMs ? 'is due' : `in ${duration(probeAtMs - nowMs)}`}`,
    ),
  ),
  row('backlog', backlogText(backlog, nowMs)),
  ...sinks.map(({ name, flushedAtMs }) =>
    row(
      name === sink ? 'flush function' : `sink ${name}`,
      flushedAtMs === undefined ? 'never seen' : `last seen ${ago(flushedAtMs, nowMs)}`,
    ),
  ),
];

const decisionRows = ({ decision, limit }: SharedState, nowMs: number): Row[] => {
  if (decision === undefined) return [row('decision', 'none yet, or SINK_CONTROL=off; the configured values apply')];
  if (!isDecision(decision)) return [row('decision', 'written by a newer version than this command')];
  const { asOfMs, batchLines, share, maximumConcurrency, instances, latencyMs } = decision;
  return [
    row('decision', `${ago(asOfMs, nowMs)}, from the reports of ${counted(Math.round(instances), 'instance')}`),
    row('batch', `${counted(batchLines, 'line')}${latencyMs > 0 ? `; a request takes ${latencyMs} ms` : ''}`),
    row('share', shareText(share, nowMs - asOfMs)),
    ...(limit === undefined
      ? []
      : [
          row(
            'maximum concurrency',
            `${limit.maximumConcurrency} as of ${ago(limit.atMs, nowMs)}; the controller wants ${maximumConcurrency?.wanted ?? 'no change'}`,
          ),
        ]),
    ...stepRows(decision, nowMs),
  ];
};

const shareText = (share: number, ageMs: number): string => {
  if (ageMs > STALE_MS) return `one request in flight per invocation, because the decision of ${share} has expired`;
  return share >= 1
    ? `${counted(share, 'request')} in flight per invocation`
    : `one request in flight during ${Math.round(share * 100)} % of the time of each invocation`;
};

const stepRows = ({ epoch, reasons, earlier }: Decision, nowMs: number): Row[] =>
  [{ epoch, reasons }, ...earlier]
    .filter((step) => step.reasons.length > 0)
    .map((step, place) =>
      row(place === 0 ? 'steps' : '', `${ago((step.epoch + 1) * EPOCH_MS, nowMs)}: ${step.reasons.join('; ')}`),
    );

const backlogText = ({ segments, lines, bytes, oldestMs }: Backlog, nowMs: number): string =>
  segments === 0 || oldestMs === undefined
    ? 'empty'
    : `${counted(segments, 'segment')} with ${counted(lines, 'line')} in ${bytes} bytes, the oldest ${duration(nowMs - oldestMs)} old`;
