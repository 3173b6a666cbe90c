/**
 * The circuit breaker, pure: what opens it, and when somebody may ask again. One stands before the whole server, one
 * before each target. Closed is the absence of a state; open says why, and half-open is whoever holds the lease of its
 * probe. `shared-breakers.ts` keeps what one environment knows of them, `breaker-store.ts` what all know together.
 */

import { createHash } from 'node:crypto';
import { consequenceOf, isUnexplained, type Outcome, type OutcomeKind, textOf } from '../sink/outcome.ts';
import { type Batch, type Target, targetKey } from '../sink/ports.ts';

/** `server`, or `target#` and the target's key. */
export type BreakerKey = string;

export const SERVER: BreakerKey = 'server';
export const targetBreaker = (target: Target): BreakerKey => `target#${targetKey(target)}`;

export interface OpenBreaker {
  readonly key: BreakerKey;
  /** The kind of outcome that opened it, or that its last probe had. */
  readonly kind: OutcomeKind;
  /** The server's last words. */
  readonly text: string;
  /** What a probe is written to. */
  readonly target: Target;
  /** The environment that opened it. */
  readonly openedBy: string;
  readonly openedAtMs: number;
  /** Probes that have failed. */
  readonly probes: number;
  /** Before this nobody asks. */
  readonly probeAtMs: number;
  /** Tells whether the credentials are still those that were denied. */
  readonly credentialsMark: string;
}

/** Whose breaker an outcome speaks for; undefined when it blames neither server nor target. */
export const breakerOf = (outcome: Outcome, target: Target): BreakerKey | undefined => {
  const { breaker } = consequenceOf(outcome);
  if (breaker === 'server') return SERVER;
  return breaker === 'target' ? targetBreaker(target) : undefined;
};

/** Failures in a row that open it, of at least two different bodies: a poison line alone must not stop everything. */
export const FAILURES_TO_OPEN = 5;
const BODIES_TO_OPEN = 2;
/** A server that says that it is busy is at work: that is for the controller, unless it says nothing else for long. */
const BUSY_WEIGHT = 0.25;

/** Failures since the last success. */
export interface Failures {
  readonly count: number;
  /** Fingerprints of the bodies that failed, as many as matter. */
  readonly bodies: readonly string[];
}

export const NO_FAILURES: Failures = { count: 0, bodies: [] };

const isBusy = (outcome: Outcome): boolean => outcome.kind === 'throttled' && !outcome.unexplained;

/** Tells bodies apart. */
export const fingerprint = ({ target, body }: Batch): string =>
  createHash('sha1').update(targetKey(target)).update(body).digest('base64');

/** Whether the failure may be that of one line in it. */
export const mayBeCausedByLine = ({ lines }: Batch, outcome: Outcome): boolean => lines > 0 && isUnexplained(outcome);

/** What no line can be blamed for: one answer is enough. */
const isConclusive = (outcome: Outcome): boolean => outcome.kind === 'denied' || outcome.kind === 'misconfigured';

export const addFailure = (failures: Failures, outcome: Outcome, body: string): Failures => ({
  count: failures.count + (isBusy(outcome) ? BUSY_WEIGHT : 1),
  bodies: failures.bodies.includes(body) ? failures.bodies : [...failures.bodies, body].slice(-BODIES_TO_OPEN),
});

export const opens = (failures: Failures, outcome: Outcome): boolean =>
  isConclusive(outcome) || (failures.count >= FAILURES_TO_OPEN && failures.bodies.length >= BODIES_TO_OPEN);

/** In seconds, by the number of probes that have failed; the last one stays. */
const DELAYS = {
  /** Short, because recovery waits for it. */
  away: [1, 2, 4, 8, 10],
  /**
   * A wrong password is counted by the server, and five within 30 s of each other lock the user for everybody. Wider
   * apart they are never added up (openGemini, `lib/metaclient/auth.go`).
   */
  denied: [35, 60, 120],
  /**
   * By each environment for itself, where they share nothing: ten times as long, so that a few of them seldom come closer
   * together than that. Many of them still may.
   */
  deniedAlone: [350, 600, 1_200],
  misconfigured: [2, 4, 8, 16, 30],
} as const;

const delaysOf = (kind: OutcomeKind, shared: boolean): readonly number[] => {
  if (kind === 'denied') return shared ? DELAYS.denied : DELAYS.deniedAlone;
  return kind === 'misconfigured' ? DELAYS.misconfigured : DELAYS.away;
};

/** `random` in [0, 1) takes up to a quarter off, but not of the pause that all keep together because the server counts. */
export const probeDelayMs = (kind: OutcomeKind, probes: number, random: number, shared: boolean): number => {
  const delays = delaysOf(kind, shared);
  const seconds = delays[Math.min(probes, delays.length - 1)] as number;
  return Math.round(seconds * 1_000 * (kind === 'denied' && shared ? 1 : 1 - 0.25 * random));
};

export interface BreakerContext {
  /** Who asks. */
  readonly owner: string;
  readonly nowMs: number;
  readonly random: number;
  readonly credentialsMark: string;
}

export const open = (key: BreakerKey, target: Target, outcome: Outcome, now: BreakerContext): OpenBreaker => ({
  key,
  kind: outcome.kind,
  text: textOf(outcome),
  target,
  openedBy: now.owner,
  openedAtMs: now.nowMs,
  probes: 0,
  probeAtMs: now.nowMs + probeDelayMs(outcome.kind, 0, now.random, true),
  credentialsMark: now.credentialsMark,
});

/** Its probe, or the first write after it, has failed. */
export const reopen = (breaker: OpenBreaker, outcome: Outcome, now: BreakerContext): OpenBreaker => {
  const probes = breaker.probes + 1;
  return {
    ...breaker,
    kind: outcome.kind,
    text: textOf(outcome),
    probes,
    probeAtMs: now.nowMs + probeDelayMs(outcome.kind, probes, now.random, true),
    credentialsMark: now.credentialsMark,
  };
};

/** The same breaker of an environment by itself. */
export const localBreaker = (breaker: OpenBreaker, now: Pick<BreakerContext, 'nowMs' | 'random'>): OpenBreaker => ({
  ...breaker,
  probeAtMs:
    breaker.kind === 'denied'
      ? now.nowMs + probeDelayMs(breaker.kind, breaker.probes, now.random, false)
      : breaker.probeAtMs,
});

/** Whether somebody may probe now. New credentials need not wait for what the old ones have done. */
export const mayProbe = (breaker: OpenBreaker, nowMs: number, credentialsMark: string): boolean =>
  breaker.probeAtMs <= nowMs || (breaker.kind === 'denied' && breaker.credentialsMark !== credentialsMark);

/** What is said to those who want to write meanwhile. */
export const withheldOutcome = (breaker: OpenBreaker): Outcome => ({
  kind: 'withheld',
  text: `the circuit breaker is open (${breaker.kind}): ${breaker.text}`,
});
