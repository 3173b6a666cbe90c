/**
 * A writer that does not hammer a server that has said no. Wrong credentials lock the user for every client after five
 * tries, and a missing database stays missing for a while: after such an answer this environment gives it itself for a
 * time, without a request. (What all instances know together is a matter for the shared breaker.)
 */

import type { Outcome } from '../sink/outcome.ts';
import { type Batch, targetKey, type Writer } from '../sink/writer.ts';

/** Half of the server's lock of 30 s would renew it; 35 s see it end. */
const LOCKED_MS = 35_000;
const DENIED_MS = 30_000;
const MISCONFIGURED_MS = 2_000;

const WHOLE_SERVER = '';

interface Hold {
  readonly outcome: Outcome;
  readonly untilMs: number;
}

const holdMs = (outcome: Outcome): number => {
  if (outcome.kind === 'denied') return outcome.text.includes('user is locked') ? LOCKED_MS : DENIED_MS;
  return outcome.kind === 'misconfigured' ? MISCONFIGURED_MS : 0;
};

const scopeOf = (batch: Batch, outcome: Outcome): string =>
  outcome.kind === 'denied' && outcome.scope === 'server' ? WHOLE_SERVER : targetKey(batch.target);

/** `holds` lives as long as the environment, so that the next invocation knows too. */
export const guarded = (writer: Writer, nowMs: () => number, holds: Map<string, Hold>): Writer => {
  const heldBack = (scope: string): Outcome | undefined => {
    const hold = holds.get(scope);
    if (hold === undefined || hold.untilMs > nowMs()) return hold?.outcome;
    holds.delete(scope);
    return undefined;
  };
  return {
    async write(batch, deadline) {
      const held = heldBack(WHOLE_SERVER) ?? heldBack(targetKey(batch.target));
      if (held !== undefined) return held;
      const outcome = await writer.write(batch, deadline);
      const ms = holdMs(outcome);
      if (ms > 0) holds.set(scopeOf(batch, outcome), { outcome, untilMs: nowMs() + ms });
      return outcome;
    },
  };
};

export type Holds = Parameters<typeof guarded>[2];
