/**
 * One invocation for queue messages. The ordinary messages run through the sink together, and then each unfinished
 * message runs alone. The visibility of returned messages is set, and spare time is used to drain the backlog.
 */

import type { DrainReport } from '../checkpoint/drain/drain-context.ts';
import { type Deadlines, deadlinesFor, type Reserve, releaseAll } from '../runtime/deadlines.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Writers } from '../runtime/writer.ts';
import type { Converter } from '../sink/convert/converter.ts';
import { loggedError } from '../sink/custom/user-code.ts';
import { refuse } from '../sink/refusal.ts';
import { type InvocationReport, type SinkReport, sumReports } from '../sink/report.ts';
import { quarantineWhole } from '../sink/settle/quarantine.ts';
import { runSink, type SinkOptions, type SinkPorts } from '../sink/sink.ts';
import { allOrFirstError } from '../sink/write/in-flight.ts';
import type { Attempt } from '../writer/observed.ts';
import type { Delivery, SourceQueue } from './delivery.ts';
import { PoisonWatch, type RunMode, UNFINISHED_MAX, type UnfinishedMarks } from './poison-watch.ts';
import { ReturnSchedule } from './return-schedule.ts';

/** Results of one invocation. */
export interface IngestResult {
  readonly report: InvocationReport;
  /** Deliveries for the partial batch response: all that are not proven settled, in the order of their receipt. */
  readonly returned: readonly Delivery[];
  readonly attempts: readonly Attempt[];
  /** `undefined` if there was no backlog or no spare time. */
  readonly drained: DrainReport | undefined;
}

/** Ports of an invocation in addition to the runtime. */
export interface IngestPorts {
  readonly queue: SourceQueue;
  /** `undefined` without a state table. No message is marked then. */
  readonly marks: UnfinishedMarks | undefined;
  /** Converter of the settings of the runtime, kept between invocations. `undefined` for a new one. */
  readonly converter?: Converter | undefined;
}

/** Reserves of the deadlines. Writing ends first, then dead letters and state table, then everything else. */
const RESERVES: Readonly<Record<'write' | 'settle' | 'close', Reserve>> = {
  write: { ms: 5_000, partMax: 0.3 },
  settle: { ms: 2_000, partMax: 0.15 },
  close: { ms: 500, partMax: 0.05 },
};

/**
 * Minimum time for the run of an unfinished message. A run that Lambda ends is then caused by the message, not by a
 * lack of time.
 */
const ALONE_MS_MIN = 1_000;
/** Spare time that an invocation spends on the backlog, at most. */
const SPARE_MS_MAX = 5_000;
const SPARE_MS_MIN = 2_000;
/** Shards that one invocation drains, chosen at random so that all instances together cover all shards. */
const SPARE_SHARDS = 4;

/**
 * Runs one invocation.
 *
 * @param remainingMs - Time until Lambda ends the invocation.
 * @throws If one of the ordinary messages causes an error, which only a bug can do. Every message is then returned.
 */
export const ingest = async (
  runtime: Runtime,
  deliveries: readonly Delivery[],
  ports: IngestPorts,
  remainingMs: number,
): Promise<IngestResult> => {
  const deadlines = deadlinesFor(runtime.services.clock, remainingMs, RESERVES);
  try {
    return await new IngestRun(runtime, deliveries, ports, deadlines).run();
  } finally {
    await runtime.endNodeProbes();
    releaseAll(deadlines);
  }
};

class IngestRun {
  readonly #runtime: Runtime;
  readonly #deliveries: readonly Delivery[];
  readonly #queue: SourceQueue;
  readonly #converter: Converter | undefined;
  readonly #deadlines: Deadlines<keyof typeof RESERVES>;
  readonly #attempts: Attempt[] = [];
  readonly #writers: Writers;
  readonly #schedule: ReturnSchedule;
  readonly #watch: PoisonWatch;
  /** Deliveries that are not proven settled. `undefined` for all of them, because most invocations settle all at once. */
  #unsettled: Set<Delivery> | undefined;
  readonly #reports: SinkReport[] = [];

  constructor(
    runtime: Runtime,
    deliveries: readonly Delivery[],
    { queue, marks, converter }: IngestPorts,
    deadlines: Deadlines<keyof typeof RESERVES>,
  ) {
    const { clock, events } = runtime.services;
    this.#runtime = runtime;
    this.#deliveries = deliveries;
    this.#queue = queue;
    this.#converter = converter;
    this.#deadlines = deadlines;
    this.#writers = runtime.writers((attempt) => this.#attempts.push(attempt));
    this.#schedule = new ReturnSchedule(queue.fifo, () => clock.random());
    this.#watch = new PoisonWatch({
      marks,
      hasCompletedAny: () => runtime.hasCompletedAny,
      onWarning: (error) => events.warning('Failed to mark messages as started.', { error: (error as Error).message }),
    });
  }

  async run(): Promise<IngestResult> {
    const { write, close } = this.#deadlines;
    if (this.#queue.fifo) this.#runtime.warnFifo();
    await this.#runtime.beginInvocation(this.#writers.probe, write);
    await this.#watch.read(this.#deliveries, write);
    const { together, alone } = this.#byRunMode();
    await this.#runSink(together);
    // An unfinished message may end the function, so all other messages are settled first.
    const others = alone.length === 0 ? together : this.#deliveries.filter((delivery) => !alone.includes(delivery));
    await this.#close(others, alone.length > 0);
    for (const delivery of alone) await this.#runAlone(delivery);
    const returned = this.#unsettledOf(this.#deliveries);
    const counts = { received: this.#deliveries.length, returned: returned.length };
    const report = sumReports(this.#reports, counts);
    const drained = await this.#useSpareTime(report);
    await this.#runtime.endInvocation(close);
    return { report, returned, attempts: this.#attempts, drained };
  }

  /**
   * Divides the deliveries by run mode. On a FIFO queue the messages after an unfinished message of their group are
   * returned, so that none overtakes it.
   */
  #byRunMode(): { readonly together: readonly Delivery[]; readonly alone: readonly Delivery[] } {
    if (this.#watch.isIdle) return { together: this.#deliveries, alone: [] };
    const together: Delivery[] = [];
    const alone: Delivery[] = [];
    const stoppedGroups = new Set<string>();
    for (const delivery of this.#deliveries) {
      const { groupId = '' } = delivery;
      if (this.#queue.fifo && stoppedGroups.has(groupId)) continue;
      if (this.#runModeOf(delivery) === 'together') together.push(delivery);
      else {
        alone.push(delivery);
        stoppedGroups.add(groupId);
      }
    }
    // One of them may end the function each time. In a random order the others are reached nevertheless.
    return { together, alone: this.#queue.fifo ? alone : this.#shuffled(alone) };
  }

  #shuffled(deliveries: readonly Delivery[]): readonly Delivery[] {
    const { clock } = this.#runtime.services;
    const drawn = deliveries.map((delivery) => ({ delivery, place: clock.random() }));
    return drawn.sort((a, b) => a.place - b.place).map(({ delivery }) => delivery);
  }

  #runModeOf(delivery: Delivery): RunMode {
    return this.#watch.runModeOf(delivery, this.#runtime.services.clock.nowMs());
  }

  async #runSink(deliveries: readonly Delivery[]): Promise<void> {
    if (!this.#watch.isIdle) await this.#watch.begin(idsOf(deliveries), this.#deadlines.write);
    const messages = deliveries.map((delivery) => delivery.open());
    this.#settle(deliveries, await runSink(messages, this.#options(), this.#ports(), this.#deadlines));
    if (deliveries.length > 0) this.#runtime.hasCompletedAny = true;
  }

  #settle(deliveries: readonly Delivery[], report: SinkReport): void {
    this.#reports.push(report);
    if (report.returned.length === 0 && deliveries.length === this.#deliveries.length) {
      this.#unsettled = new Set();
      return;
    }
    const unsettled = this.#unsettled ?? new Set(this.#deliveries);
    const returned = new Set(report.returned);
    deliveries.forEach((delivery, index) => {
      if (!returned.has(index)) unsettled.delete(delivery);
    });
    this.#unsettled = unsettled;
  }

  /** Returns those deliveries that are not proven settled. */
  #unsettledOf(deliveries: readonly Delivery[]): readonly Delivery[] {
    const unsettled = this.#unsettled;
    if (unsettled === undefined) return deliveries;
    return unsettled.size === 0 ? [] : deliveries.filter((delivery) => unsettled.has(delivery));
  }

  #isUnsettled(delivery: Delivery): boolean {
    return this.#unsettled?.has(delivery) ?? true;
  }

  /**
   * Sets the visibility of unsettled messages, and removes the marks of all.
   *
   * @param deleteNow - Whether settled messages are deleted now, instead of by Lambda after the response.
   */
  async #close(deliveries: readonly Delivery[], deleteNow: boolean): Promise<void> {
    const { close } = this.#deadlines;
    const unsettled = this.#unsettledOf(deliveries);
    const settled = deleteNow ? deliveries.filter((delivery) => !this.#isUnsettled(delivery)) : [];
    await allOrFirstError([
      this.#queue.delete(
        settled.map(({ receiptHandle }) => receiptHandle),
        close,
      ),
      this.#queue.setVisibility(
        unsettled.map((delivery) => this.#schedule.changeFor(delivery)),
        close,
      ),
      this.#watch.isIdle ? Promise.resolve() : this.#watch.end(idsOf(deliveries), close),
    ]);
  }

  async #runAlone(delivery: Delivery): Promise<void> {
    if (this.#deadlines.write.remainingMs() >= ALONE_MS_MIN && !this.#followsUnsettled(delivery)) {
      if (this.#runModeOf(delivery) === 'quarantine') await this.#quarantine(delivery);
      else if (!(await this.#runSinkAlone(delivery))) return;
    }
    await this.#close([delivery], true);
  }

  /**
   * Runs one unfinished message. Returns `false` if it caused an error. As after a crash, only this message is
   * affected, and its mark stays.
   */
  async #runSinkAlone(delivery: Delivery): Promise<boolean> {
    try {
      await this.#runSink([delivery]);
      return true;
    } catch (error) {
      this.#runtime.services.events.warning('A message failed with an error and is returned.', {
        messageId: delivery.id,
        error: loggedError(error),
      });
      await this.#queue.setVisibility([this.#schedule.changeFor(delivery)], this.#deadlines.close);
      return false;
    }
  }

  async #quarantine(delivery: Delivery): Promise<void> {
    const { settings, services } = this.#runtime;
    const message = delivery.unopened();
    const refusal = refuse('unfinished', `${UNFINISHED_MAX} runs of the function with this message did not complete`);
    const whole = { message, refusal, sinkVersion: settings.sinkVersion };
    this.#settle([delivery], await quarantineWhole(whole, services.deadLetters, this.#deadlines.settle));
    if (!this.#isUnsettled(delivery)) await this.#watch.forget(message.id, this.#deadlines.close);
  }

  /** Whether an earlier message of the same FIFO group is not settled. */
  #followsUnsettled(delivery: Delivery): boolean {
    if (!this.#queue.fifo) return false;
    const earlier = this.#deliveries.slice(0, this.#deliveries.indexOf(delivery));
    return earlier.some((other) => this.#isUnsettled(other) && other.groupId === delivery.groupId);
  }

  /** Drains part of the backlog, unless this invocation has unwritten lines. */
  async #useSpareTime({ unwritten }: InvocationReport): Promise<DrainReport | undefined> {
    const { capacity, services } = this.#runtime;
    const shards = pickSome(capacity.shards(), SPARE_SHARDS, () => services.clock.random());
    const spareMs = Math.min(SPARE_MS_MAX, this.#deadlines.write.remainingMs() / 2);
    const isAllWritten = Object.keys(unwritten).length === 0;
    if (this.#queue.fifo || shards.length === 0 || spareMs < SPARE_MS_MIN || !isAllWritten) return undefined;
    const write = services.clock.deadlineIn(spareMs);
    try {
      const deadlines = { write, settle: this.#deadlines.settle };
      const drained = await this.#runtime.drain(shards, this.#writers.writer, deadlines);
      for (const shard of drained?.idle ?? []) capacity.markIdle(shard);
      return drained;
    } finally {
      write.release();
    }
  }

  #options(): SinkOptions {
    const { converter, batch, batchBytes, invocationBytesMax, flushIntervalMs, shouldFlush, sinkVersion } =
      this.#runtime.settings;
    const { fifo } = this.#queue;
    const bufferRemainders = !fifo && flushIntervalMs > 0 && this.#runtime.checkpoint !== undefined;
    const flushRule = shouldFlush === undefined ? undefined : { shouldFlush, linesMax: batch.linesMax };
    const compiled = this.#converter;
    return { ...converter, compiled, batchBytes, invocationBytesMax, fifo, bufferRemainders, flushRule, sinkVersion };
  }

  #ports(): SinkPorts {
    const { checkpoint, services, pace } = this.#runtime;
    return {
      writer: this.#writers.writer,
      pace,
      deadLetters: services.deadLetters,
      // Stored segments have no order.
      checkpoint: this.#queue.fifo ? undefined : checkpoint,
      beforeBatch: () => this.#runtime.syncIfDue(),
    };
  }
}

const idsOf = (deliveries: readonly Delivery[]): readonly string[] => deliveries.map(({ id }) => id);

/** Picks `count` items at random. `random` is uniform in [0, 1). */
const pickSome = <T>(all: readonly T[], count: number, random: () => number): readonly T[] => {
  const picked = [...all];
  while (picked.length > count) picked.splice(Math.floor(random() * picked.length), 1);
  return picked;
};
