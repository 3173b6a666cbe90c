/** The ports of a drain in memory: a backlog, a server with configurable responses, and a dead-letter queue. */

import { CheckpointCapacity } from '../../../src/checkpoint/capacity.ts';
import { Drainer } from '../../../src/checkpoint/drain/drain.ts';
import type { Damage, DrainPorts, DrainReport } from '../../../src/checkpoint/drain/drain-context.ts';
import { ReferenceLines, rememberingReference } from '../../../src/checkpoint/drain/reference-lines.ts';
import { readSegment } from '../../../src/checkpoint/format/stored-segment.ts';
import { SegmentSaver } from '../../../src/checkpoint/save.ts';
import { type IndexEntry, type SegmentStore, SHARDS } from '../../../src/checkpoint/segment-store.ts';
import { canonicalText } from '../../../src/sink/convert/canonical-point.ts';
import { parseOwnLine } from '../../../src/sink/lines/parse-own-line.ts';
import type { Outcome } from '../../../src/sink/outcome.ts';
import type { DeadLetter } from '../../../src/sink/ports.ts';
import { type Batch, type Target, targetKey } from '../../../src/sink/ports.ts';
import { printable } from '../../../src/sink/settle/letter-origin.ts';
import { emptyTable, memoryStateTable, type TableItems } from '../../contract/memory-state-table.ts';
import { TARGET } from '../../sink/make.ts';
import { inFormat1 } from '../format/format-1-writer.ts';
import { batchOf, FOREVER, NOW_MS, type TestClock, testClock, textsOf, trace } from '../make.ts';
import { type WatchedPort, watchedPort } from '../watched-port.ts';

/** Outcome of an unavailable server, which no line can cause. */
export const AWAY: Outcome = { kind: 'unavailable', unexplained: false, text: 'server is closing' };
/** Unexplained failure, which a line may cause. */
export const FAILED: Outcome = { kind: 'unavailable', unexplained: true, text: 'HTTP 500: runtime error' };
/** Outcome of a refused line. */
export const REFUSED: Outcome = { kind: 'refused', code: 'line-refused', text: 'duplicate tag x' };
/** Outcome of a held line. */
export const HELD: Outcome = { kind: 'held', text: 'partial write: too many series' };
const WRITTEN: Outcome = { kind: 'written' };

/** A request that the server received. */
export interface Request {
  readonly target: string;
  readonly lines: readonly string[];
  readonly outcome: Outcome['kind'];
}

/** A stored segment with the texts of its lines. */
export interface WaitingSegment {
  readonly entry: IndexEntry;
  readonly lines: readonly string[];
}

/** Properties of a segment to save. The defaults are those of `entry`. */
export interface SaveOptions {
  readonly wait?: IndexEntry['wait'];
  readonly failures?: number;
  readonly dueMs?: number;
  readonly to?: Target;
  readonly messageId?: string;
  readonly format?: number;
}

const ALL_SHARDS: readonly number[] = Array.from({ length: SHARDS }, (_, shard) => shard);

/** Ports of a drain, with access for the test. */
export class DrainWorld {
  readonly clock: TestClock = testClock();
  readonly items: TableItems = emptyTable();
  readonly store: WatchedPort<SegmentStore> = watchedPort(memoryStateTable(this.items, 'sink').segments);
  readonly requests: Request[] = [];
  readonly letters: DeadLetter[] = [];
  readonly warnings: string[] = [];
  readonly damages: Damage[] = [];
  /** Lines that were written. */
  readonly stored = new Set<string>();
  /** All lines that were ever saved. */
  readonly saved = new Set<string>();
  /** Outcome that a line causes for its body. The last outcome of a body is returned. */
  faultOf: (line: string) => Outcome | undefined = () => undefined;
  /** Outcome of a whole body. It takes precedence over the outcomes of its lines. */
  answer: (batch: Batch, lines: readonly string[]) => Outcome | undefined = () => undefined;
  confirms: (letter: DeadLetter) => boolean = () => true;
  referenceLines = new ReferenceLines(undefined);
  ports: Partial<DrainPorts> = {};
  owner = 'drainer';
  batchLines = 100;
  inFlightMax = 4;

  async save(lines: readonly string[], options: SaveOptions = {}): Promise<IndexEntry> {
    for (const line of lines) this.saved.add(line);
    const { wait = 'retry', failures = 0, dueMs = this.clock.now, to = TARGET, messageId, format } = options;
    const known = new Set(this.items.entries.keys());
    const one = { lines: batchOf(lines, { to }), traces: [trace(messageId)] };
    const store = format === 1 ? inFormat1(this.store.port) : this.store.port;
    await this.#saver(store).save(one, { wait, failures, dueMs, savedAtMs: this.clock.now }, FOREVER);
    this.clock.now += 1;
    return [...this.items.entries].find(([key]) => !known.has(key))?.[1] as IndexEntry;
  }

  /** Provides a reference line, which the server accepts, for isolation. */
  async know(to: Target = TARGET): Promise<void> {
    await rememberingReference(this.referenceLines)({ write: async () => WRITTEN }).write(
      batchOf(['reference v=1 1'], { to }),
      FOREVER,
    );
  }

  async drain(
    shards: readonly number[] = ALL_SHARDS,
    deadlines = { write: FOREVER, settle: FOREVER },
  ): Promise<DrainReport> {
    const drainer = new Drainer(
      {
        owner: this.owner,
        batchBytes: 1024 * 1024,
        sinkVersion: 'test',
        onWarning: (what, facts) => this.warnings.push(`${what} ${JSON.stringify(facts)}`),
        onDamage: (damage) => this.damages.push(damage),
      },
      this.clock,
    );
    return drainer.drain(shards, this.#allPorts(), deadlines);
  }

  #allPorts(): DrainPorts {
    return {
      store: this.store.port,
      saver: this.#saver(),
      writer: rememberingReference(this.referenceLines)({ write: (batch) => this.#write(batch) }),
      pace: { batchLines: () => this.batchLines, inFlightMax: () => this.inFlightMax },
      referenceLines: this.referenceLines,
      deadLetters: {
        send: async (letters) => {
          const confirmed = letters.map((letter) => this.confirms(letter));
          this.letters.push(...letters.filter((_, index) => confirmed[index]));
          return confirmed;
        },
        keep: async () => false,
      },
      withheld: () => undefined,
      isHalfOpen: () => false,
      beforeBatch: async () => undefined,
      ...this.ports,
    };
  }

  #saver(store: SegmentStore = this.store.port): SegmentSaver {
    const bound = new CheckpointCapacity(Number.POSITIVE_INFINITY);
    return new SegmentSaver(store, bound, this.clock, {
      flushIntervalMs: 0,
      onFailure: (error) => this.warnings.push((error as Error).message),
    });
  }

  async #write(batch: Batch): Promise<Outcome> {
    const lines = Buffer.from(batch.body).toString('utf8').split('\n').slice(0, -1);
    const whole = this.answer(batch, lines);
    const faults = lines.map((line) => this.faultOf(line));
    const outcome = whole ?? faults.findLast((one) => one !== undefined) ?? WRITTEN;
    if (outcome.kind === 'written') for (const line of lines) this.stored.add(line);
    this.requests.push({ target: targetKey(batch.target), lines, outcome: outcome.kind });
    return outcome;
  }

  /** Stored segments, sorted by their first lines. */
  waiting(): WaitingSegment[] {
    return [...this.items.entries]
      .map(([key, entry]) => {
        const payload = this.items.payloads.get(key);
        return { entry, lines: payload === undefined ? [] : textsOf(readSegment(payload.segment).lines) };
      })
      .sort((a, b) => ((a.lines[0] ?? '') < (b.lines[0] ?? '') ? -1 : 1));
  }

  /**
   * Saved lines that are neither written, stored, nor quarantined. A payload without an entry is not lost, because it
   * is adopted.
   */
  lost(): string[] {
    const safe = new Set(this.stored);
    const letters = new Set(this.letters.map(({ body }) => body));
    for (const { segment } of this.items.payloads.values())
      for (const line of textsOf(readSegment(segment).lines)) safe.add(line);
    return [...this.saved].filter((line) => !safe.has(line) && !letters.has(eventOf(line)));
  }
}

/** Returns the body of a line's dead letter. */
export const eventOf = (line: string): string => printable(canonicalText(parseOwnLine(line)));

/** A time at which every stored segment is due. */
export const MUCH_LATER_MS = NOW_MS + 24 * 3_600_000;
