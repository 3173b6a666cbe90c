/**
 * What one environment knows of the breakers: those that are open for all, its own failures in a row, and the probes
 * whose lease it holds. While the store is away it goes on with what it knows: control never stands in the way of data.
 */

import { consequenceOf, type Outcome, type OutcomeKind } from '../sink/outcome.ts';
import type { Batch, Deadline, Target, Writer } from '../sink/ports.ts';
import {
  addFailure,
  type BreakerContext,
  type BreakerKey,
  breakerOf,
  type Failures,
  fingerprint,
  localBreaker,
  mayBeCausedByLine,
  mayProbe,
  NO_FAILURES,
  type OpenBreaker,
  open,
  opens,
  reopen,
  SERVER,
  targetBreaker,
  withheldOutcome,
} from './breaker.ts';
import type { BreakerStore } from './breaker-store.ts';

/** Tells credentials from those before: no more than that can be made of it. */
export type CredentialsMark = () => Promise<string>;

export interface BreakerClock {
  nowMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

/** What happens to breakers, told once by whoever made it happen. */
export interface BreakerEvents {
  opened(breaker: OpenBreaker): void;
  closed(breaker: OpenBreaker): void;
  /** The store is away: breakers are this environment's own until it is back. */
  storeFailed(error: unknown): void;
}

interface HalfOpen {
  readonly breaker: OpenBreaker;
  /** A failure since its probe that may be its body's own, or the server's. */
  readonly doubt?: Outcome;
}

/** What an environment does besides, from its probe to the end of the first write after it. */
const LEASE_MARGIN_MS = 5_000;
const EMPTY = Buffer.alloc(0);

export class SharedBreakers {
  readonly #store: BreakerStore | undefined;
  readonly #clock: BreakerClock;
  readonly #events: BreakerEvents;
  readonly #owner: string;
  readonly #requestMs: number;
  #open = new Map<BreakerKey, OpenBreaker>();
  /** Breakers whose probe is ours: half-open for us, closed doors for all others. */
  readonly #leased = new Map<BreakerKey, HalfOpen>();
  readonly #failures = new Map<BreakerKey, Failures>();
  /** Breakers that only this environment knows of, because the store was away. */
  readonly #alone = new Set<BreakerKey>();
  /** Of what is known here, by ourselves; also counted when the store has heard of it. */
  #changes = 0;
  readonly #credentialsMark: CredentialsMark;

  /** Without a store, breakers are this environment's own. `requestMs` is the time limit of one request. */
  constructor(
    store: BreakerStore | undefined,
    owner: string,
    requestMs: number,
    clock: BreakerClock,
    credentialsMark: CredentialsMark,
    events: BreakerEvents,
  ) {
    this.#store = store;
    this.#owner = owner;
    this.#requestMs = requestMs;
    this.#clock = clock;
    this.#credentialsMark = credentialsMark;
    this.#events = events;
  }

  /**
   * To be called before the store is read; what it returns takes what was read, unless something was learnt meanwhile:
   * that is newer, and the next reading tells of it.
   */
  beginRead(): (open: readonly OpenBreaker[]) => void {
    const changes = this.#changes;
    return (open) => {
      if (changes === this.#changes) this.#know(open);
    };
  }

  #know(open: readonly OpenBreaker[]): void {
    this.#open = new Map(open.map((breaker) => [breaker.key, breaker]));
    this.#alone.clear();
    // Our lease was over, and another has asked since and has opened it again.
    for (const [key, { breaker }] of this.#leased)
      if (this.#open.has(key) && this.#open.get(key)?.probeAtMs !== breaker.probeAtMs) this.#leased.delete(key);
  }

  /** What to answer instead of asking the server; undefined when it may be asked. */
  withheld(target: Target): Outcome | undefined {
    for (const key of [SERVER, targetBreaker(target)]) {
      const breaker = this.#open.get(key);
      if (breaker !== undefined && !this.#leased.has(key)) return withheldOutcome(breaker);
    }
    return undefined;
  }

  openBreakers(): readonly OpenBreaker[] {
    return [...this.#open.values()];
  }

  /** Whether one of the breakers before this target is ours to try. */
  isHalfOpen(target: Target): boolean {
    return this.#leased.has(SERVER) || this.#leased.has(targetBreaker(target));
  }

  /** Learns from the answer to a request that was really made. */
  async recordOutcome(batch: Batch, outcome: Outcome): Promise<void> {
    const blamed = breakerOf(outcome, batch.target);
    // Any answer that blames neither server nor target comes from a server that is at work.
    const well = [SERVER, targetBreaker(batch.target)].filter((key) => key !== blamed);
    if (blamed === undefined) for (const key of well) await this.#succeeded(key, batch, outcome);
    else {
      if (blamed !== SERVER) this.#failures.delete(SERVER);
      // The server itself has answered.
      if (blamed !== SERVER && this.#leased.has(SERVER)) await this.#close(SERVER);
      await this.#failed(blamed, batch, outcome);
    }
  }

  /** Probes with an empty write whatever is due, where nobody else does. What is well then is half-open for us. */
  async probeDue(writer: Writer, deadline: Deadline): Promise<void> {
    const serverFirst = this.openBreakers().toSorted((a, b) => Number(b.key === SERVER) - Number(a.key === SERVER));
    for (const breaker of serverFirst) {
      if (breaker.key !== SERVER && this.#open.has(SERVER) && !this.#leased.has(SERVER)) return;
      if (this.#leased.has(breaker.key) || !(await this.#mayProbe(breaker))) continue;
      if (!(await this.#lease(breaker, deadline))) continue;
      this.#leased.set(breaker.key, { breaker });
      const empty: Batch = { target: breaker.target, body: EMPTY, lines: 0 };
      const outcome = await writer.write(empty, deadline);
      if (outcome.kind === 'written') {
        this.#failures.delete(breaker.key);
        continue;
      }
      const blamed = breakerOf(outcome, breaker.target);
      // The server answers again, and it is the target that is not well: another breaker, with a reason of its own.
      if (breaker.key === SERVER && blamed !== undefined && blamed !== SERVER) await this.#close(SERVER);
      if (blamed === undefined) await this.#close(breaker.key);
      else await this.#failed(blamed, empty, outcome);
      // The server is away, and nothing was learnt of the target: what is not proven well stays open.
      const unproven = this.#leased.get(breaker.key);
      if (unproven !== undefined) await this.#reopen(unproven.breaker, outcome);
    }
  }

  /**
   * At the end of an invocation: a probe that went well is proof enough, unless a write has failed since and none was
   * taken. A server without room on its disk takes an empty write, too.
   */
  async finishProbes(): Promise<void> {
    for (const [key, { breaker, doubt }] of [...this.#leased])
      await (doubt === undefined ? this.#close(key) : this.#reopen(breaker, doubt));
  }

  async #mayProbe(breaker: OpenBreaker): Promise<boolean> {
    return mayProbe(breaker, this.#clock.nowMs(), await this.#markFor(breaker.kind));
  }

  /** Asked for only where it matters: it may have to be fetched. */
  async #markFor(kind: OutcomeKind): Promise<string> {
    return kind === 'denied' ? this.#credentialsMark() : '';
  }

  async #succeeded(key: BreakerKey, { lines }: Batch, outcome: Outcome): Promise<void> {
    // What is half-open has taken an empty write already: another one says nothing new.
    if (this.#leased.has(key) && lines === 0) return;
    this.#failures.delete(key);
    if (this.#leased.has(key) && consequenceOf(outcome).breaker === 'closes') await this.#close(key);
  }

  async #failed(key: BreakerKey, batch: Batch, outcome: Outcome): Promise<void> {
    const failures = addFailure(this.#failures.get(key) ?? NO_FAILURES, outcome, fingerprint(batch));
    this.#failures.set(key, failures);
    const leased = this.#leased.get(key);
    if (leased !== undefined) {
      // One body may have a line in it that fails whatever the server's state: others are let through first.
      if (mayBeCausedByLine(batch, outcome) && failures.bodies.length < 2)
        this.#leased.set(key, { ...leased, doubt: outcome });
      else await this.#reopen(leased.breaker, outcome);
      return;
    }
    if (this.#open.has(key) || !opens(failures, outcome)) return;
    const breaker = open(key, batch.target, outcome, await this.#now(outcome));
    if (this.#open.has(key)) return;
    this.#changes += 1;
    this.#open.set(key, breaker);
    this.#failures.delete(key);
    const isFirst = await this.#ask((store) => store.open(breaker));
    if (isFirst === undefined) this.#keepAlone(breaker);
    if (isFirst !== false) this.#events.opened(breaker);
  }

  async #reopen(leased: OpenBreaker, outcome: Outcome): Promise<void> {
    this.#leased.delete(leased.key);
    const next = reopen(leased, outcome, await this.#now(outcome));
    this.#changes += 1;
    this.#open.set(next.key, next);
    if ((await this.#ask((store) => store.reopen(next, this.#owner))) === undefined) this.#keepAlone(next);
  }

  async #close(key: BreakerKey): Promise<void> {
    this.#changes += 1;
    const leased = this.#leased.get(key);
    this.#leased.delete(key);
    this.#open.delete(key);
    this.#failures.delete(key);
    this.#alone.delete(key);
    if (leased === undefined) return;
    if ((await this.#ask((store) => store.close(key, this.#owner))) !== false) this.#events.closed(leased.breaker);
  }

  async #now({ kind }: Outcome): Promise<BreakerContext> {
    const credentialsMark = await this.#markFor(kind);
    return { owner: this.#owner, nowMs: this.#clock.nowMs(), random: this.#clock.random(), credentialsMark };
  }

  /**
   * For as long as a probe and the first write after it may take, where each is one request, and no longer than the
   * invocation. If more requests are needed, another may probe meanwhile, too. A breaker that nobody can be asked about is
   * ours alone, and is kept as such.
   */
  async #lease(breaker: OpenBreaker, deadline: Deadline): Promise<boolean> {
    const nowMs = this.#clock.nowMs();
    const untilMs = nowMs + Math.min(2 * this.#requestMs, deadline.remainingMs()) + LEASE_MARGIN_MS;
    const leased = await this.#ask((store) => store.lease(breaker, this.#owner, untilMs, nowMs));
    if (leased !== undefined) return leased;
    if (this.#alone.has(breaker.key)) return true;
    return mayProbe(this.#keepAlone(breaker), nowMs, await this.#markFor(breaker.kind));
  }

  #keepAlone(breaker: OpenBreaker): OpenBreaker {
    const own = localBreaker(breaker, { nowMs: this.#clock.nowMs(), random: this.#clock.random() });
    this.#changes += 1;
    this.#alone.add(own.key);
    this.#open.set(own.key, own);
    return own;
  }

  /** Undefined without a store, or when it is away. */
  async #ask(question: (store: BreakerStore) => Promise<boolean>): Promise<boolean | undefined> {
    if (this.#store === undefined) return undefined;
    try {
      return await question(this.#store);
    } catch (error) {
      this.#events.storeFailed(error);
      return undefined;
    } finally {
      this.#changes += 1;
    }
  }
}
