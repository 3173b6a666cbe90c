/**
 * A run of the flush function in one or several passes. While something waits and the server may come back, it tries again
 * every few seconds (docs/decisions/0047), because the interval of its schedule is a minute.
 */

import type { Runtime } from '../runtime/runtime.ts';
import type { OutcomeKind } from '../sink/outcome.ts';
import { type FlushPorts, type FlushResult, flush } from './flush.ts';

/** Time after its start at which a run ends. The schedule starts the next one 60 s after it. */
const STAY_MS = 58_000;
/** Time after its start until which other runs need not be requested. */
const CLAIM_MS = 60_000;
/** Shortest and usual pause between two passes. */
const PAUSE_MS_MIN = 500;
const PAUSE_MS = 3_000;
/** Time before the end of the invocation that a pass needs, at least. */
const PASS_MS = 5_000;

/** Failures that end without an operator. */
const PASSING: ReadonlySet<string> = new Set<OutcomeKind>(['unavailable', 'throttled']);

/**
 * Makes a run.
 *
 * @param remainingMs - Time until Lambda ends the invocation.
 * @param onPass - Receives the results of the first pass, of passes that wrote or quarantined anything, and of the last
 *   one. The attempts of the passes in between are part of the next result.
 * @throws If a pass cannot read or write the table.
 */
export const flushAndStay = async (
  runtime: Runtime,
  ports: FlushPorts,
  remainingMs: number,
  onPass: (result: FlushResult) => void,
): Promise<void> => {
  const { clock } = runtime.services;
  const startMs = clock.monotonicMs();
  const time = (): RunTime => {
    const spentMs = clock.monotonicMs() - startMs;
    return { spentMs, remainingMs: remainingMs - spentMs };
  };
  let result = await flush(runtime, ports, remainingMs);
  let pauseMs = nextPassInMs(runtime, result, time());
  onPass(result);
  if (pauseMs !== undefined) await claim(runtime);
  let unreported: FlushResult | undefined;
  while (pauseMs !== undefined) {
    await clock.sleep(pauseMs);
    // Orphans and other sinks were searched for in the first pass.
    result = await flush(runtime, { ...ports, orphans: undefined }, time().remainingMs);
    if (unreported !== undefined) result = { ...result, attempts: [...unreported.attempts, ...result.attempts] };
    pauseMs = nextPassInMs(runtime, result, time());
    unreported = pauseMs !== undefined && !hasSettled(result) ? result : undefined;
    if (unreported === undefined) onPass(result);
  }
};

const hasSettled = ({ drained }: FlushResult): boolean =>
  (drained?.eventsWritten ?? 0) > 0 || (drained?.eventsQuarantined ?? 0) > 0;

/** Announces this run, so that the ingest function requests no other one. Nothing depends on it. */
const claim = async ({ services: { clock, state, owner } }: Runtime): Promise<void> => {
  const nowMs = clock.nowMs();
  const deadline = clock.deadlineIn(1_000);
  await state?.claimFlush({ owner, untilMs: nowMs + CLAIM_MS }, nowMs, deadline).catch(() => false);
  deadline.release();
};

interface RunTime {
  readonly spentMs: number;
  readonly remainingMs: number;
}

/** Returns the pause before the next pass, or `undefined` if the run ends. */
const nextPassInMs = (runtime: Runtime, result: FlushResult, { spentMs, remainingMs }: RunTime): number | undefined => {
  const pauseMs = pauseAfter(runtime, result);
  if (pauseMs === undefined || spentMs + pauseMs > STAY_MS || remainingMs - pauseMs < PASS_MS) return undefined;
  return pauseMs;
};

const pauseAfter = (runtime: Runtime, { backlog, drained }: FlushResult): number | undefined => {
  if (backlog.segments === 0 || drained === undefined || runtime.holdInForce() !== undefined) return undefined;
  const server = runtime.openServerBreaker();
  if (server !== undefined) {
    if (!PASSING.has(server.kind)) return undefined;
    const { clock } = runtime.services;
    // The clocks of instances differ, and another instance may hold the lease of the probe.
    return Math.min(PAUSE_MS, Math.max(PAUSE_MS_MIN, server.probeAtMs - clock.nowMs()));
  }
  if (Object.keys(drained.unwritten).some((kind) => PASSING.has(kind))) return PAUSE_MS;
  // The server is back. Instances have stored more lines meanwhile.
  return drained.eventsWritten > 0 ? PAUSE_MS_MIN : undefined;
};
