/**
 * One invocation: messages in, ids of those that must come back out. Reads top to bottom as an event travels: decode,
 * convert, buffer, write, isolate, quarantine, settle. Knows nothing of AWS; time, writing and dead letters are ports.
 */

import {
  type Converter,
  type ConverterOptions,
  type ConverterOutput,
  createConverter,
  type Opened,
} from './converter.ts';
import type { Deadline } from './deadline.ts';
import { createDispatcher, type Dispatcher } from './dispatcher.ts';
import { BLOCK_BYTES, type Settlement } from './isolate.ts';
import { Ledger, type LedgerFigures } from './ledger.ts';
import type { Refused } from './letter.ts';
import { LineBuffer, lineText } from './line-buffer.ts';
import { readLine } from './line-reader.ts';
import type { Message } from './message.ts';
import type { Outcome } from './outcome.ts';
import { type DeadLetters, quarantine } from './quarantine.ts';
import { refuse } from './refusal.ts';
import { type Target, targetKey, type Writer } from './writer.ts';

export interface SinkOptions extends ConverterOptions {
  readonly batchLines: number;
  readonly batchBytes: number;
  readonly inFlightMax: number;
  /** Bytes after decompression that one invocation begins; further messages are returned. */
  readonly invocationBytesMax: number;
  /** Messages of one group in order, and a group's rest returned behind the first that is not settled. */
  readonly fifo: boolean;
  readonly sinkVersion: string;
}

export interface SinkPorts {
  readonly writer: Writer;
  /** Undefined without a dead-letter queue: messages with refused events are returned. */
  readonly deadLetters: DeadLetters | undefined;
}

export interface SinkDeadlines {
  /** For everything that waits on openGemini. */
  readonly write: Deadline;
  /** For dead letters: later, so that what was refused at the last moment can still be told. */
  readonly quarantine: Deadline;
}

export interface SinkReport extends LedgerFigures {
  /** Indexes of the messages that must come back. */
  readonly failed: readonly number[];
  readonly valuesAltered: number;
  readonly implausibleTimes: number;
  /** Refused events by code. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Outcomes that left lines undecided, by kind, with the server's last words. */
  readonly leftOver: Readonly<Record<string, { readonly lines: number; readonly text: string }>>;
  /** The largest batch that was written, in lines. */
  readonly largestBatch: number;
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
  await run.quarantine();
  return run.report();
};

class SinkRun {
  readonly #messages: readonly Message[];
  readonly #options: SinkOptions;
  readonly #ports: SinkPorts;
  readonly #deadlines: SinkDeadlines;
  readonly #converter: Converter;
  readonly #ledger: Ledger;
  readonly #settlement: Omit<Settlement, 'left'>;
  readonly #refused: Refused[] = [];
  readonly #leftOver: Record<string, { lines: number; text: string }> = {};
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
  }

  /** Standard queues: all messages through shared buffers, several requests at once. */
  async writeAll(): Promise<void> {
    const lane = this.#openLane(this.#options.inFlightMax);
    for (let next = 0; next < this.#messages.length && this.#mayBegin(); ) {
      const opened = this.#openChunk(next);
      for (const message of opened) await this.#convert(message, next++, lane);
    }
    await lane.close();
  }

  /** Decodes as many messages as make a chunk, up to the bound of the invocation. */
  #openChunk(first: number): Opened[] {
    const opened: Opened[] = [];
    const bytesBefore = this.#bytesBegun;
    const mayGrow = (): boolean =>
      opened.length < CHUNK && this.#bytesBegun - bytesBefore < CHUNK_BYTES && this.#mayBegin();
    for (let index = first; index < this.#messages.length && mayGrow(); index++) opened.push(this.#open(index));
    return opened;
  }

  #open(index: number): Opened {
    const opened = this.#converter.open(this.#messages[index] as Message);
    this.#bytesBegun += opened.bytes;
    return opened;
  }

  /** FIFO queues: groups side by side, the messages of a group one after the other, one block under way per group. */
  async writeGroups(): Promise<void> {
    const groups = Map.groupBy(this.#messages.keys(), (index) => this.#messages[index]?.groupId ?? '');
    const waiting = groups.values();
    const worker = async (): Promise<void> => {
      for (const group of waiting) await this.#writeGroup(group);
    };
    await Promise.all(Array.from({ length: this.#options.inFlightMax }, worker));
  }

  async #writeGroup(group: readonly number[]): Promise<void> {
    for (const index of group) {
      if (!this.#mayBegin()) return;
      const lane = this.#openLane(1);
      await this.#convert(this.#open(index), index, lane);
      await lane.close();
      if (lane.linesLeft > 0) return;
    }
  }

  #mayBegin(): boolean {
    return this.#deadlines.write.remainingMs() > 0 && this.#bytesBegun < this.#options.invocationBytesMax;
  }

  #openLane(inFlightMax: number): Lane {
    const lane: Lane = new Lane(this.#options, (refused) => this.#refused.push(refused));
    const settlement: Settlement = {
      ...this.#settlement,
      left: (batch, outcome) => {
        lane.linesLeft += batch.lines;
        this.#leave(batch.lines, outcome);
      },
    };
    lane.dispatchTo(createDispatcher(this.#ports.writer, settlement, inFlightMax, this.#deadlines.write));
    return lane;
  }

  /** All events of a message. Past the deadline the rest of them stays undone, and the message is returned. */
  async #convert(opened: Opened, index: number, lane: Lane): Promise<void> {
    this.#ledger.begin(index, opened.count);
    for (let done = false; !done && (opened.next === 0 || this.#deadlines.write.remainingMs() > 0); ) {
      done = this.#converter.convert(opened, index, lane);
      await lane.flushFull();
    }
    this.#valuesAltered += opened.valuesAltered;
    this.#implausibleTimes += opened.implausibleTimes;
  }

  #createSettlement(): Omit<Settlement, 'left'> {
    return {
      written: (batch) => {
        this.#ledger.written(batch.lines, batch.messageOf);
        this.#largestBatch = Math.max(this.#largestBatch, batch.lines);
      },
      refused: (batch, index, verdict) => {
        this.#refused.push({
          messageIndex: batch.messageOf[index] as number,
          eventIndex: batch.eventOf[index] as number,
          refusal: refuse(verdict.code, verdict.detail),
          measurement: readLine(lineText(batch, index)).measurement,
          partlyStored: verdict.partlyStored,
        });
      },
    };
  }

  #leave(lines: number, outcome: Outcome): void {
    const text = 'text' in outcome ? outcome.text : '';
    const before = this.#leftOver[outcome.kind]?.lines ?? 0;
    this.#leftOver[outcome.kind] = { lines: before + lines, text };
  }

  async quarantine(): Promise<void> {
    const { deadLetters } = this.#ports;
    if (deadLetters === undefined || this.#refused.length === 0) return;
    await quarantine(
      this.#refused,
      this.#messages,
      this.#options,
      deadLetters,
      this.#ledger,
      this.#deadlines.quarantine,
    );
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
      leftOver: this.#leftOver,
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

/** The buffers of one stream of messages, one per target. */
class Lane implements ConverterOutput {
  readonly #options: SinkOptions;
  #dispatcher: Dispatcher | undefined;
  readonly #buffers = new Map<string, LineBuffer>();
  readonly refused: (refused: Refused) => void;
  /** Lines that went through it and are still undecided. */
  linesLeft = 0;
  #last: { readonly target: Target; readonly buffer: LineBuffer } | undefined;

  constructor(options: SinkOptions, refused: (refused: Refused) => void) {
    this.#options = options;
    this.refused = refused;
  }

  dispatchTo(dispatcher: Dispatcher): void {
    this.#dispatcher = dispatcher;
  }

  /** Only the buffer that was written to last can have become full. */
  isFull(): boolean {
    const buffer = this.#last?.buffer;
    return (
      buffer !== undefined && (buffer.lines >= this.#options.batchLines || buffer.length >= this.#options.batchBytes)
    );
  }

  bufferFor(target: Target): LineBuffer {
    if (this.#last?.target === target) return this.#last.buffer;
    const key = targetKey(target);
    const buffer = this.#buffers.get(key) ?? new LineBuffer(target);
    this.#buffers.set(key, buffer);
    this.#last = { target, buffer };
    return buffer;
  }

  async flushFull(): Promise<void> {
    const { batchLines, batchBytes } = this.#options;
    for (const buffer of this.#buffers.values()) {
      while (buffer.lines >= batchLines || buffer.length >= batchBytes) await this.#flush(buffer);
    }
  }

  async close(): Promise<void> {
    for (const buffer of this.#buffers.values()) while (buffer.lines > 0) await this.#flush(buffer);
    await this.#dispatcher?.drain();
  }

  async #flush(buffer: LineBuffer): Promise<void> {
    const { batchLines, batchBytes, fifo } = this.#options;
    await this.#dispatcher?.submit(buffer.flush(batchLines, fifo ? Math.min(batchBytes, BLOCK_BYTES - 1) : batchBytes));
  }
}
