/**
 * The state of an instance that outlives an invocation: writers, pace, breakers, checkpoint and drainer. Both functions
 * use it. It depends only on ports, so that it also runs with emulators and in the simulation.
 */

import { type BreakerKey, type OpenBreaker, SERVER } from '../breaker/breaker.ts';
import { guardState } from '../breaker/guarded.ts';
import type { Hold } from '../breaker/hold.ts';
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
import type { FlushRule } from '../sink/write/batcher.ts';
import type { DatabaseCreator } from '../writer/creating-database.ts';
import type { Attempt } from '../writer/observed.ts';
import type { RetryOptions } from '../writer/retrying.ts';
import type { NodeProbes } from '../writer/several-nodes.ts';
import type { Clock } from './clock.ts';
import { type FlushFunction, FlushRequests } from './flush-request.ts';
import { type PaceOptions, SinkPace } from './pace.ts';
import type { StateTable } from './state-table.ts';
import { composeWriters, type Writers } from './writer.ts';

/** Settings of a runtime. */
export interface RuntimeSettings extends PaceOptions {
  readonly converter: ConverterOptions;
  /** Bytes after decompression that one invocation decodes, at most. */
  readonly invocationBytesMax: number;
  /** Time limit of one request to the server. */
  readonly requestMs: number;
  readonly retry: RetryOptions;
  readonly createDatabase: boolean;
  /** How long small remainders stay in the state table, at most. With 0 they are written like all other lines. */
  readonly flushIntervalMs: number;
  readonly checkpointBytesMax: number;
  readonly sinkVersion: string;
  /** Rule of the user that hands over lines; `undefined` for the default rule. */
  readonly shouldFlush?: FlushRule | undefined;
}

/** Receives what happens apart from events, for log and metrics. */
export interface RuntimeEvents {
  breakerOpened(breaker: OpenBreaker): void;
  breakerClosed(breaker: OpenBreaker): void;
  /** This instance made a step of the controller. */
  stepped(decision: Decision): void;
  /** The state table failed, or an item in it is invalid. Nothing is lost. `what` is a complete log message. */
  warning(what: string, facts: Readonly<Record<string, unknown>>): void;
  /** Acknowledged lines were set aside, or are lost. */
  segmentDamaged(damage: Damage): void;
}

/** The services that a runtime uses. */
export interface RuntimeServices {
  readonly clock: Clock;
  readonly server: Writer & DatabaseCreator;
  /** Probes of unhealthy nodes; `undefined` with one node. */
  readonly nodes?: NodeProbes | undefined;
  readonly credentialsMark: CredentialsMark;
  /** The flush function, for requests of the ingest function. `undefined` if only its schedule invokes it. */
  readonly flushFunction?: FlushFunction | undefined;
  /** `undefined` without a dead-letter queue. */
  readonly deadLetters: DeadLetters | undefined;
  /** `undefined` without a state table. No line is then checkpointed, and instances share nothing. */
  readonly state: StateTable | undefined;
  readonly events: RuntimeEvents;
  /** Owner of the leases, unique per instance. */
  readonly owner: string;
}

/** Runtime of one instance. An instance runs at most one invocation at a time. */
export class Runtime {
  readonly settings: RuntimeSettings;
  readonly services: RuntimeServices;
  /** `undefined` without a state table. */
  readonly checkpoint: Checkpoint | undefined;
  readonly capacity: CheckpointCapacity;
  readonly pace: SinkPace;
  /**
   * Whether this instance has completed any message. Until then, unfinished runs count against the release, not against the
   * message.
   */
  hasCompletedAny = false;
  readonly #breakers: SharedBreakers;
  readonly #saver: SegmentSaver | undefined;
  readonly #drainer: Drainer;
  readonly #referenceLines: ReferenceLines;
  /** `undefined` without a state table, or if the flush function may not be invoked. */
  readonly #flushRequests: FlushRequests | undefined;
  readonly #guard = guardState();
  readonly #createdDatabases = new Set<string>();
  #readAtMs = Number.NEGATIVE_INFINITY;
  #isRegistered = false;
  #hasWarnedFifo = false;

  constructor(settings: RuntimeSettings, services: RuntimeServices) {
    const { clock, events, owner, state } = services;
    this.settings = settings;
    this.services = services;
    this.capacity = new CheckpointCapacity(settings.checkpointBytesMax);
    this.pace = new SinkPace(settings, clock);
    this.#referenceLines = new ReferenceLines(state?.referenceLines);
    this.#breakers = new SharedBreakers({
      store: state?.breakers,
      owner,
      requestMs: settings.requestMs,
      clock,
      credentialsMark: services.credentialsMark,
      events: {
        opened: (breaker) => events.breakerOpened(breaker),
        closed: (breaker) => events.breakerClosed(breaker),
        storeFailed: (error) => this.#warn('Failed to share circuit breakers.', error),
      },
    });
    const { batchBytes, sinkVersion } = settings;
    const drainOptions = { owner, batchBytes, sinkVersion, onWarning: events.warning, onDamage: events.segmentDamaged };
    this.#drainer = new Drainer(drainOptions, clock);
    if (state === undefined) {
      this.pace.hasNoTable();
      return;
    }
    this.#saver = new SegmentSaver(state.segments, this.capacity, clock, {
      flushIntervalMs: settings.flushIntervalMs,
      onFailure: (error) => this.#warn(NOT_STORED, error),
    });
    this.#flushRequests = this.#createFlushRequests(state);
    this.checkpoint = this.#registering(createCheckpoint(this.#saver, this.capacity), state);
  }

  /** Begins an invocation: reads the shared state, and probes due breakers. */
  async beginInvocation(probe: Writer, deadline: Deadline): Promise<void> {
    this.pace.invocationStarted();
    await this.syncIfDue();
    await this.#breakers.probeDue(probe, deadline);
  }

  /**
   * Ends an invocation: closes breakers after a successful probe, stores reference lines, and requests a run of the flush
   * function if lines were stored that could not be written.
   */
  async endInvocation(deadline: Deadline): Promise<void> {
    await this.#breakers.finishProbes();
    try {
      await this.#referenceLines.keep(deadline);
    } catch (error) {
      this.#warn('Failed to store a reference line.', error);
    }
    await this.#flushRequests?.sendIfWanted(deadline.remainingMs());
    this.pace.invocationEnded();
  }

  /** Ends the probes of nodes, so that no request remains. Call it at the end of an invocation, also after an error. */
  async endNodeProbes(): Promise<void> {
    await this.services.nodes?.finish();
  }

  /** Warns once if a setting has no effect because the queue is a FIFO queue. */
  warnFifo(): void {
    const { flushIntervalMs } = this.settings;
    if (flushIntervalMs > 0 && !this.#hasWarnedFifo)
      this.services.events.warning(
        'SINK_FLUSH_INTERVAL_MS has no effect on a FIFO queue, because stored segments have no order.',
        { SINK_FLUSH_INTERVAL_MS: flushIntervalMs },
      );
    this.#hasWarnedFifo = true;
  }

  openBreakers(): readonly OpenBreaker[] {
    return this.#breakers.openBreakers();
  }

  /** Returns the hold of an operator that is in force, if any. */
  holdInForce(): Hold | undefined {
    return this.#breakers.holdInForce();
  }

  /** Number of nodes that receive no requests now; `undefined` with one node. */
  unhealthyNodes(): number | undefined {
    return this.services.nodes?.unhealthyNodes().length;
  }

  /** Returns the breaker of the server if it is not closed. */
  openServerBreaker(): OpenBreaker | undefined {
    return this.openBreakers().find(({ key }) => key === SERVER);
  }

  isOpen(key: BreakerKey): boolean {
    return this.openBreakers().some((breaker) => breaker.key === key);
  }

  /** Composes the writers of one invocation. */
  writers(observe: (attempt: Attempt) => void): Writers {
    const { clock, server } = this.services;
    const { createDatabase, retry } = this.settings;
    return composeWriters(server, {
      clock,
      database: createDatabase ? { creator: server, created: this.#createdDatabases } : undefined,
      observe: (attempt) => {
        this.pace.recordAttempt(attempt);
        observe(attempt);
      },
      referenceLines: this.#referenceLines,
      retry,
      pace: this.pace.pacing(
        (target) => this.#breakers.withheld(target) !== undefined,
        () => this.syncIfDue(),
      ),
      breakers: this.#breakers,
      guard: this.#guard,
    });
  }

  /** Drains the due segments of the given shards. Returns `undefined` without a state table. */
  async drain(shards: readonly number[], writer: Writer, deadlines: DrainDeadlines): Promise<DrainReport | undefined> {
    const { state, deadLetters } = this.services;
    if (state === undefined || this.#saver === undefined) return undefined;
    const ports = {
      store: state.segments,
      saver: this.#saver,
      writer,
      pace: this.pace,
      referenceLines: this.#referenceLines,
      deadLetters,
      withheld: (target: Target) => this.#breakers.withheld(target),
      isHalfOpen: (target: Target) => this.#breakers.isHalfOpen(target),
      beforeBatch: () => this.syncIfDue(),
      columns: this.settings.converter.columns,
    };
    return this.#drainer.drain(shards, ports, deadlines);
  }

  /**
   * Does all control I/O of an invocation: starts the probes of nodes, reports, reads the shared state, and makes the controller's step if it is
   * due (docs/decisions/0025). Does nothing if the last read is less than `READ_INTERVAL_MS` ago. If the read fails,
   * the previous state stays in use. Never throws.
   */
  async syncIfDue(): Promise<void> {
    const { clock, state, events } = this.services;
    this.#probeNodes();
    if (state === undefined || clock.monotonicMs() - this.#readAtMs < READ_INTERVAL_MS) return;
    this.#readAtMs = clock.monotonicMs();
    await this.pace.syncWithTable(state.decisions, () => this.#readShared(state), {
      stepped: (decision) => events.stepped(decision),
      storeFailed: (error, what) =>
        this.#warn(
          what === 'read'
            ? 'Failed to read the shared state.'
            : 'Failed to store reports or decisions of the controller.',
          error,
        ),
    });
  }

  #probeNodes(): void {
    const { target } = this.settings.converter;
    // A server whose breaker is open is probed as a whole.
    if (this.#breakers.withheld(target) === undefined) this.services.nodes?.startDue(target);
  }

  async #readShared(state: StateTable): Promise<DecisionRead> {
    const applyBreakers = this.#breakers.beginRead();
    const { breakers, backlog, decision, limit, hold } = await state.readShared();
    applyBreakers(breakers);
    this.#breakers.applyHold(hold);
    if (backlog !== undefined) this.capacity.update(backlog);
    return this.pace.applyDecision(decision, limit);
  }

  /** Registers the sink before its first segment, so that a sink without a flush function is found. */
  #registering(checkpoint: Checkpoint, state: StateTable): Checkpoint {
    return {
      save: async (lines, reason, messages, deadline) => {
        try {
          if (!this.#isRegistered) await state.registerSink(this.services.clock.nowMs(), deadline);
          this.#isRegistered = true;
        } catch (error) {
          this.#warn(NOT_STORED, error);
          return false;
        }
        const isSaved = await checkpoint.save(lines, reason, messages, deadline);
        // Held and buffered lines are not due before a scheduled run, and a hold ends with a command.
        const isDue = reason === 'retry' || reason === 'isolate';
        if (isSaved && isDue && this.holdInForce() === undefined) this.#flushRequests?.linesStored();
        return isSaved;
      },
    };
  }

  #createFlushRequests(state: StateTable): FlushRequests | undefined {
    const { clock, flushFunction, owner } = this.services;
    if (flushFunction === undefined) return undefined;
    return new FlushRequests({
      clock,
      flushFunction,
      owner,
      claim: (claim, nowMs, deadline) => state.claimFlush(claim, nowMs, deadline),
      onFailure: (error) =>
        this.#warn('Failed to invoke the flush function. Its next scheduled run writes the stored lines.', error),
    });
  }

  #warn(what: string, error: unknown): void {
    this.services.events.warning(what, { error: (error as Error).message });
  }
}

const NOT_STORED = 'Failed to store lines in the state table.';
