/**
 * One invocation for events of the queue, on ports: suspects apart, the others through the sink, what must come back put on
 * its schedule, and with time to spare a look at what waits in the table.
 */

import type { DrainReport } from '../checkpoint/drain/drain-context.ts';
import type { TimedDeadline } from '../runtime/clock.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Deadline, Writer } from '../sink/ports.ts';
import { refuse } from '../sink/refusal.ts';
import { type SinkReport, sumReports } from '../sink/report.ts';
import { quarantineWhole } from '../sink/settle/whole-message.ts';
import { runSink, type SinkOptions, type SinkPorts } from '../sink/sink.ts';
import type { Attempt } from '../writer/observed.ts';
import type { Delivery, SourceQueue } from './delivery.ts';
import { PoisonWatch, type RunMode, UNFINISHED_MAX, type UnfinishedMarks } from './poison-watch.ts';
import { ReturnSchedule } from './return-schedule.ts';

export interface IngestResult {
  readonly report: SinkReport;
  readonly attempts: readonly Attempt[];
  /** Undefined when nothing waited, or there was no time to spare. */
  readonly drained: DrainReport | undefined;
}

/** Kept back from Lambda's own deadline, in ms: for each thing that comes after the last write. */
const RESERVES = { write: 5_000, settle: 2_000, close: 500 } as const;
/** Short timeouts keep back no more than these parts of what is left. */
const SHARES = { write: 0.3, settle: 0.15, close: 0.05 } as const;

/** A suspect that is killed by the time limit must have had time of its own. */
const SUSPECT_MS_MIN = 1_000;
/** Longest time that an invocation gives to what others have left. */
const SPARE_MS_MAX = 5_000;
const SPARE_MS_MIN = 2_000;
/** Shards that an invocation looks at: all instances together look at all of them. */
const SPARE_SHARDS = 4;

/** What an invocation needs besides the runtime. */
export interface IngestPorts {
  readonly queue: SourceQueue;
  /** `undefined` without a state table: no message is marked. */
  readonly marks: UnfinishedMarks | undefined;
}

export const ingest = async (
  runtime: Runtime,
  deliveries: readonly Delivery[],
  ports: IngestPorts,
  remainingMs: number,
): Promise<IngestResult> => {
  const { clock } = runtime.services;
  const deadline = (kind: keyof typeof RESERVES): TimedDeadline =>
    clock.deadlineIn(remainingMs - Math.min(RESERVES[kind], remainingMs * SHARES[kind]));
  const deadlines = { write: deadline('write'), settle: deadline('settle'), close: deadline('close') };
  try {
    return await new IngestRun(runtime, deliveries, ports, deadlines).run();
  } finally {
    for (const one of Object.values(deadlines)) one.release();
  }
};

interface IngestDeadlines {
  readonly write: TimedDeadline;
  readonly settle: TimedDeadline;
  readonly close: TimedDeadline;
}

class IngestRun {
  readonly #runtime: Runtime;
  readonly #deliveries: readonly Delivery[];
  readonly #queue: SourceQueue;
  readonly #deadlines: IngestDeadlines;
  readonly #attempts: Attempt[] = [];
  readonly #writer: Writer;
  readonly #schedule: ReturnSchedule;
  readonly #watch: PoisonWatch;
  /** All of them, until they are proven settled. */
  readonly #failed: Set<number>;
  readonly #reports: SinkReport[] = [];

  constructor(
    runtime: Runtime,
    deliveries: readonly Delivery[],
    { queue, marks }: IngestPorts,
    deadlines: IngestDeadlines,
  ) {
    const { clock, events } = runtime.services;
    this.#runtime = runtime;
    this.#deliveries = deliveries;
    this.#queue = queue;
    this.#deadlines = deadlines;
    this.#writer = runtime.writer((attempt) => this.#attempts.push(attempt));
    this.#schedule = new ReturnSchedule(queue.fifo, () => clock.random());
    this.#watch = new PoisonWatch(
      marks,
      () => runtime.hasCompletedAny,
      (error) => events.warning('Messages could not be marked as started', { error: (error as Error).message }),
    );
    this.#failed = new Set(deliveries.keys());
  }

  async run(): Promise<IngestResult> {
    const { write } = this.#deadlines;
    if (this.#queue.fifo) this.#runtime.warnFifo();
    const probing = this.#runtime.probeWriter((attempt) => this.#attempts.push(attempt));
    await this.#runtime.beginInvocation(probing, write);
    await this.#watch.look(this.#deliveries, write);
    const { ordinary, apart } = this.#tellApart();
    await this.#sink(ordinary);
    await this.#close(
      [...this.#deliveries.keys()].filter((index) => !apart.includes(index)),
      // What comes then may end the function: the others must have nothing to do with it any more.
      apart.length > 0,
    );
    for (const index of apart) await this.#runApart(index);
    const failed = [...this.#failed].sort((a, b) => a - b);
    const report = sumReports(this.#reports, this.#deliveries.length, failed);
    const drained = await this.#useSpareTime(report);
    await this.#runtime.endInvocation(this.#deadlines.close);
    return { report, attempts: this.#attempts, drained };
  }

  #deliveryAt(index: number): Delivery {
    return this.#deliveries[index] as Delivery;
  }

  /** On a FIFO queue nothing goes past a suspect of its own group: the rest comes back. */
  #tellApart(): { ordinary: number[]; apart: number[] } {
    const ordinary: number[] = [];
    const apart: number[] = [];
    const held = new Set<string>();
    this.#deliveries.forEach((delivery, index) => {
      const { groupId = '' } = delivery;
      if (this.#queue.fifo && held.has(groupId)) return;
      if (this.#runModeOf(delivery) === 'none') ordinary.push(index);
      else {
        apart.push(index);
        held.add(groupId);
      }
    });
    return { ordinary, apart };
  }

  #runModeOf(delivery: Delivery): RunMode {
    return this.#watch.runModeOf(delivery, this.#runtime.services.clock.nowMs());
  }

  /** Messages through the sink: what is settled then is no longer failed. */
  async #sink(indexes: readonly number[]): Promise<void> {
    const ids = indexes.map((index) => this.#deliveryAt(index).id);
    await this.#watch.begin(ids, this.#deadlines.write);
    const messages = indexes.map((index) => this.#deliveryAt(index).open());
    const report = await runSink(messages, this.#options(), this.#ports(), this.#deadlines);
    this.#settled(indexes, report);
    if (indexes.length > 0) this.#runtime.hasCompletedAny = true;
  }

  #settled(indexes: readonly number[], report: SinkReport): void {
    const failed = new Set(report.failed);
    indexes.forEach((index, place) => {
      if (!failed.has(place)) this.#failed.delete(index);
    });
    this.#reports.push(report);
  }

  /** What has failed is put on its schedule, and marks are taken away; `endNow`: the queue forgets what is done at once. */
  async #close(indexes: readonly number[], endNow: boolean): Promise<void> {
    const { close } = this.#deadlines;
    const deliveries = indexes.map((index) => this.#deliveryAt(index));
    const failed = deliveries.filter((_, place) => this.#failed.has(indexes[place] as number));
    const done = endNow ? deliveries.filter((delivery) => !failed.includes(delivery)) : [];
    await Promise.all([
      this.#queue.end(
        done.map(({ receiptHandle }) => receiptHandle),
        close,
      ),
      this.#queue.postpone(
        failed.map((delivery) => this.#schedule.changeFor(delivery)),
        close,
      ),
      this.#watch.end(
        deliveries.map(({ id }) => id),
        close,
      ),
    ]);
  }

  async #runApart(index: number): Promise<void> {
    const { write, settle } = this.#deadlines;
    const delivery = this.#deliveryAt(index);
    if (write.remainingMs() >= SUSPECT_MS_MIN && !this.#isBehindFailure(index)) {
      if (this.#runModeOf(delivery) === 'unfinished') await this.#quarantine(index, settle);
      else if (!(await this.#sinkApart(index))) return;
    }
    await this.#close([index], true);
  }

  /** False when it has ended in an error: that costs only itself, as a crash does, and its mark stays. */
  async #sinkApart(index: number): Promise<boolean> {
    const delivery = this.#deliveryAt(index);
    try {
      await this.#sink([index]);
      return true;
    } catch (error) {
      const { stack, message } = error as Error;
      this.#runtime.services.events.warning('A message ended in an error, and comes back', {
        message: delivery.id,
        error: stack ?? message,
      });
      await this.#queue.postpone([this.#schedule.changeFor(delivery)], this.#deadlines.close);
      return false;
    }
  }

  async #quarantine(index: number, deadline: Deadline): Promise<void> {
    const { settings, services: world } = this.#runtime;
    const refusal = refuse('unfinished', `the function did not come to an end ${UNFINISHED_MAX} times with it`);
    const message = this.#deliveryAt(index).unopened();
    const { sinkVersion } = settings;
    this.#settled([index], await quarantineWhole(message, refusal, sinkVersion, world.deadLetters, deadline));
    if (!this.#failed.has(index)) await this.#watch.forget(message.id, this.#deadlines.close);
  }

  #isBehindFailure(index: number): boolean {
    const { groupId } = this.#deliveryAt(index);
    return (
      this.#queue.fifo &&
      [...this.#failed].some((before) => before < index && this.#deliveryAt(before).groupId === groupId)
    );
  }

  /** What waits is drained by those for whom all went well. */
  async #useSpareTime({ unwritten }: SinkReport): Promise<DrainReport | undefined> {
    const { capacity: bound, services: world } = this.#runtime;
    const shards = pickSome(bound.shards(), SPARE_SHARDS, () => world.clock.random());
    const spareMs = Math.min(SPARE_MS_MAX, this.#deadlines.write.remainingMs() / 2);
    const allWell = Object.keys(unwritten).length === 0;
    if (this.#queue.fifo || shards.length === 0 || spareMs < SPARE_MS_MIN || !allWell) return undefined;
    const write = world.clock.deadlineIn(spareMs);
    try {
      const drained = await this.#runtime.drain(shards, this.#writer, { write, settle: this.#deadlines.settle });
      for (const shard of drained?.idle ?? []) bound.markIdle(shard);
      return drained;
    } finally {
      write.release();
    }
  }

  #options(): SinkOptions {
    const { pace: control, settings } = this.#runtime;
    const { converter, batchBytes, invocationBytesMax, flushIntervalMs, sinkVersion } = settings;
    const { fifo } = this.#queue;
    return {
      ...converter,
      get batchLines() {
        return control.batchLines;
      },
      batchBytes,
      get inFlightMax() {
        return control.inFlightMax;
      },
      invocationBytesMax,
      fifo,
      bufferRemainders: !fifo && flushIntervalMs > 0,
      sinkVersion,
    };
  }

  #ports(): SinkPorts {
    const { checkpoint, services: world } = this.#runtime;
    return {
      writer: this.#writer,
      deadLetters: world.deadLetters,
      // What waits in the table has no order.
      checkpoint: this.#queue.fifo ? undefined : checkpoint,
    };
  }
}

const pickSome = <T>(all: readonly T[], count: number, random: () => number): readonly T[] => {
  const rest = [...all];
  while (rest.length > count) rest.splice(Math.floor(random() * rest.length), 1);
  return rest;
};
