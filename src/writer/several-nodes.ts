/**
 * Writes to a server of several nodes. Requests go to healthy nodes, and less of them to slow ones. If a node fails or is
 * late, the batch is also sent to another one, because writing a point twice changes nothing.
 *
 * A node is only unhealthy if it cannot be reached, or if it failed where another one did not. A batch that fails at every
 * node may contain a line that no node can write; it says nothing about the nodes.
 */

import { isUnexplained, type Outcome, textOf } from '../sink/outcome.ts';
import type { Batch, Deadline, Target, Writer } from '../sink/ports.ts';
import { abortable, type LimitClock, within } from '../sink/time-limit.ts';
import type { DatabaseCreator } from './creating-database.ts';
import {
  afterFailure,
  afterProbe,
  afterWrite,
  betterOfTwo,
  hedgeDelayMs,
  isProbeDue,
  loadOf,
  mayReceive,
  type NodeHealth,
  UNTRIED,
} from './node-health.ts';

/** One node. */
export interface ServerNode extends Writer, DatabaseCreator {
  /** As messages name it. */
  readonly name: string;
}

/** The part of the clock that nodes need. */
export interface NodesClock extends LimitClock {
  /** Milliseconds of a clock that never jumps. */
  monotonicMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

/** Receives changes of the health of nodes. */
export interface NodeEvents {
  /** A node became unhealthy. `reason` is the error text. Not repeated until the node works again. */
  nodeFailed(node: string, reason: string): void;
  /** An unhealthy node stored a batch. */
  nodeRecovered(node: string): void;
}

/** Probes of unhealthy nodes. They run beside the writes of an invocation, and end with it. */
export interface NodeProbes {
  /** Starts the probes that are due: empty writes to this target. */
  startDue(target: Target): void;
  /** Waits for the probes, but not long, and ends the others. They count as failed. */
  finish(): Promise<void>;
  /** Names of the nodes that are unhealthy. */
  unhealthyNodes(): readonly string[];
}

/** A server of several nodes, as a writer. Writing never throws. */
export interface SeveralNodes extends Writer, DatabaseCreator {
  readonly probes: NodeProbes;
}

/** Time that the end of an invocation waits for a probe. A healthy node answers an empty write in less. */
const GRACE_MS = 150;
/**
 * Hedges (the same batch to a second node, because the first one is late) per request, and at most at once. Without a
 * bound, nodes that are all overloaded would receive every batch several times.
 */
const HEDGES_PER_REQUEST = 0.1;
const HEDGES_MAX = 5;
/** Latency of an answer, at least, that says that the node is overloaded. */
const BUSY_MS = 1_000;
const EMPTY = Buffer.alloc(0);
/** Characters of the error text of all nodes. */
const TEXT_MAX = 500;

interface Member {
  readonly node: ServerNode;
  health: NodeHealth;
  /** Writes in flight. Probes do not count. */
  pending: number;
  probe: Probe | undefined;
}

interface Probe {
  readonly ended: Promise<void>;
  abort(): void;
}

interface Attempt {
  readonly member: Member;
  readonly sentAtMs: number;
  readonly ended: Promise<EndedAttempt>;
  abort(): void;
}

interface EndedAttempt {
  readonly attempt: Attempt;
  readonly outcome: Outcome;
}

/** Returns a writer for these nodes, at least two. */
export const severalNodes = (
  nodes: readonly ServerNode[],
  clock: NodesClock,
  events: NodeEvents | undefined,
): SeveralNodes => {
  const pool = new NodePool(nodes, clock, events);
  return {
    write: (batch, deadline) => pool.write(batch, deadline),
    createDatabase: (name, deadline) => pool.createDatabase(name, deadline),
    probes: {
      startDue: (target) => pool.startDueProbes(target),
      finish: () => pool.finishProbes(),
      unhealthyNodes: () => pool.unhealthyNodes(),
    },
  };
};

class NodePool {
  readonly #members: readonly Member[];
  readonly #clock: NodesClock;
  readonly #events: NodeEvents | undefined;
  /** Hedges that may be sent now. */
  #hedgesLeft = HEDGES_MAX;

  constructor(nodes: readonly ServerNode[], clock: NodesClock, events: NodeEvents | undefined) {
    this.#members = nodes.map((node) => ({ node, health: UNTRIED, pending: 0, probe: undefined }));
    this.#clock = clock;
    this.#events = events;
  }

  async write(batch: Batch, deadline: Deadline): Promise<Outcome> {
    this.#hedgesLeft = Math.min(HEDGES_MAX, this.#hedgesLeft + HEDGES_PER_REQUEST);
    const untried = this.#candidates();
    const running = new Set<Attempt>();
    const failed: EndedAttempt[] = [];
    for (;;) {
      // Another node is asked at the start, and whenever one has failed or is late.
      if (untried.length > 0 && deadline.remainingMs() > 0)
        running.add(this.#send(this.#takeBest(untried), batch, deadline));
      if (running.size === 0) return outcomeOfAll(failed);
      const ended = await this.#firstOf(running, untried, deadline);
      if (ended === undefined) continue;
      running.delete(ended.attempt);
      if (!hasFailed(ended.outcome)) return this.#answered(ended, batch, failed, running);
      failed.push(ended);
      // A line can cause a failure without a reason. Then the answer of another node decides.
      if (!isUnexplained(ended.outcome))
        this.#markUnhealthy(ended.attempt.member, ended.attempt.sentAtMs, textOf(ended.outcome));
    }
  }

  async createDatabase(name: string, deadline: Deadline): Promise<boolean> {
    for (const { node } of this.#candidates()) if (await node.createDatabase(name, deadline)) return true;
    return false;
  }

  unhealthyNodes(): readonly string[] {
    return this.#members.filter(({ health }) => health.status === 'unhealthy').map(({ node }) => node.name);
  }

  startDueProbes(target: Target): void {
    const nowMs = this.#clock.monotonicMs();
    for (const member of this.#members)
      if (member.probe === undefined && isProbeDue(member.health, nowMs)) member.probe = this.#probe(member, target);
  }

  async finishProbes(): Promise<void> {
    const probes = this.#members.flatMap(({ probe }) => probe ?? []);
    if (probes.length === 0) return;
    const ended = Promise.all(probes.map((probe) => probe.ended));
    await within(ended, GRACE_MS, this.#clock);
    for (const probe of probes) probe.abort();
    await ended;
  }

  #probe(member: Member, target: Target): Probe {
    const sentAtMs = this.#clock.monotonicMs();
    // An unhealthy node has no latency, so the delay follows from those of the others.
    const timed = this.#clock.deadlineIn(hedgeDelayOf(this.#members));
    const limit = abortable(timed);
    const test = async (): Promise<void> => {
      const outcome = await member.node.write({ target, body: EMPTY, lines: 0 }, limit);
      limit.release();
      timed.release();
      member.probe = undefined;
      if (hasFailed(outcome)) this.#markUnhealthy(member, sentAtMs, textOf(outcome));
      else member.health = afterProbe(member.health);
    };
    return { ended: test(), abort: limit.abort };
  }

  /** Returns the nodes that may receive a write; all of them if none is healthy, because one of them may work again. */
  #candidates(): Member[] {
    const able = this.#members.filter(({ health, pending }) => mayReceive(health, pending));
    return able.length > 0 ? able : [...this.#members];
  }

  /** Removes the best node from the list, and returns it. */
  #takeBest(untried: Member[]): Member {
    const nowMs = this.#clock.monotonicMs();
    const loads = untried.map(({ health, pending }) => loadOf(health, pending, nowMs));
    return untried.splice(
      betterOfTwo(loads, () => this.#clock.random()),
      1,
    )[0] as Member;
  }

  #send(member: Member, batch: Batch, deadline: Deadline): Attempt {
    const limit = abortable(deadline);
    member.pending += 1;
    const sentAtMs = this.#clock.monotonicMs();
    const attempt: Attempt = {
      member,
      sentAtMs,
      abort: limit.abort,
      ended: member.node.write(batch, limit).then((outcome) => {
        member.pending -= 1;
        limit.release();
        return { attempt, outcome };
      }),
    };
    return attempt;
  }

  /** Returns the attempt that ends first; `undefined` if all are late and another node may be asked. */
  async #firstOf(
    running: ReadonlySet<Attempt>,
    untried: readonly Member[],
    deadline: Deadline,
  ): Promise<EndedAttempt | undefined> {
    const ended = Promise.race([...running].map((attempt) => attempt.ended));
    if (untried.length === 0 || this.#hedgesLeft < 1) return ended;
    const first = await within(ended, hedgeDelayOf(untried), this.#clock);
    // Without time left, no other node can be asked.
    if (first !== undefined || deadline.remainingMs() <= 0) return first ?? ended;
    this.#hedgesLeft -= 1;
    return undefined;
  }

  /** A node has answered. Nodes that failed before it, or were asked before it and are late, are unhealthy. */
  #answered(
    { attempt: { member, sentAtMs }, outcome }: EndedAttempt,
    { lines }: Batch,
    failed: readonly EndedAttempt[],
    late: ReadonlySet<Attempt>,
  ): Outcome {
    for (const { attempt, outcome: failure } of failed)
      if (isUnexplained(failure)) this.#markUnhealthy(attempt.member, attempt.sentAtMs, textOf(failure));
    for (const one of late) {
      one.abort();
      if (one.sentAtMs < sentAtMs)
        this.#markUnhealthy(one.member, one.sentAtMs, 'a node that was asked later answered first');
    }
    this.#hasWorked(member, sentAtMs, lines === 0, outcome);
    return outcome;
  }

  #hasWorked(member: Member, sentAtMs: number, isEmpty: boolean, { kind }: Outcome): void {
    const nowMs = this.#clock.monotonicMs();
    const latencyMs = kind === 'throttled' ? Math.max(BUSY_MS, nowMs - sentAtMs) : nowMs - sentAtMs;
    const { failures } = member.health;
    member.health = isEmpty ? afterProbe(member.health) : afterWrite(member.health, sentAtMs, latencyMs, nowMs);
    if (failures > 0 && member.health.failures === 0) this.#events?.nodeRecovered(member.node.name);
  }

  #markUnhealthy(member: Member, sentAtMs: number, reason: string): void {
    const isNew = member.health.failures === 0;
    member.health = afterFailure(member.health, sentAtMs, this.#clock.monotonicMs(), this.#clock.random());
    if (isNew) this.#events?.nodeFailed(member.node.name, reason);
  }
}

/** Whether another node may succeed. A node that says that it is overloaded has decided: the load must go down. */
const hasFailed = (outcome: Outcome): boolean =>
  outcome.kind === 'unavailable' || (outcome.kind === 'throttled' && outcome.unexplained);

const hedgeDelayOf = (members: readonly Member[]): number =>
  hedgeDelayMs(members.map(({ health }) => health.latencyMs));

/**
 * Returns the outcome of a batch that no node has written. If a line may have caused any of the failures, it may have
 * caused the outcome.
 */
const outcomeOfAll = (failed: readonly EndedAttempt[]): Outcome => {
  const last = failed.at(-1);
  if (last === undefined) return { kind: 'unavailable', unexplained: false, text: 'no time was left for an attempt' };
  const { outcome } = failed.findLast((one) => isUnexplained(one.outcome)) ?? last;
  const texts = failed.map(({ attempt, outcome: one }) => `${attempt.member.node.name}: ${textOf(one)}`);
  return { ...outcome, text: texts.join('; ').slice(0, TEXT_MAX) } as Outcome;
};
