/**
 * The breakers of one instance: those that all instances share, its own failures in a row, the probes whose lease it
 * holds, and the hold of an operator. While the store is unavailable, the instance continues with its current states,
 * because control must never block data.
 */

import type { Outcome, OutcomeKind } from '../sink/outcome.ts';
import type { Batch, Deadline, Target, Writer } from '../sink/ports.ts';
import type { LimitClock } from '../sink/time-limit.ts';
import {
  afterFailure,
  afterRead,
  afterSuccess,
  type BreakerContext,
  type BreakerKey,
  type BreakerState,
  type BreakerStep,
  breakerOf,
  CLOSED,
  type HalfOpen,
  halfOpen,
  localBreaker,
  mayProbe,
  type OpenBreaker,
  open,
  reopen,
  SERVER,
  targetBreaker,
  withheldOutcome,
} from './breaker.ts';
import type { BreakerStore } from './breaker-store.ts';
import { type Hold, isInForce, onHoldOutcome } from './hold.ts';
import { repeatedProbe } from './repeated-probe.ts';

/** Returns a mark that differs for different credentials and reveals nothing else about them. */
export type CredentialsMark = () => Promise<string>;

/** The part of the clock that breakers need. */
export interface BreakerClock extends LimitClock {
  nowMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

/** Receives changes of breakers. Only the instance that causes a change reports it. */
export interface BreakerEvents {
  opened(breaker: OpenBreaker): void;
  closed(breaker: OpenBreaker): void;
  /** The store is unavailable: breakers are local until it recovers. */
  storeFailed(error: unknown): void;
}

/** Settings and ports of the breakers of one instance. */
export interface SharedBreakersOptions {
  /** `undefined`: all breakers are local. */
  readonly store: BreakerStore | undefined;
  /** Owner of the probe leases, unique per instance. */
  readonly owner: string;
  /** Time limit of one request to the server. */
  readonly requestMs: number;
  readonly clock: BreakerClock;
  readonly credentialsMark: CredentialsMark;
  readonly events: BreakerEvents;
}

/** Time for everything except requests, from a probe to the end of the first write after it. */
const LEASE_MARGIN_MS = 5_000;
const EMPTY = Buffer.alloc(0);

/** Breakers of one instance, shared with all others through the store. */
export class SharedBreakers {
  readonly #options: SharedBreakersOptions;
  /** An absent key is closed and has no failures. */
  readonly #states = new Map<BreakerKey, BreakerState>();
  /** Number of changes that this instance made or tried to store. It shows whether a read began before a change. */
  #changes = 0;
  /** As it was last read. */
  #hold: Hold | undefined;

  constructor(options: SharedBreakersOptions) {
    this.#options = options;
  }

  /**
   * Begins a read of the store. Call it before the read, and call the returned function with the result. The result is
   * ignored if a breaker changed in the meantime, because the change is newer. The next read contains it.
   */
  beginRead(): (stored: readonly OpenBreaker[]) => void {
    const changes = this.#changes;
    return (stored) => {
      if (changes === this.#changes) this.#applyRead(stored);
    };
  }

  #applyRead(stored: readonly OpenBreaker[]): void {
    const byKey = new Map(stored.map((breaker) => [breaker.key, breaker]));
    for (const key of new Set([...byKey.keys(), ...this.#states.keys()]))
      this.#set(key, afterRead(this.#state(key), byKey.get(key)));
  }

  /** Applies the hold that was read. No instance changes it, so a newer state never exists here. */
  applyHold(hold: Hold | undefined): void {
    this.#hold = hold;
  }

  /** Returns the hold that is in force, if any. */
  holdInForce(): Hold | undefined {
    return isInForce(this.#hold, this.#options.clock.nowMs()) ? this.#hold : undefined;
  }

  /** Returns the outcome for lines of this target while no request may be sent; otherwise `undefined`. */
  withheld(target: Target): Outcome | undefined {
    const hold = this.holdInForce();
    if (hold !== undefined) return onHoldOutcome(hold);
    for (const key of [SERVER, targetBreaker(target)]) {
      const state = this.#state(key);
      if (state.status === 'open') return withheldOutcome(state.breaker);
    }
    return undefined;
  }

  /** Returns all breakers that are not closed. */
  openBreakers(): readonly OpenBreaker[] {
    return [...this.#states.values()].flatMap((state) => (state.status === 'closed' ? [] : [state.breaker]));
  }

  /** Whether this instance holds the probe lease of a breaker of this target. */
  isHalfOpen(target: Target): boolean {
    return this.#isHalfOpen(SERVER) || this.#isHalfOpen(targetBreaker(target));
  }

  /** Records the outcome of a request that was sent. */
  async recordOutcome(batch: Batch, outcome: Outcome): Promise<void> {
    const failed = breakerOf(outcome, batch.target);
    if (failed === undefined) {
      // A response that shows no failure of server or target comes from a working server.
      for (const key of [SERVER, targetBreaker(batch.target)]) await this.#succeeded(key, batch, outcome);
      return;
    }
    if (failed !== SERVER) await this.#serverResponded();
    await this.#failed(failed, batch, outcome);
  }

  /**
   * Probes every due breaker whose lease is free, with an empty write. The breaker is half-open from the start of the
   * probe. Probes nothing while a hold is in force.
   */
  async probeDue(writer: Writer, deadline: Deadline): Promise<void> {
    if (this.holdInForce() !== undefined) return;
    const ofServer: OpenBreaker[] = [];
    const ofTargets: OpenBreaker[] = [];
    for (const breaker of this.openBreakers()) (breaker.key === SERVER ? ofServer : ofTargets).push(breaker);
    for (const breaker of [...ofServer, ...ofTargets]) {
      if (breaker.key !== SERVER && this.#state(SERVER).status === 'open') return;
      if (this.#isHalfOpen(breaker.key) || !(await this.#mayProbe(breaker))) continue;
      if (await this.#lease(breaker, deadline)) await this.#probe(breaker, writer, deadline);
    }
  }

  async #probe(breaker: OpenBreaker, writer: Writer, deadline: Deadline): Promise<void> {
    const { key, target } = breaker;
    this.#set(key, halfOpen(breaker));
    const empty: Batch = { target, body: EMPTY, lines: 0 };
    // A repetition with a wrong password would count as another one.
    const outcome =
      breaker.kind === 'denied'
        ? await writer.write(empty, deadline)
        : await repeatedProbe(writer, empty, deadline, this.#options.clock);
    if (outcome.kind === 'written') return;
    // If the server responds but the target fails, the breaker of the server closes: the target has one of its own.
    await this.recordOutcome(empty, outcome);
    const state = this.#state(key);
    if (state.status !== 'half-open') return;
    // A failure that is left here is that of the server, so the probe does not show whether the target works.
    await (breakerOf(outcome, target) === undefined ? this.#close(state) : this.#reopen(state, outcome));
  }

  /**
   * Closes the breakers of successful probes. Call it at the end of an invocation. A breaker opens again if a write has
   * failed since its probe and none succeeded. A server with a full disk also accepts the empty write of a probe.
   */
  async finishProbes(): Promise<void> {
    for (const state of [...this.#states.values()]) {
      if (state.status !== 'half-open') continue;
      await (state.doubt === undefined ? this.#close(state) : this.#reopen(state, state.doubt));
    }
  }

  #state(key: BreakerKey): BreakerState {
    return this.#states.get(key) ?? CLOSED;
  }

  #set(key: BreakerKey, state: BreakerState): void {
    if (state === CLOSED) this.#states.delete(key);
    else this.#states.set(key, state);
  }

  #isHalfOpen(key: BreakerKey): boolean {
    return this.#state(key).status === 'half-open';
  }

  async #mayProbe(breaker: OpenBreaker): Promise<boolean> {
    return mayProbe(breaker, this.#options.clock.nowMs(), await this.#markFor(breaker.kind));
  }

  /** Reads the credentials only where they matter, because they may have to be fetched. */
  async #markFor(kind: OutcomeKind): Promise<string> {
    return kind === 'denied' ? this.#options.credentialsMark() : '';
  }

  /** Clears the failures of the server, or closes its half-open breaker, because the server responded. */
  async #serverResponded(): Promise<void> {
    const server = this.#state(SERVER);
    if (server.status === 'closed') this.#set(SERVER, CLOSED);
    if (server.status === 'half-open') await this.#close(server);
  }

  async #succeeded(key: BreakerKey, batch: Batch, outcome: Outcome): Promise<void> {
    await this.#step(key, afterSuccess(this.#state(key), batch, outcome), batch.target, outcome);
  }

  async #failed(key: BreakerKey, batch: Batch, outcome: Outcome): Promise<void> {
    await this.#step(key, afterFailure(this.#state(key), batch, outcome), batch.target, outcome);
  }

  async #step(key: BreakerKey, [state, action]: BreakerStep, target: Target, outcome: Outcome): Promise<void> {
    this.#set(key, state);
    if (action === 'open') await this.#open(key, target, outcome);
    else if (action === 'close') await this.#close(state);
    else if (action === 'reopen') await this.#reopen(state, outcome);
  }

  async #open(key: BreakerKey, target: Target, outcome: Outcome): Promise<void> {
    const breaker = open(key, target, outcome, await this.#now(outcome));
    // Another request of this instance has opened it in the meantime.
    if (this.#state(key).status !== 'closed') return;
    this.#change(key, { status: 'open', breaker, isLocal: false });
    const isFirst = await this.#callStore((store) => store.open(breaker));
    if (isFirst === undefined) this.#keepLocal(breaker);
    if (isFirst !== false) this.#options.events.opened(breaker);
  }

  async #reopen({ breaker }: HalfOpen, outcome: Outcome): Promise<void> {
    const { owner } = this.#options;
    // No write is sent while the credentials are read.
    this.#set(breaker.key, { status: 'open', breaker, isLocal: false });
    const next = reopen(breaker, outcome, await this.#now(outcome));
    this.#change(next.key, { status: 'open', breaker: next, isLocal: false });
    if ((await this.#callStore((store) => store.reopen(next, owner))) === undefined) this.#keepLocal(next);
  }

  /** Closes the breaker, and for all instances if this one holds the lease of its probe. */
  async #close({ breaker }: HalfOpen): Promise<void> {
    const { owner, events } = this.#options;
    this.#change(breaker.key, CLOSED);
    if ((await this.#callStore((store) => store.close(breaker.key, owner))) !== false) events.closed(breaker);
  }

  async #now({ kind }: Outcome): Promise<BreakerContext> {
    const { owner, clock } = this.#options;
    const credentialsMark = await this.#markFor(kind);
    return { owner, nowMs: clock.nowMs(), random: clock.random(), credentialsMark };
  }

  /**
   * Takes the lease of the probe for the time of two requests, at most until the invocation ends. The requests are the
   * probe and the first write after it. If more requests are needed, another instance may probe in the meantime. If the
   * store does not respond, the breaker becomes local.
   */
  async #lease(breaker: OpenBreaker, deadline: Deadline): Promise<boolean> {
    const { owner, clock, requestMs } = this.#options;
    const nowMs = clock.nowMs();
    const untilMs = nowMs + Math.min(2 * requestMs, deadline.remainingMs()) + LEASE_MARGIN_MS;
    const isLeased = await this.#callStore((store) => store.lease(breaker, owner, untilMs, nowMs));
    if (isLeased !== undefined) return isLeased;
    const state = this.#state(breaker.key);
    if (state.status === 'open' && state.isLocal) return true;
    return mayProbe(this.#keepLocal(breaker), nowMs, await this.#markFor(breaker.kind));
  }

  #keepLocal(breaker: OpenBreaker): OpenBreaker {
    const { clock } = this.#options;
    const local = localBreaker(breaker, { nowMs: clock.nowMs(), random: clock.random() });
    this.#change(local.key, { status: 'open', breaker: local, isLocal: true });
    return local;
  }

  #change(key: BreakerKey, state: BreakerState): void {
    this.#changes += 1;
    this.#set(key, state);
  }

  /** Calls the store. Returns `undefined` if there is none or it is unavailable. */
  async #callStore(call: (store: BreakerStore) => Promise<boolean>): Promise<boolean | undefined> {
    const { store, events } = this.#options;
    if (store === undefined) return undefined;
    try {
      return await call(store);
    } catch (error) {
      events.storeFailed(error);
      return undefined;
    } finally {
      this.#changes += 1;
    }
  }
}
