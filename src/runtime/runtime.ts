/**
 * What outlives an invocation, and is the same for events from the queue and for what waits in the table: the writer with
 * its wrappers, the breakers, the checkpoint and the drainer. Made of ports, so that it runs on real services, on
 * emulators and in the simulation alike.
 */

import type { BreakerKey, OpenBreaker } from '../breaker/breaker.ts';
import { guarded, guardState } from '../breaker/guarded.ts';
import { type CredentialsMark, SharedBreakers } from '../breaker/shared-breakers.ts';
import { CheckpointCapacity } from '../checkpoint/capacity.ts';
import { Drainer } from '../checkpoint/drain/drain.ts';
import type { Damage, DrainDeadlines, DrainReport } from '../checkpoint/drain/drain-context.ts';
import { ReferenceLines } from '../checkpoint/drain/reference-lines.ts';
import { createCheckpoint, SegmentSaver } from '../checkpoint/save.ts';
import type { Decision } from '../controller/decision.ts';
import type { DecisionRead } from '../controller/decision-store.ts';
import { READ_INTERVAL_MS } from '../controller/instance-controller.ts';
import type { ConverterOptions } from '../sink/convert/converter.ts';
import type { Checkpoint, DeadLetters, Deadline, Target, Writer } from '../sink/ports.ts';
import { creatingDatabase, type DatabaseMaker } from '../writer/creating-database.ts';
import { type Attempt, observed } from '../writer/observed.ts';
import { type RetryOptions, retrying } from '../writer/retrying.ts';
import type { Clock } from './clock.ts';
import { type PaceOptions, SinkPace } from './pace.ts';
import type { StateTable } from './state-table.ts';

export interface RuntimeSettings extends PaceOptions {
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
export interface RuntimeEvents {
  breakerOpened(breaker: OpenBreaker): void;
  breakerClosed(breaker: OpenBreaker): void;
  /** This environment has made the controller's step for all. */
  stepped(decision: Decision): void;
  /** The state table, or something in it, is not as it should be. Nothing is lost by it. */
  warning(what: string, facts: Readonly<Record<string, unknown>>): void;
  /** Lines that were acknowledged are put aside, or gone. */
  segmentDamaged(damage: Damage): void;
}

export interface RuntimeServices {
  readonly clock: Clock;
  readonly server: Writer & DatabaseMaker;
  readonly credentialsMark: CredentialsMark;
  readonly deadLetters: DeadLetters | undefined;
  /** Undefined without a state table: nothing survives an invocation, and nothing is shared. */
  readonly state: StateTable | undefined;
  readonly events: RuntimeEvents;
  /** Of leases: no two environments have the same. */
  readonly owner: string;
}

const FIFO_BUFFERS_NOTHING =
  'SINK_FLUSH_INTERVAL_MS has no effect on a FIFO queue: what waits in the state table has no order';

export class Runtime {
  readonly settings: RuntimeSettings;
  readonly services: RuntimeServices;
  /** Undefined without a state table. */
  readonly checkpoint: Checkpoint | undefined;
  readonly capacity: CheckpointCapacity;
  readonly pace: SinkPace;
  readonly #breakers: SharedBreakers;
  readonly #saver: SegmentSaver | undefined;
  readonly #drainer: Drainer;
  readonly #referenceLines: ReferenceLines;
  readonly #guard = guardState();
  readonly #made = new Set<string>();
  /** Whether it has brought messages to their end: a release that never does must not suspect them. */
  hasCompletedAny = false;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #registered = false;
  #toldFifo = false;

  constructor(settings: RuntimeSettings, world: RuntimeServices) {
    const { clock, events, owner, state } = world;
    this.settings = settings;
    this.services = world;
    this.capacity = new CheckpointCapacity(settings.checkpointBytesMax);
    this.#referenceLines = new ReferenceLines(state?.referenceLines);
    this.#breakers = new SharedBreakers(state?.breakers, owner, settings.requestMs, clock, world.credentialsMark, {
      opened: (breaker) => events.breakerOpened(breaker),
      closed: (breaker) => events.breakerClosed(breaker),
      storeFailed: (error) => this.#tell('Breakers could not be shared', error),
    });
    const control = new SinkPace(settings, clock);
    this.pace = control;
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
        onWarning: events.warning,
        onDamage: events.segmentDamaged,
      },
      clock,
    );
    if (state === undefined) {
      control.hasNoTable();
      return;
    }
    this.#saver = new SegmentSaver(state.segments, this.capacity, clock, {
      flushIntervalMs: settings.flushIntervalMs,
      format: settings.segmentFormat,
      onFailure: (error) => this.#tell('Lines could not be stored in the state table', error),
    });
    this.checkpoint = this.#registering(createCheckpoint(this.#saver, this.capacity), state);
  }

  /** The beginning of an invocation: reads what is shared, and asks whether what was away is back. */
  async beginInvocation(writer: Writer, deadline: Deadline): Promise<void> {
    this.pace.invocationStarted();
    await this.syncIfDue();
    await this.#breakers.probeDue(writer, deadline);
  }

  /** Its end: breakers whose probe went well are closed, and what was learnt is kept for others. */
  async endInvocation(deadline: Deadline): Promise<void> {
    await this.#breakers.finishProbes();
    try {
      await this.#referenceLines.keep(deadline);
    } catch (error) {
      this.#tell('A witness could not be kept', error);
    }
    this.pace.invocationEnded();
  }

  /** Events come from a FIFO queue: said once, if something that was set does nothing there. */
  warnFifo(): void {
    const { flushIntervalMs } = this.settings;
    if (flushIntervalMs > 0 && !this.#toldFifo)
      this.services.events.warning(FIFO_BUFFERS_NOTHING, { SINK_FLUSH_INTERVAL_MS: flushIntervalMs });
    this.#toldFifo = true;
  }

  openBreakers(): readonly OpenBreaker[] {
    return this.#breakers.openBreakers();
  }

  isOpen(key: BreakerKey): boolean {
    return this.openBreakers().some((breaker) => breaker.key === key);
  }

  /** `creating(observed(server))`: past the breakers, for probes. A database that could not be made is tried again by them. */
  probeWriter(observe: (attempt: Attempt) => void): Writer {
    const { clock, server } = this.services;
    const seen = observed(
      this.#referenceLines.rememberingReference(server),
      () => clock.monotonicMs(),
      (attempt) => {
        this.pace.recordAttempt(attempt);
        observe(attempt);
      },
    );
    return this.settings.createDatabase ? creatingDatabase(seen, server, clock, this.#made) : seen;
  }

  /** `retrying(paced(guarded(creating(observed(server)))))`. */
  writer(observe: (attempt: Attempt) => void): Writer {
    const guard = guarded(this.probeWriter(observe), this.#breakers, () => this.syncIfDue(), this.#guard);
    const isWithheld = (target: Target): boolean => this.#breakers.withheld(target) !== undefined;
    return retrying(this.pace.paced(guard, isWithheld), this.services.clock, this.settings.retry);
  }

  /** Undefined without a state table. */
  async drain(shards: readonly number[], writer: Writer, deadlines: DrainDeadlines): Promise<DrainReport | undefined> {
    const { state, deadLetters } = this.services;
    if (state === undefined || this.#saver === undefined) return undefined;
    const ports = {
      store: state.segments,
      saver: this.#saver,
      writer,
      referenceLines: this.#referenceLines,
      deadLetters,
      withheld: this.#breakers.withheld.bind(this.#breakers),
      isHalfOpen: this.#breakers.isHalfOpen.bind(this.#breakers),
    };
    return this.#drainer.drain(shards, ports, deadlines);
  }

  /** Reads what all share, when it was not read lately. What cannot be read stays as it was known. */
  async syncIfDue(): Promise<void> {
    const { clock, state, events } = this.services;
    if (state === undefined || clock.monotonicMs() - this.#readAtMs < READ_INTERVAL_MS) return;
    this.#readAtMs = clock.monotonicMs();
    await this.pace.syncWithTable(state, () => this.#readShared(state), {
      stepped: (decision) => events.stepped(decision),
      storeFailed: (error, what) =>
        this.#tell(what === 'read' ? 'The shared state could not be read' : 'The controller could not share', error),
    });
  }

  async #readShared(state: StateTable): Promise<DecisionRead> {
    const know = this.#breakers.beginRead();
    const { breakers, backlog: waiting, decision, limit } = await state.readShared();
    know(breakers);
    if (waiting !== undefined) this.capacity.update(waiting);
    return this.pace.applyDecision(decision, limit);
  }

  /** A sink that nobody drains can be found only if it said that it is there. */
  #registering(checkpoint: Checkpoint, state: StateTable): Checkpoint {
    return {
      save: async (lines, wait, messages, deadline) => {
        try {
          if (!this.#registered) await state.registerSink(this.services.clock.nowMs(), deadline);
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
    this.services.events.warning(what, { error: (error as Error).message });
  }
}
