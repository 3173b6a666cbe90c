/**
 * What outlives an invocation, and is the same for events from the queue and for what waits in the table: the writer with
 * its wrappers, the breakers, the checkpoint and the drainer. Made of ports, so that it runs on real services, on
 * emulators and in the simulation alike.
 */

import type { Clock } from '../adapters/clock.ts';
import type { BreakerKey, OpenBreaker } from '../breaker/breaker.ts';
import { guarded, guardState } from '../breaker/guarded.ts';
import { type CredentialsMark, SharedBreakers } from '../breaker/shared-breakers.ts';
import { CheckpointBound } from '../checkpoint/capacity.ts';
import { Drainer } from '../checkpoint/drain/drain.ts';
import type { Damage, DrainDeadlines, DrainReport } from '../checkpoint/drain/drain-context.ts';
import { Witnesses } from '../checkpoint/drain/reference-lines.ts';
import { createCheckpoint, SegmentSaver } from '../checkpoint/save.ts';
import type { ControlState } from '../controller/decision.ts';
import type { DecisionRead } from '../controller/decision-store.ts';
import { READ_INTERVAL_MS } from '../controller/instance-controller.ts';
import type { ConverterOptions } from '../sink/convert/converter.ts';
import type { Deadline } from '../sink/deadline.ts';
import type { Target, Writer } from '../sink/ports.ts';
import type { DeadLetters } from '../sink/settle/quarantine.ts';
import type { Checkpoint } from '../sink/settle/unwritten.ts';
import { creatingDatabase, type DatabaseMaker } from '../writer/creating-database.ts';
import { type Attempt, observed } from '../writer/observed.ts';
import { type RetryOptions, retrying } from '../writer/retrying.ts';
import { type PaceOptions, SinkControl } from './pace.ts';
import type { StateTable } from './state-table.ts';

export interface SinkSettings extends PaceOptions {
  readonly converter: ConverterOptions;
  readonly invocationBytesMax: number;
  /** Time limit of one request to the server. */
  readonly requestMs: number;
  readonly retry: RetryOptions;
  readonly createDatabase: boolean;
  /** 0: remainders are written like everything else. */
  readonly flushIntervalMs: number;
  readonly checkpointBytesMax: number;
  /** What segments are written in; undefined is the newest. */
  readonly segmentFormat: number | undefined;
  readonly sinkVersion: string;
}

/** What happens beside the way of an event: for log and metrics. */
export interface SinkEvents {
  breakerOpened(breaker: OpenBreaker): void;
  breakerClosed(breaker: OpenBreaker): void;
  /** This environment has made the controller's step for all. */
  stepped(decision: ControlState): void;
  /** The state table, or something in it, is not as it should be. Nothing is lost by it. */
  trouble(what: string, facts: Readonly<Record<string, unknown>>): void;
  /** Lines that were acknowledged are put aside, or gone. */
  segmentDamaged(damage: Damage): void;
}

export interface SinkWorld {
  readonly clock: Clock;
  readonly server: Writer & DatabaseMaker;
  readonly credentialsMark: CredentialsMark;
  readonly deadLetters: DeadLetters | undefined;
  /** Undefined without a state table: nothing survives an invocation, and nothing is shared. */
  readonly state: StateTable | undefined;
  readonly events: SinkEvents;
  /** Of leases: no two environments have the same. */
  readonly owner: string;
}

const FIFO_BUFFERS_NOTHING =
  'SINK_FLUSH_INTERVAL_MS has no effect on a FIFO queue: what waits in the state table has no order';

export class SinkEnvironment {
  readonly settings: SinkSettings;
  readonly world: SinkWorld;
  /** Undefined without a state table. */
  readonly checkpoint: Checkpoint | undefined;
  readonly bound: CheckpointBound;
  readonly control: SinkControl;
  readonly #breakers: SharedBreakers;
  readonly #saver: SegmentSaver | undefined;
  readonly #drainer: Drainer;
  readonly #witnesses: Witnesses;
  readonly #guard = guardState();
  readonly #made = new Set<string>();
  /** Whether it has brought messages to their end: a release that never does must not suspect them. */
  comesToEnds = false;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #registered = false;
  #toldFifo = false;

  constructor(settings: SinkSettings, world: SinkWorld) {
    const { clock, events, owner, state } = world;
    this.settings = settings;
    this.world = world;
    this.bound = new CheckpointBound(settings.checkpointBytesMax);
    this.#witnesses = new Witnesses(state?.witnesses);
    this.#breakers = new SharedBreakers(state?.breakers, owner, settings.requestMs, clock, world.credentialsMark, {
      opened: (breaker) => events.breakerOpened(breaker),
      closed: (breaker) => events.breakerClosed(breaker),
      storeFailed: (error) => this.#tell('Breakers could not be shared', error),
    });
    const control = new SinkControl(settings, clock);
    this.control = control;
    this.#drainer = new Drainer(
      {
        owner,
        get batchLines() {
          return control.batchLines;
        },
        batchBytes: settings.batchBytes,
        get inFlightMax() {
          return control.inFlightMax;
        },
        sinkVersion: settings.sinkVersion,
        onTrouble: events.trouble,
        onDamage: events.segmentDamaged,
      },
      clock,
    );
    if (state === undefined) {
      control.isAlone();
      return;
    }
    this.#saver = new SegmentSaver(state.segments, this.bound, clock, {
      flushIntervalMs: settings.flushIntervalMs,
      format: settings.segmentFormat,
      onFailure: (error) => this.#tell('Lines could not be stored in the state table', error),
    });
    this.checkpoint = this.#registering(createCheckpoint(this.#saver, this.bound), state);
  }

  /** The beginning of an invocation: reads what is shared, and asks whether what was away is back. */
  async begin(writer: Writer, deadline: Deadline): Promise<void> {
    this.control.invocationStarted();
    await this.refresh();
    await this.#breakers.probe(writer, deadline);
  }

  /** Its end: breakers whose probe went well are closed, and what was learnt is kept for others. */
  async end(deadline: Deadline): Promise<void> {
    await this.#breakers.finish();
    try {
      await this.#witnesses.keep(deadline);
    } catch (error) {
      this.#tell('A witness could not be kept', error);
    }
    this.control.invocationEnded();
  }

  /** Events come from a FIFO queue: said once, if something that was set does nothing there. */
  tellFifo(): void {
    const { flushIntervalMs } = this.settings;
    if (flushIntervalMs > 0 && !this.#toldFifo)
      this.world.events.trouble(FIFO_BUFFERS_NOTHING, { SINK_FLUSH_INTERVAL_MS: flushIntervalMs });
    this.#toldFifo = true;
  }

  openBreakers(): readonly OpenBreaker[] {
    return this.#breakers.openBreakers();
  }

  isOpen(key: BreakerKey): boolean {
    return this.openBreakers().some((breaker) => breaker.key === key);
  }

  /** `creating(observed(server))`: past the breakers, for probes. A database that could not be made is tried again by them. */
  probing(observe: (attempt: Attempt) => void): Writer {
    const { clock, server } = this.world;
    const seen = observed(
      this.#witnesses.remembering(server),
      () => clock.monotonicMs(),
      (attempt) => {
        this.control.learn(attempt);
        observe(attempt);
      },
    );
    return this.settings.createDatabase ? creatingDatabase(seen, server, clock, this.#made) : seen;
  }

  /** `retrying(paced(guarded(creating(observed(server)))))`. */
  writer(observe: (attempt: Attempt) => void): Writer {
    const guard = guarded(this.probing(observe), this.#breakers, () => this.refresh(), this.#guard);
    const isHeldBack = (target: Target): boolean => this.#breakers.heldBack(target) !== undefined;
    return retrying(this.control.paced(guard, isHeldBack), this.world.clock, this.settings.retry);
  }

  /** Undefined without a state table. */
  async drain(shards: readonly number[], writer: Writer, deadlines: DrainDeadlines): Promise<DrainReport | undefined> {
    const { state, deadLetters } = this.world;
    if (state === undefined || this.#saver === undefined) return undefined;
    const ports = {
      store: state.segments,
      saver: this.#saver,
      writer,
      witnesses: this.#witnesses,
      deadLetters,
      heldBack: this.#breakers.heldBack.bind(this.#breakers),
      isHalfOpen: this.#breakers.isHalfOpen.bind(this.#breakers),
    };
    return this.#drainer.drain(shards, ports, deadlines);
  }

  /** Reads what all share, when it was not read lately. What cannot be read stays as it was known. */
  async refresh(): Promise<void> {
    const { clock, state, events } = this.world;
    if (state === undefined || clock.monotonicMs() - this.#readAtMs < READ_INTERVAL_MS) return;
    this.#readAtMs = clock.monotonicMs();
    await this.control.tend(state, () => this.#readShared(state), {
      stepped: (decision) => events.stepped(decision),
      storeFailed: (error, what) =>
        this.#tell(what === 'read' ? 'The shared state could not be read' : 'The controller could not share', error),
    });
  }

  async #readShared(state: StateTable): Promise<DecisionRead> {
    const know = this.#breakers.reading();
    const { breakers, waiting, decision, limit } = await state.readControl();
    know(breakers);
    if (waiting !== undefined) this.bound.learn(waiting);
    return this.control.know(decision, limit);
  }

  /** A sink that nobody drains can be found only if it said that it is there. */
  #registering(checkpoint: Checkpoint, state: StateTable): Checkpoint {
    return {
      save: async (lines, wait, messages, deadline) => {
        try {
          if (!this.#registered) await state.registerSink(this.world.clock.nowMs(), deadline);
          this.#registered = true;
        } catch (error) {
          this.#tell('Lines could not be stored in the state table', error);
          return false;
        }
        return checkpoint.save(lines, wait, messages, deadline);
      },
    };
  }

  #tell(what: string, error: unknown): void {
    this.world.events.trouble(what, { error: (error as Error).message });
  }
}
