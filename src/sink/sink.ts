/**
 * One invocation: messages in, ids of those that must come back out. Reads top to bottom as an event travels: decode,
 * convert, buffer, write, isolate, quarantine, settle. Knows nothing of AWS; time, writing and dead letters are ports.
 */

import { type Converter, type ConverterOptions, createConverter, type DecodedMessage } from './convert/converter.ts';
import { Ledger } from './ledger.ts';
import { lineText, sliceLines } from './lines/batch.ts';
import { parseOwnLine } from './lines/parse-own-line.ts';
import type { Message } from './message.ts';
import { isUnexplained, type Outcome, textOf } from './outcome.ts';
import type { Deadline } from './ports.ts';
import {
  type Checkpoint,
  type DeadLetters,
  type OwnedBatch,
  targetKey,
  type WaitReason,
  type Writer,
} from './ports.ts';
import type { RefusedEvent } from './refusal.ts';
import { refuse } from './refusal.ts';
import type { SinkReport, UnwrittenSummary } from './report.ts';
import { quarantine } from './settle/quarantine.ts';
import { UnwrittenLines } from './settle/unwritten.ts';
import { Batcher } from './write/batcher.ts';
import { createDispatcher } from './write/in-flight.ts';
import type { Settlement } from './write/isolate-refused.ts';
import { FAILURES_MAX, isolateUnexplained } from './write/isolate-unexplained.ts';
import { allOrFirstError, forEachConcurrent } from './write/side-by-side.ts';

export interface SinkOptions extends ConverterOptions {
  /** Read again for each batch, for it may change meanwhile; so is `inFlightMax`, but on FIFO queues only at the beginning. */
  readonly batchLines: number;
  readonly batchBytes: number;
  readonly inFlightMax: number;
  /** Bytes after decompression that one invocation begins; further messages are returned. */
  readonly invocationBytesMax: number;
  /** Messages of one group in order, and a group's rest returned behind the first that is not settled. */
  readonly fifo: boolean;
  /** Whether a small remainder waits in the state table for others, instead of being written by itself. */
  readonly bufferRemainders: boolean;
  readonly sinkVersion: string;
}

export interface SinkPorts {
  readonly writer: Writer;
  /** Undefined without a dead-letter queue: messages with refused events are returned. */
  readonly deadLetters: DeadLetters | undefined;
  /** Undefined without a state table, and for FIFO queues: what cannot be written comes back with its message. */
  readonly checkpoint: Checkpoint | undefined;
}

export interface SinkDeadlines {
  /** For everything that waits on openGemini. */
  readonly write: Deadline;
  /** For dead letters and the state table: later, so that what failed at the last moment can still be settled. */
  readonly settle: Deadline;
}

/** No chunk goes on after so many bytes: parsed, they take several times as much. */
const CHUNK_BYTES = 1024 * 1024;

/** Decoding and converting in turns of this many messages keeps both in the processor's caches (measured: 13 to 17 %). */
const CHUNK = 32;

export const runSink = async (
  messages: readonly Message[],
  options: SinkOptions,
  ports: SinkPorts,
  deadlines: SinkDeadlines,
): Promise<SinkReport> => {
  const run = new SinkRun(messages, options, ports, deadlines);
  if (options.fifo) await run.writeGroups();
  else await run.writeAll();
  await run.settle();
  return run.report();
};

/** What a stream of messages could not get written. */
interface Failed {
  lines: number;
  /** Batches without a state table to wait in, whose failure may be the fault of a line. */
  readonly unexplained: OwnedBatch[];
}

const waitOf = (outcome: Outcome, undecided: boolean): WaitReason => {
  if (undecided) return 'isolate';
  return outcome.kind === 'held' ? 'held' : 'retry';
};

class SinkRun {
  readonly #messages: readonly Message[];
  readonly #options: SinkOptions;
  readonly #ports: SinkPorts;
  readonly #deadlines: SinkDeadlines;
  readonly #converter: Converter;
  readonly #ledger: Ledger;
  readonly #settlement: Omit<Settlement, 'unwritten'>;
  readonly #refused: RefusedEvent[] = [];
  readonly #unwritten: UnwrittenLines | undefined;
  readonly #unwrittenByKind: Record<string, UnwrittenSummary> = {};
  /** The batch of each target that was written last: a witness that its server is well. */
  readonly #writtenLast = new Map<string, OwnedBatch>();
  #bytesBegun = 0;
  #valuesAltered = 0;
  #implausibleTimes = 0;
  #largestBatch = 0;

  constructor(messages: readonly Message[], options: SinkOptions, ports: SinkPorts, deadlines: SinkDeadlines) {
    this.#messages = messages;
    this.#options = options;
    this.#ports = ports;
    this.#deadlines = deadlines;
    this.#converter = createConverter(options);
    this.#ledger = new Ledger(messages.length);
    this.#settlement = this.#createSettlement();
    const { checkpoint } = ports;
    this.#unwritten =
      checkpoint === undefined ? undefined : new UnwrittenLines(checkpoint, messages, this.#ledger, deadlines.settle);
  }

  /** Standard queues: all messages through shared buffers, several requests at once. */
  async writeAll(): Promise<void> {
    await this.#inLane(
      () => this.#options.inFlightMax,
      async (lane) => {
        for (let next = 0; next < this.#messages.length && this.#mayBegin(); ) {
          const opened = this.#openChunk(next);
          for (const message of opened) await this.#convert(message, next++, lane);
        }
        if (this.#options.bufferRemainders) await this.#bufferRemainders(lane);
      },
    );
  }

  /** What could not be stored is written like everything else. */
  async #bufferRemainders(lane: Batcher): Promise<void> {
    if (this.#unwritten === undefined) return;
    for (const batch of lane.smallRemainders())
      if (!(await this.#unwritten.save(batch, 'buffered'))) await lane.submit(batch);
  }

  /** Decodes as many messages as make a chunk, up to the bound of the invocation. */
  #openChunk(first: number): DecodedMessage[] {
    const opened: DecodedMessage[] = [];
    const bytesBefore = this.#bytesBegun;
    const mayGrow = (): boolean =>
      opened.length < CHUNK && this.#bytesBegun - bytesBefore < CHUNK_BYTES && this.#mayBegin();
    for (let index = first; index < this.#messages.length && mayGrow(); index++) opened.push(this.#open(index));
    return opened;
  }

  #open(index: number): DecodedMessage {
    const opened = this.#converter.open(this.#messages[index] as Message);
    this.#bytesBegun += opened.bytes;
    return opened;
  }

  /** FIFO queues: groups side by side, the messages of a group one after the other, one block under way per group. */
  async writeGroups(): Promise<void> {
    const groups = Map.groupBy(this.#messages.keys(), (index) => this.#messages[index]?.groupId ?? '');
    await forEachConcurrent(groups.values(), this.#options.inFlightMax, (group) => this.#writeGroup(group));
  }

  async #writeGroup(group: readonly number[]): Promise<void> {
    for (const index of group) {
      if (!this.#mayBegin()) return;
      const failed = await this.#inLane(
        () => 1,
        (lane) => this.#convert(this.#open(index), index, lane),
      );
      if (failed.lines > 0) return;
    }
  }

  #mayBegin(): boolean {
    return this.#deadlines.write.remainingMs() > 0 && this.#bytesBegun < this.#options.invocationBytesMax;
  }

  /** Fills a lane and has it written to its end. Returns what could not be written. */
  async #inLane(inFlightMax: () => number, fill: (lane: Batcher) => Promise<void>): Promise<Failed> {
    const failed: Failed = { lines: 0, unexplained: [] };
    const settlement = this.#settlementOf(failed);
    const dispatcher = createDispatcher(this.#ports.writer, settlement, inFlightMax, this.#deadlines.write);
    const lane = new Batcher(this.#options, dispatcher, (refused) => this.#refused.push(refused));
    try {
      await fill(lane);
      await lane.close();
    } finally {
      // After an error, too: a request that goes on by itself would be frozen with the function.
      await lane.drain();
    }
    await this.#resort(failed);
    return failed;
  }

  #settlementOf(failed: Failed): Settlement {
    return {
      ...this.#settlement,
      unwritten: async (batch, outcome, undecided) => {
        failed.lines += batch.lines;
        this.#tellLeft(batch.lines, outcome);
        if (this.#unwritten !== undefined) await this.#unwritten.add(batch, waitOf(outcome, undecided));
        else if (isUnexplained(outcome)) failed.unexplained.push(batch);
      },
    };
  }

  /** Without a state table nobody counts failures but the queue: messages that came back often are taken apart here. */
  async #resort(failed: Failed): Promise<void> {
    for (const batch of failed.unexplained.splice(0)) {
      if (batch.messageOf.some((index) => (this.#messages[index]?.receiveCount ?? 0) < FAILURES_MAX)) continue;
      failed.lines -= batch.lines;
      const good = this.#writtenLast.get(targetKey(batch.target));
      const witness = good === undefined ? undefined : sliceLines(good, 0, 1);
      await isolateUnexplained(batch, witness, this.#ports.writer, this.#settlementOf(failed), this.#deadlines.write);
    }
  }

  /** All events of a message. Past the deadline the rest of them stays undone, and the message is returned. */
  async #convert(opened: DecodedMessage, index: number, lane: Batcher): Promise<void> {
    this.#ledger.begin(index, opened.count);
    for (let done = false; !done && (opened.next === 0 || this.#deadlines.write.remainingMs() > 0); ) {
      done = this.#converter.convert(opened, index, lane);
      await lane.flushFull();
    }
    this.#valuesAltered += opened.valuesAltered;
    this.#implausibleTimes += opened.implausibleTimes;
  }

  #createSettlement(): Omit<Settlement, 'unwritten'> {
    return {
      written: (batch) => {
        this.#ledger.written(batch.lines, batch.messageOf);
        this.#writtenLast.set(targetKey(batch.target), batch);
        this.#largestBatch = Math.max(this.#largestBatch, batch.lines);
      },
      refused: (batch, index, verdict) => {
        this.#refused.push({
          messageIndex: batch.messageOf[index] as number,
          eventIndex: batch.eventOf[index] as number,
          refusal: refuse(verdict.code, verdict.detail),
          measurement: parseOwnLine(lineText(batch, index)).measurement,
          partlyStored: verdict.partlyStored,
        });
      },
    };
  }

  #tellLeft(lines: number, outcome: Outcome): void {
    const before = this.#unwrittenByKind[outcome.kind]?.lines ?? 0;
    this.#unwrittenByKind[outcome.kind] = { lines: before + lines, text: textOf(outcome) };
  }

  /** What waits goes to the state table, what is refused to the dead-letter queue: side by side, for time is short. */
  async settle(): Promise<void> {
    await allOrFirstError([this.#unwritten?.close() ?? Promise.resolve(), this.#quarantine()]);
  }

  async #quarantine(): Promise<void> {
    const { deadLetters } = this.#ports;
    if (deadLetters === undefined || this.#refused.length === 0) return;
    const { settle } = this.#deadlines;
    await quarantine(this.#refused, this.#messages, this.#options, deadLetters, this.#ledger, settle);
  }

  report(): SinkReport {
    const failed = this.#failed();
    const refusals: Record<string, number> = {};
    for (const { refusal } of this.#refused) refusals[refusal.code] = (refusals[refusal.code] ?? 0) + 1;
    return {
      ...this.#ledger.close(failed),
      failed,
      valuesAltered: this.#valuesAltered,
      implausibleTimes: this.#implausibleTimes,
      refusals,
      unwritten: this.#unwrittenByKind,
      largestBatch: this.#largestBatch,
    };
  }

  /** All messages but those proven settled; on a FIFO queue also everything behind a group's first failure. */
  #failed(): number[] {
    const broken = new Set<string>();
    return [...this.#messages.keys()].filter((index) => {
      const group = this.#messages[index]?.groupId ?? '';
      const failed = !this.#ledger.isSettled(index) || (this.#options.fifo && broken.has(group));
      if (failed) broken.add(group);
      return failed;
    });
  }
}
