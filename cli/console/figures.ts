/** Collects the figures that the functions log as embedded metrics, and turns them into one sample per second. */

import { addToLedger, emptyLedger } from '../../local/workload/ledger-totals.ts';
import type { Figures, LedgerSums } from './protocol.ts';

/** Latencies that count for the percentiles: those of the last ten seconds. */
const LATENCY_WINDOW_MS = 10_000;
/** Latencies that are kept, at most. At more than 500 writes per second the window becomes shorter. */
const LATENCIES_MAX = 5_000;

/** What a sample needs from the event source. */
export interface EventSourceFigures {
  readonly concurrency: number;
  readonly running: number;
}

/** A run of the flush function adds a value per pass, so that each metric may have several in one log line. */
type Metrics = { readonly [Name in MetricName]?: number | readonly number[] };

type MetricName = 'eventsDrained' | 'totalPointsWritten' | 'writeLatency' | 'dynamicBatchSize' | 'requestShare';

/** Figures of both functions since the start. Its memory does not grow. */
export class FunctionFigures {
  readonly #ledger = emptyLedger();
  #drained = 0;
  #written = 0;
  #batchLines: number | null = null;
  #share: number | null = null;
  #latencies: { readonly atMs: number; readonly ms: number }[] = [];
  #last: { atMs: number; received: number; written: number; messages: number };

  /** @param nowMs - Time of the start, from which the rates of the first sample count. */
  constructor(nowMs: number) {
    this.#last = { atMs: nowMs, received: 0, written: 0, messages: 0 };
  }

  /** Adds the metrics in a log line. Ignores every other line. */
  addLine(line: string, nowMs: number): void {
    if (!line.startsWith('{"_aws"')) return;
    addToLedger(this.#ledger, line);
    const metrics = JSON.parse(line) as Metrics;
    const valuesOf = (name: MetricName): readonly number[] => [metrics[name] ?? []].flat();
    for (const events of valuesOf('eventsDrained')) this.#drained += events;
    for (const points of valuesOf('totalPointsWritten')) this.#written += points;
    this.#batchLines = valuesOf('dynamicBatchSize').at(-1) ?? this.#batchLines;
    this.#share = valuesOf('requestShare').at(-1) ?? this.#share;
    for (const ms of valuesOf('writeLatency')) this.#latencies.push({ atMs: nowMs, ms });
    if (this.#latencies.length > LATENCIES_MAX) this.#latencies = this.#latencies.slice(-LATENCIES_MAX);
  }

  /** Number of latencies that are kept now. */
  get latencies(): number {
    return this.#latencies.length;
  }

  /** Returns the sample of the time since the last call. */
  take(nowMs: number, { concurrency, running }: EventSourceFigures): Figures {
    const { eventsReceived: received, messagesReceived: messages } = this.#ledger;
    const written = this.#written;
    const seconds = Math.max(1, nowMs - this.#last.atMs) / 1_000;
    const rates = {
      received: (received - this.#last.received) / seconds,
      written: (written - this.#last.written) / seconds,
      messages: (messages - this.#last.messages) / seconds,
    };
    this.#last = { atMs: nowMs, received, written, messages };
    this.#latencies = this.#latencies.filter(({ atMs }) => atMs > nowMs - LATENCY_WINDOW_MS);
    const latency = percentilesOf(this.#latencies.map(({ ms }) => ms));
    return { atMs: nowMs, ...rates, latency, batchLines: this.#batchLines, share: this.#share, concurrency, running };
  }

  ledger(): LedgerSums {
    const { eventsReceived, eventsWritten, eventsQuarantined, eventsCheckpointed, eventsDropped, eventsReturned } =
      this.#ledger;
    return {
      received: eventsReceived,
      written: eventsWritten,
      quarantined: eventsQuarantined,
      checkpointed: eventsCheckpointed,
      dropped: eventsDropped,
      returned: eventsReturned,
      drained: this.#drained,
      imbalance: this.#ledger.ledgerImbalance,
      invocations: this.#ledger.invocations,
    };
  }
}

/** Returns percentiles by the nearest rank. Null for an empty list. */
export const percentilesOf = (values: readonly number[]): Figures['latency'] => {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] as number;
  return { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99) };
};
