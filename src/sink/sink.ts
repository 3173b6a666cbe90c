/**
 * One run of the data plane. It takes messages and reports the indexes of the messages to return. The code follows the
 * path of an event: decode, convert, batch, write and isolate, settle. It does not depend on AWS. Time, writing, dead
 * letters and the checkpoint are ports.
 */

import type { ConvertedFigures } from './convert/conversion-observer.ts';
import { type Converter, type ConverterOptions, createConverter } from './convert/converter.ts';
import type { DecodedMessage } from './convert/decoded-message.ts';
import { Ledger } from './ledger.ts';
import { parseOwnLine } from './lines/parse-own-line.ts';
import type { Message } from './message.ts';
import type { Checkpoint, DeadLetters, Deadline, OwnedBatch, Pace, Writer } from './ports.ts';
import type { RefusedEvent } from './refusal.ts';
import type { SinkReport } from './report.ts';
import type { DeadLetterContext } from './settle/dead-letter.ts';
import { LineSettlement, type SettledRun } from './settle/line-settlement.ts';
import { type QuarantinedRun, quarantineRefused } from './settle/quarantine.ts';
import { UnwrittenLines } from './settle/unwritten.ts';
import { Batcher, type BatcherOptions } from './write/batcher.ts';
import { allOrFirstError, forEachConcurrent, InFlight } from './write/in-flight.ts';
import { type WriteContext, writeIsolating } from './write/isolate-refused.ts';

/** Settings of a run. */
export interface SinkOptions extends ConverterOptions, BatcherOptions {
  /** Bytes after decompression that one invocation decodes, at most. Further messages are returned. */
  readonly invocationBytesMax: number;
  /**
   * Whether the messages of a group are written in order. After the first one with an unwritten line, the remaining
   * ones are returned.
   */
  readonly fifo: boolean;
  /** Version written into dead letters. */
  readonly sinkVersion: string;
  /**
   * Converter of these settings, kept between runs: it compiles the mapping once, and remembers what events look like.
   * `undefined` for a new one.
   */
  readonly compiled?: Converter | undefined;
}

/** What the data plane calls. docs/architecture.md#ports describes the contract of each port. */
export interface SinkPorts {
  readonly writer: Writer;
  readonly pace: Pace;
  /** `undefined` without a dead-letter queue. Messages with refused events are then returned. */
  readonly deadLetters: DeadLetters | undefined;
  /** `undefined` without a state table and for FIFO queues. Messages with unwritten lines are then returned. */
  readonly checkpoint: Checkpoint | undefined;
  /** Control I/O, called before each batch. Never throws. */
  beforeBatch(): Promise<void>;
}

/** Deadlines of a run. */
export interface SinkDeadlines {
  /** For requests to openGemini. */
  readonly write: Deadline;
  /** For dead letters and the state table. It is later than `write`, so that the last failures can still be settled. */
  readonly settle: Deadline;
}

/** Runs the data plane once. Throws only for a bug, after every request has ended. */
export const runSink = async (
  messages: readonly Message[],
  options: SinkOptions,
  ports: SinkPorts,
  deadlines: SinkDeadlines,
): Promise<SinkReport> => {
  const run = new SinkRun(messages, options, ports, deadlines);
  const streams: Iterable<Iterable<number>> = options.fifo ? indexesByGroup(messages) : [messages.keys()];
  await forEachConcurrent(streams, options.fifo ? ports.pace.inFlightMax() : 1, (stream) => writeStream(stream, run));
  await allOrFirstError([run.unwritten.save(), quarantineRefused(run)]);
  return run.report();
};

/** Writes one stream of messages: all of a standard queue, or one group of a FIFO queue. */
const writeStream = async (stream: Iterable<number>, run: SinkRun): Promise<void> => {
  const { fifo } = run.options;
  const settlement = new LineSettlement(run);
  const batcher = new Batcher(run.options, run.pace);
  const inFlight = new InFlight(() => (fifo ? 1 : run.pace.inFlightMax()));
  const write = (batch: OwnedBatch): Promise<void> =>
    inFlight.submit(async () => {
      // The lines stay with their message, which is returned.
      if (settlement.isStopped()) return;
      await run.beforeBatch();
      await writeIsolating(batch, settlement, run);
    });
  const finish = async (): Promise<void> => {
    for (const batch of batcher.takeAll()) await write(batch);
    await inFlight.drain();
    await settlement.isolateUnexplained();
  };
  try {
    for (const decoded of decodeInChunks(stream, run)) {
      run.begin(decoded);
      for (const batch of run.converter.convert(decoded, batcher, run)) {
        await write(batch);
        if (run.isPastDeadline()) break; // The message is returned.
      }
      if (fifo) await finish();
      // Only unwritten lines stop a group. A refused event does not, because its dead letter settles it later.
      if (settlement.isStopped()) return;
    }
    for (const batch of batcher.takeSmall()) if (!(await run.unwritten.saveBuffered(batch))) await write(batch);
    await finish();
  } finally {
    // Also after an error, because a request that outlives the invocation would freeze with it.
    await inFlight.drain();
  }
};

/**
 * Messages that are decoded before they are converted, at most. Both steps stay in the processor's caches (measured: 13
 * to 17 % faster).
 */
const CHUNK_MESSAGES = 32;

/** Messages and bytes that are decoded, at most, before the deadline is checked again. */
const MESSAGES_PER_CHECK = 8;
const BYTES_PER_CHECK = 64 * 1024;

/** Limit of a chunk in bytes, because parsed messages take several times as much memory. */
export const CHUNK_BYTES = 1024 * 1024;

/**
 * Decodes messages ahead of their conversion: a chunk on standard queues, one message on FIFO queues, where the next one
 * may have to be returned. A message that was only scanned is converted at once, because the converter keeps one scan.
 * Stops at the write deadline and at the byte limit of the invocation.
 */
function* decodeInChunks(stream: Iterable<number>, run: SinkRun): Generator<DecodedMessage> {
  const messagesMax = run.options.fifo ? 1 : CHUNK_MESSAGES;
  let chunk: DecodedMessage[] = [];
  let bytes = 0;
  for (const index of stream) {
    if (!run.mayDecode()) break;
    const decoded = run.decode(index);
    if (decoded.isScanned && chunk.length === 0) {
      yield decoded;
      continue;
    }
    chunk.push(decoded);
    bytes += decoded.bytes;
    if (!decoded.isScanned && chunk.length < messagesMax && bytes < CHUNK_BYTES) continue;
    yield* chunk;
    chunk = [];
    bytes = 0;
  }
  yield* chunk;
}

const indexesByGroup = (messages: readonly Message[]): Iterable<readonly number[]> =>
  Map.groupBy(messages.keys(), (index) => messages[index]?.groupId ?? '').values();

/** The state of one run, which the steps above read and update. It contains no control flow. */
class SinkRun implements SettledRun, QuarantinedRun {
  readonly messages: readonly Message[];
  readonly options: SinkOptions;
  readonly converter: Converter;
  readonly ledger: Ledger;
  readonly unwritten: UnwrittenLines;
  readonly writer: Writer;
  readonly pace: Pace;
  readonly deadLetters: DeadLetters | undefined;
  readonly deadline: Deadline;
  readonly settleDeadline: Deadline;
  readonly lastWritten = new Map<string, OwnedBatch>();
  readonly refusedEvents: RefusedEvent[] = [];
  readonly beforeBatch: () => Promise<void>;
  readonly resolveConflict: WriteContext['resolveConflict'];
  #bytesDecoded = 0;
  #decodedSinceCheck = MESSAGES_PER_CHECK;
  #nextCheckBytes = 0;
  #valuesAltered = 0;
  #implausibleTimes = 0;
  #fieldsOmitted = 0;
  #branchesIgnored = 0;
  #pointsReplaced = 0;
  #firstReplaced: string | undefined;
  #conflictsResolved = 0;
  #largestBatch = 0;

  constructor(messages: readonly Message[], options: SinkOptions, ports: SinkPorts, deadlines: SinkDeadlines) {
    this.messages = messages;
    this.options = options;
    this.converter = options.compiled ?? createConverter(options);
    this.ledger = new Ledger(messages.length);
    this.writer = ports.writer;
    this.pace = ports.pace;
    this.deadLetters = ports.deadLetters;
    this.deadline = deadlines.write;
    this.settleDeadline = deadlines.settle;
    this.beforeBatch = () => ports.beforeBatch();
    this.resolveConflict = options.columns?.resolver((fields) => this.conflictsResolved(fields));
    this.unwritten = new UnwrittenLines({
      checkpoint: ports.checkpoint,
      messages,
      ledger: this.ledger,
      deadline: deadlines.settle,
    });
  }

  conflictsResolved(fields: number): void {
    this.#conflictsResolved += fields;
  }

  get deadLetterContext(): DeadLetterContext {
    return this.options;
  }

  isPastDeadline(): boolean {
    return this.deadline.remainingMs() <= 0;
  }

  mayDecode(): boolean {
    if (this.#bytesDecoded >= this.options.invocationBytesMax) return false;
    // Reading the clock takes as long as a tenth of the conversion of a small message.
    if (this.#decodedSinceCheck < MESSAGES_PER_CHECK && this.#bytesDecoded < this.#nextCheckBytes) return true;
    this.#decodedSinceCheck = 0;
    this.#nextCheckBytes = this.#bytesDecoded + BYTES_PER_CHECK;
    return !this.isPastDeadline();
  }

  decode(index: number): DecodedMessage {
    const decoded = this.converter.decode(this.messages[index] as Message, index);
    this.#bytesDecoded += decoded.bytes;
    this.#decodedSinceCheck += 1;
    return decoded;
  }

  refused(event: RefusedEvent): void {
    this.refusedEvents.push(event);
  }

  begin({ index, count, isControl, branchesIgnored }: DecodedMessage): void {
    this.ledger.begin(index, count, isControl);
    this.#branchesIgnored += branchesIgnored;
  }

  converted({ altered, implausibleTimes, omitted }: ConvertedFigures): void {
    this.#valuesAltered += altered;
    this.#implausibleTimes += implausibleTimes;
    this.#fieldsOmitted += omitted;
  }

  replaced(line: () => string): void {
    this.#pointsReplaced += 1;
    this.#firstReplaced ??= parseOwnLine(line()).measurement;
  }

  dropped(messageIndex: number): void {
    this.ledger.dropped(messageIndex);
  }

  written(batch: OwnedBatch): void {
    this.#largestBatch = Math.max(this.#largestBatch, batch.lines);
  }

  report(): SinkReport {
    const returned = this.#returned();
    const refusals: Record<string, number> = {};
    for (const { refusal } of this.refusedEvents) refusals[refusal.code] = (refusals[refusal.code] ?? 0) + 1;
    return {
      ...this.ledger.close(returned),
      returned,
      valuesAltered: this.#valuesAltered,
      implausibleTimes: this.#implausibleTimes,
      fieldsOmitted: this.#fieldsOmitted,
      branchesIgnored: this.#branchesIgnored,
      pointsReplaced: this.#pointsReplaced,
      firstReplaced: this.#firstReplaced,
      conflictsResolved: this.#conflictsResolved,
      refusals,
      unwritten: this.unwritten.summary,
      largestBatch: this.#largestBatch,
    };
  }

  /**
   * Returns the messages that are not proven settled. On a FIFO queue these include all messages that follow one of
   * them in its group.
   */
  #returned(): number[] {
    const returned: number[] = [];
    const returnedGroups = new Set<string>();
    for (let index = 0; index < this.messages.length; index++) {
      const isUnsettled = !this.ledger.isSettled(index);
      if (!isUnsettled && returnedGroups.size === 0) continue;
      const group = this.options.fifo ? (this.messages[index]?.groupId ?? '') : '';
      if (!isUnsettled && !(this.options.fifo && returnedGroups.has(group))) continue;
      returned.push(index);
      returnedGroups.add(group);
    }
    return returned;
  }
}
