/**
 * The circuit breaker as pure functions: what opens it, when it is probed, and how its state changes. There is one
 * breaker for the whole server and one for each target. `shared-breakers.ts` keeps the states of one instance, and
 * `breaker-store.ts` is the port to the state of all instances.
 */

import { createHash } from 'node:crypto';
import { consequenceOf, isUnexplained, type Outcome, type OutcomeKind, textOf } from '../sink/outcome.ts';
import { type Batch, type Target, targetKey } from '../sink/ports.ts';

/** Key of a breaker: `server`, or `target#` and the key of the target. */
export type BreakerKey = string;

/** Key of the breaker of the whole server. */
export const SERVER: BreakerKey = 'server';
/** Returns the key of the breaker of a target. */
export const targetBreaker = (target: Target): BreakerKey => `target#${targetKey(target)}`;

/** A breaker that is not closed, as it is stored. */
export interface OpenBreaker {
  readonly key: BreakerKey;
  /** Kind of the outcome that opened it, or of its last probe. */
  readonly kind: OutcomeKind;
  /** Error text of that outcome. */
  readonly text: string;
  /** Target of its probes. */
  readonly target: Target;
  /** The instance that opened it. */
  readonly openedBy: string;
  readonly openedAtMs: number;
  /** Probes that failed for the same kind of reason. */
  readonly probes: number;
  /** No instance probes before this time. */
  readonly probeAtMs: number;
  /** Identifies the credentials that were denied; changed credentials are probed immediately. */
  readonly credentialsMark: string;
}

/** Failures since the last success. */
export interface Failures {
  readonly count: number;
  /** Fingerprints of the bodies that failed, at most `BODIES_TO_OPEN`. */
  readonly bodies: readonly string[];
}

/** Value after a success. */
export const NO_FAILURES: Failures = { count: 0, bodies: [] };

/**
 * State of one breaker in one instance. `isLocal`: the store did not respond, so the breaker is not shared. Only the
 * instance that holds the lease of the probe is half-open. For all others the breaker is open.
 */
export type BreakerState =
  | { readonly status: 'closed'; readonly failures: Failures }
  | { readonly status: 'open'; readonly breaker: OpenBreaker; readonly isLocal: boolean }
  | HalfOpen;

/** State of the instance that tests whether the server has recovered. */
export interface HalfOpen {
  readonly status: 'half-open';
  readonly breaker: OpenBreaker;
  /** Failures since the probe began. */
  readonly failures: Failures;
  /** A failure since the probe that may have been caused by a line of the body. */
  readonly doubt: Outcome | undefined;
}

/** State of a breaker for which no state is stored. */
export const CLOSED: BreakerState = { status: 'closed', failures: NO_FAILURES };

/** Returns the state of the instance that has taken the lease of the probe. */
export const halfOpen = (breaker: OpenBreaker): HalfOpen => ({
  status: 'half-open',
  breaker,
  failures: NO_FAILURES,
  doubt: undefined,
});

/** The state after an outcome, and the action that it requires in addition. Only a half-open breaker is closed or reopened. */
export type BreakerStep = readonly [BreakerState, 'none' | 'open'] | readonly [HalfOpen, 'reopen' | 'close'];

/** Returns the breaker that an outcome concerns; `undefined` if it is a failure of neither server nor target. */
export const breakerOf = (outcome: Outcome, target: Target): BreakerKey | undefined => {
  const { breaker } = consequenceOf(outcome);
  if (breaker === 'server') return SERVER;
  return breaker === 'target' ? targetBreaker(target) : undefined;
};

/**
 * Failures in a row that open a breaker, of at least two different bodies. A failing line alone must not stop all
 * writes.
 */
export const FAILURES_TO_OPEN = 5;
const BODIES_TO_OPEN = 2;
/**
 * Weight of a failure of a busy server. The controller reacts to it, so it opens a breaker only if no other response
 * arrives for long.
 */
const BUSY_WEIGHT = 0.25;

const isBusy = (outcome: Outcome): boolean => outcome.kind === 'throttled' && !outcome.unexplained;

/** Identifies a body together with its target. */
export const fingerprint = ({ target, body }: Batch): string =>
  createHash('sha1').update(targetKey(target)).update(body).digest('base64');

/** Whether a line of the batch may have caused the failure. */
export const mayBeCausedByLine = ({ lines }: Batch, outcome: Outcome): boolean => lines > 0 && isUnexplained(outcome);

/** Whether one response is enough, because no line can cause the outcome. */
const isConclusive = (outcome: Outcome): boolean => outcome.kind === 'denied' || outcome.kind === 'misconfigured';

/** Returns the failures with one more. */
export const addFailure = (failures: Failures, outcome: Outcome, body: string): Failures => ({
  count: failures.count + (isBusy(outcome) ? BUSY_WEIGHT : 1),
  bodies: failures.bodies.includes(body) ? failures.bodies : [...failures.bodies, body].slice(-BODIES_TO_OPEN),
});

/** Whether these failures open a breaker. */
export const opens = (failures: Failures, outcome: Outcome): boolean =>
  isConclusive(outcome) || (failures.count >= FAILURES_TO_OPEN && failures.bodies.length >= BODIES_TO_OPEN);

/** Returns state and action after a request that failed because of this breaker's server or target. */
export const afterFailure = (state: BreakerState, batch: Batch, outcome: Outcome): BreakerStep => {
  // The request was sent before the breaker opened.
  if (state.status === 'open') return [state, 'none'];
  const failures = addFailure(state.failures, outcome, fingerprint(batch));
  if (state.status === 'closed') return [{ ...state, failures }, opens(failures, outcome) ? 'open' : 'none'];
  // A body may contain a line that fails even on a healthy server, so other bodies are tried first.
  if (mayBeCausedByLine(batch, outcome) && failures.bodies.length < BODIES_TO_OPEN)
    return [{ ...state, failures, doubt: outcome }, 'none'];
  return [{ ...state, failures }, 'reopen'];
};

/** Returns state and action after a response that shows that this breaker's server or target works. */
export const afterSuccess = (state: BreakerState, { lines }: Batch, outcome: Outcome): BreakerStep => {
  if (state.status === 'closed') return [CLOSED, 'none'];
  // A half-open breaker has accepted an empty write already, so another one adds nothing.
  if (state.status === 'open' || lines === 0) return [state, 'none'];
  const working = { ...state, failures: NO_FAILURES };
  return consequenceOf(outcome).breaker === 'closes' ? [working, 'close'] : [working, 'none'];
};

/** Returns the state after the shared breakers were read. `stored` is the shared breaker of this key. */
export const afterRead = (state: BreakerState, stored: OpenBreaker | undefined): BreakerState => {
  if (state.status === 'half-open') {
    // If the times differ, the lease has expired, and another instance has probed since then and opened the breaker again.
    const isReopened = stored !== undefined && stored.probeAtMs !== state.breaker.probeAtMs;
    return isReopened ? { status: 'open', breaker: stored, isLocal: false } : state;
  }
  if (stored !== undefined) return { status: 'open', breaker: stored, isLocal: false };
  return state.status === 'open' ? CLOSED : state;
};

/** Probe delays in seconds, by the number of probes that failed. The last one repeats. */
const DELAYS = {
  /** Short, because recovery waits for the next probe, and one instance of all sends it. */
  unavailable: [1, 2, 4],
  /**
   * The server counts wrong passwords, and five within 30 s of each other lock the user for all clients. Wider apart they
   * are never added up (openGemini, `lib/metaclient/auth.go`; docs/decisions/0014).
   */
  denied: [35, 60, 120],
  /**
   * Without shared breakers each instance probes separately. The delays are ten times as long and half of them is random
   * in both directions, so that five probes of a few instances are seldom within 30 s of each other. With many instances
   * they may be.
   */
  deniedLocal: [350, 600, 1_200],
  misconfigured: [2, 4, 8, 16, 30],
} as const;

const delaysOf = (kind: OutcomeKind, shared: boolean): readonly number[] => {
  if (kind === 'denied') return shared ? DELAYS.denied : DELAYS.deniedLocal;
  return kind === 'misconfigured' ? DELAYS.misconfigured : DELAYS.unavailable;
};

/**
 * Returns the delay until the next probe, in ms. Up to a quarter is subtracted at random. The exceptions are the delays of
 * denied credentials, because the server counts wrong passwords: the shared one must stay above 30 s, and the local one is
 * spread over as much time as it is long.
 *
 * @param random - Uniform in [0, 1).
 */
export const probeDelayMs = (kind: OutcomeKind, probes: number, random: number, shared: boolean): number => {
  const delays = delaysOf(kind, shared);
  const seconds = delays[Math.min(probes, delays.length - 1)] as number;
  return Math.round(seconds * 1_000 * spreadOf(kind, random, shared));
};

const spreadOf = (kind: OutcomeKind, random: number, shared: boolean): number => {
  if (kind !== 'denied') return 1 - 0.25 * random;
  return shared ? 1 : 0.5 + random;
};

/** Inputs of a transition in addition to the outcome. */
export interface BreakerContext {
  /** Unique id of the instance. */
  readonly owner: string;
  readonly nowMs: number;
  /** Uniform in [0, 1). */
  readonly random: number;
  readonly credentialsMark: string;
}

/** Returns the breaker that this instance opens after an outcome. */
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

/** Returns the breaker after its probe, or the first write after the probe, failed. */
export const reopen = (breaker: OpenBreaker, outcome: Outcome, now: BreakerContext): OpenBreaker => {
  // Another cause has delays of its own: that of a wrong password begins at 35 s, also after an outage.
  const probes = outcome.kind === breaker.kind ? breaker.probes + 1 : 0;
  return {
    ...breaker,
    kind: outcome.kind,
    text: textOf(outcome),
    probes,
    probeAtMs: now.nowMs + probeDelayMs(outcome.kind, probes, now.random, true),
    credentialsMark: now.credentialsMark,
  };
};

/** Returns the breaker for an instance that does not share it. */
export const localBreaker = (breaker: OpenBreaker, now: Pick<BreakerContext, 'nowMs' | 'random'>): OpenBreaker => ({
  ...breaker,
  probeAtMs:
    breaker.kind === 'denied'
      ? now.nowMs + probeDelayMs(breaker.kind, breaker.probes, now.random, false)
      : breaker.probeAtMs,
});

/** Whether a probe is due. New credentials need not wait for the delay that the old ones caused. */
export const mayProbe = (breaker: OpenBreaker, nowMs: number, credentialsMark: string): boolean =>
  breaker.probeAtMs <= nowMs || (breaker.kind === 'denied' && breaker.credentialsMark !== credentialsMark);

/** Returns the outcome of a write while the breaker is open. */
export const withheldOutcome = (breaker: OpenBreaker): Outcome => ({
  kind: 'withheld',
  text: `the circuit breaker is open (${breaker.kind}): ${breaker.text}`,
});
