/**
 * Whole invocations on ports in memory: queue, server, table, dead-letter queue, and one journal of the calls to them.
 */

import { readSegment, writeSegment } from '../../src/checkpoint/format/stored-segment.ts';
import type { IndexEntry } from '../../src/checkpoint/segment-store.ts';
import { type FlushResult, flush, type OrphanSearch } from '../../src/flush/flush.ts';
import { flushAndStay } from '../../src/flush/recovery.ts';
import type { Delivery, SourceQueue } from '../../src/ingest/delivery.ts';
import { type IngestResult, ingest } from '../../src/ingest/ingest.ts';
import type { FlushFunction } from '../../src/runtime/flush-request.ts';
import { Runtime, type RuntimeSettings } from '../../src/runtime/runtime.ts';
import type { Outcome } from '../../src/sink/outcome.ts';
import type { Batch, DeadLetter, Deadline } from '../../src/sink/ports.ts';
import type { SinkReport } from '../../src/sink/report.ts';
import type { NodeProbes } from '../../src/writer/several-nodes.ts';
import { entry, FOREVER, NOW_MS, segment, textsOf } from '../checkpoint/make.ts';
import { type PortCall, type PortFault, watchedPort } from '../checkpoint/watched-port.ts';
import { emptyTable, itemKey, memoryStateTable, type TableItems } from '../contract/memory-state-table.ts';
import type { TableView } from '../contract/table-view.ts';
import { USUAL_OPTIONS } from '../controller/usual-options.ts';
import { message, TARGET } from '../sink/make.ts';
import { ManualClock } from './manual-clock.ts';

/** Outcome of a successful write. */
export const WRITTEN: Outcome = { kind: 'written' };
/** Outcome of an unavailable server, which no line can cause. */
export const AWAY: Outcome = { kind: 'unavailable', unexplained: false, text: 'server is closing' };
/** Unexplained failure, which a line may cause. */
export const FAILED: Outcome = { kind: 'unavailable', unexplained: true, text: 'HTTP 500: runtime error' };
/** Outcome of a refused line. */
export const REFUSED: Outcome = { kind: 'refused', code: 'line-refused', text: 'duplicate tag x' };
/** Outcome of a 401 response. */
export const WRONG_PASSWORD: Outcome = { kind: 'denied', scope: 'server', text: '401' };

const MIB = 1024 * 1024;
const SINK = 'sink';

const SETTINGS: RuntimeSettings = {
  converter: {
    mapping: undefined,
    converter: 'line',
    decode: { input: 'auto', messageBytesMax: MIB },
    target: TARGET,
  },
  batch: { ...USUAL_OPTIONS.batch, linesInitial: 100, linesMin: 1 },
  // Constant values, so that tests can count.
  adaptive: false,
  batchBytes: MIB,
  inFlightMax: 4,
  invocationBytesMax: 64 * MIB,
  requestMs: 15_000,
  retry: { attemptsMax: 1, baseMs: 1, capMs: 1 },
  createDatabase: false,
  flushIntervalMs: 0,
  checkpointBytesMax: Number.POSITIVE_INFINITY,
  sinkVersion: 'test',
};

/** Settings with batches of the given number of lines. */
export const batchesOf = (linesInitial: number): Pick<RuntimeSettings, 'batch'> => ({
  batch: { ...SETTINGS.batch, linesInitial },
});

/** Changes to an instance of a test. */
export interface EnvironmentOptions {
  readonly settings?: Partial<RuntimeSettings>;
  readonly table?: boolean;
  readonly deadLetters?: boolean;
  readonly owner?: string;
}

/** Properties of a delivery. */
export interface DeliveryOptions {
  readonly receiveCount?: number;
  readonly groupId?: string;
  /** Whether decoding it ends the function. */
  readonly fatal?: boolean;
}

/** The line of an event. */
export const lineOf = (value: number): string => `m v=${value} ${1_767_225_600_000_000_000n + BigInt(value)}`;

/** One receive of a message, with an event for each value. Its receipt handle is its id. */
export const delivery = (id: string, values: readonly number[], options: DeliveryOptions = {}): Delivery =>
  deliveryOf(id, values.map(lineOf).join('\n'), options);

/** Returns one receive of a message with this body. */
export const deliveryOf = (
  id: string,
  body: string,
  { receiveCount = 1, groupId, fatal = false }: DeliveryOptions = {},
): Delivery => {
  const one = message(body, { id, receiveCount, groupId, sentAtMs: NOW_MS - 60_000 });
  return {
    id,
    receiptHandle: id,
    receiveCount,
    groupId,
    sentAtMs: one.sentAtMs,
    open() {
      if (fatal) throw new Error('the function ends');
      return one;
    },
    unopened: () => one,
  };
};

/** Events received, written, quarantined, checkpointed and returned, and the imbalance of the ledger. */
export const figures = (report: SinkReport): number[] => [
  report.eventsReceived,
  report.eventsWritten,
  report.eventsQuarantined,
  report.eventsCheckpointed,
  report.eventsReturned,
  report.ledgerImbalance,
];

/** The report names returned deliveries by index, so that a test can compare them with a list of numbers. */
export interface IngestOutcome extends IngestResult {
  readonly report: SinkReport;
}

/** The ports of all instances of a test, and their state. */
export class SinkInMemory {
  readonly clock = new ManualClock();
  readonly items: TableItems = emptyTable();
  /** Calls to the queue, the server and the marks, in order. */
  readonly journal: string[] = [];
  /** The last visibility of each returned message, in seconds. */
  readonly postponed = new Map<string, number>();
  readonly letters: DeadLetter[] = [];
  readonly warnings: string[] = [];
  readonly tableCalls: PortCall[] = [];
  readonly stored = new Set<string>();
  /** Time that each request was given, in milliseconds. */
  readonly givenMs: number[] = [];
  /** Number of requests and calls in flight. */
  inFlight = 0;
  databasesMade = 0;
  /** Whether the server creates a database on request. */
  makesDatabases = true;
  fifo = false;
  /** The flush function, as the ingest function requests it. */
  flushFunction: FlushFunction | undefined;
  /** Probes of nodes, which write to the journal. `undefined` with one node. */
  nodes: NodeProbes | undefined;
  answer: (lines: readonly string[], batch: Batch) => Outcome = () => WRITTEN;
  /** Latency of each request. */
  latencyMs = 0;
  tableFault: (call: PortCall) => PortFault = () => undefined;
  readonly table: TableView = this.#watchedTable();
  readonly orphans: OrphanSearch = { from: undefined };

  runtime(options: EnvironmentOptions = {}): Runtime {
    const { settings = {}, table = true, deadLetters = true, owner = 'one' } = options;
    return new Runtime(
      { ...SETTINGS, ...settings },
      {
        clock: this.clock,
        server: {
          write: (batch, deadline) => this.#write(batch, deadline),
          createDatabase: async () => {
            this.databasesMade += 1;
            return this.makesDatabases;
          },
        },
        nodes: this.nodes,
        flushFunction: this.flushFunction,
        credentialsMark: async () => '',
        deadLetters: deadLetters
          ? {
              send: async (letters) => {
                this.letters.push(...letters);
                return letters.map(() => true);
              },
              keep: async () => false,
            }
          : undefined,
        state: table ? this.table : undefined,
        events: {
          breakerOpened: ({ key }) => this.journal.push(`opened ${key}`),
          breakerClosed: ({ key }) => this.journal.push(`closed ${key}`),
          stepped: ({ epoch }) => this.journal.push(`step ${epoch}`),
          warning: (what) => this.warnings.push(what),
          segmentDamaged: ({ segment, damage }) => this.warnings.push(`${segment} is damaged: ${damage}`),
        },
        owner,
      },
    );
  }

  async ingest(runtime: Runtime, deliveries: readonly Delivery[], remainingMs = 60_000): Promise<IngestOutcome> {
    const queue: SourceQueue = {
      fifo: this.fifo,
      setVisibility: (changes) =>
        this.#call(() => {
          for (const { receiptHandle, seconds } of changes) {
            this.journal.push(`return ${receiptHandle}`);
            this.postponed.set(receiptHandle, seconds);
          }
        }),
      delete: (receiptHandles) =>
        this.#call(() => {
          for (const receiptHandle of receiptHandles) this.journal.push(`delete ${receiptHandle}`);
        }),
    };
    const marks = runtime.services.state === undefined ? undefined : this.table.unfinishedMarks;
    const result = await ingest(runtime, deliveries, { queue, marks }, remainingMs);
    const returned = result.returned.map((one) => deliveries.indexOf(one));
    return { ...result, report: { ...result.report, returned } };
  }

  /** Makes a run of one or several passes, and returns the results that it reports. */
  async flushAndStay(runtime: Runtime, remainingMs = 75_000): Promise<readonly FlushResult[]> {
    const results: FlushResult[] = [];
    const ports = { segments: this.table.segments, table: this.table, orphans: this.orphans };
    await flushAndStay(runtime, ports, remainingMs, (result) => results.push(result));
    return results;
  }

  flush(runtime: Runtime, remainingMs = 60_000): Promise<FlushResult> {
    return flush(runtime, { segments: this.table.segments, table: this.table, orphans: this.orphans }, remainingMs);
  }

  /** Stores a segment, as another instance would have stored it. */
  async wait(values: readonly number[], more: Partial<IndexEntry> = {}): Promise<IndexEntry> {
    const nowMs = this.clock.nowMs();
    const stored = writeSegment(segment(values.map(lineOf)));
    const { data, lines, format } = stored;
    const one = entry({ bytes: data.length, lines, format, savedAtMs: nowMs, dueMs: nowMs, ...more });
    const { segments } = memoryStateTable(this.items, SINK);
    await segments.putPayload(one, stored, FOREVER);
    await segments.putEntry(one, FOREVER);
    return one;
  }

  mark(id: string, starts: number): void {
    this.items.marks.set(itemKey(SINK, id), starts);
  }

  marks(): number[] {
    return [...this.items.marks.values()];
  }

  /** Lines stored in the table, sorted. */
  waiting(): string[] {
    return [...this.items.payloads.values()].flatMap((payload) => textsOf(readSegment(payload.segment).lines)).sort();
  }

  /** Returns the journal since the last call. */
  takeJournal(): string[] {
    return this.journal.splice(0);
  }

  async #call(effect: () => void): Promise<void> {
    this.inFlight += 1;
    await new Promise((resolve) => setImmediate(resolve));
    effect();
    this.inFlight -= 1;
  }

  async #write(batch: Batch, deadline: Deadline): Promise<Outcome> {
    const lines = Buffer.from(batch.body).toString('utf8').split('\n').slice(0, -1);
    this.givenMs.push(deadline.remainingMs());
    let outcome: Outcome = WRITTEN;
    await this.#call(() => {
      this.clock.pass(this.latencyMs);
      outcome = this.answer(lines, batch);
      const values = lines.map((line) => /v=(\d+)/.exec(line)?.[1]).join(' ');
      this.journal.push(`${outcome.kind} ${lines.length === 0 ? 'nothing' : values}`);
      if (outcome.kind === 'written') for (const line of lines) this.stored.add(line);
    });
    return outcome;
  }

  #watchedTable(): TableView {
    const inner = memoryStateTable(this.items, SINK);
    const watch = <Port extends object>(port: Port): Port => {
      const watched = watchedPort(port);
      watched.fault = (call) => {
        this.tableCalls.push(call);
        if (call.name === 'mark') this.journal.push(`mark ${[...call.args[0].keys()].join(' ')}`);
        if (call.name === 'unmark') this.journal.push(`unmark ${call.args[0].join(' ')}`);
        return this.tableFault(call);
      };
      return watched.port;
    };
    return watch({
      ...inner,
      segments: watch(inner.segments),
      breakers: watch(inner.breakers),
      unfinishedMarks: watch(inner.unfinishedMarks),
      referenceLines: watch(inner.referenceLines),
    });
  }
}
