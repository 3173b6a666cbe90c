/**
 * A writer that does not hammer a server that has said no. Wrong credentials lock the user for every client after five
 * tries, and a missing database stays missing for a while: after such an answer this environment gives it itself for a
 * time, without a request. And until a server has once let it in, an environment asks with one request at a time: four
 * at once with a wrong password would nearly lock the user. (What all instances know together is a matter for the shared
 * breaker.)
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

/** What one environment knows; it outlives invocations. */
export interface GuardState {
  readonly holds: Map<string, Hold>;
  /** The server has let us in, and has not been away or refused us since. */
  admitted: boolean;
  /** The one request that may be under way while that is not so. */
  asking: Promise<unknown> | undefined;
}

export const guardState = (): GuardState => ({ holds: new Map(), admitted: false, asking: undefined });

export const guarded = (writer: Writer, nowMs: () => number, state: GuardState): Writer => {
  const { holds } = state;
  const heldBack = (scope: string): Outcome | undefined => {
    const hold = holds.get(scope);
    if (hold === undefined || hold.untilMs > nowMs()) return hold?.outcome;
    holds.delete(scope);
    return undefined;
  };
  const ask: Writer['write'] = async (batch, deadline) => {
    const outcome = await writer.write(batch, deadline);
    const ms = holdMs(outcome);
    if (ms > 0) holds.set(scopeOf(batch, outcome), { outcome, untilMs: nowMs() + ms });
    state.admitted = outcome.kind !== 'denied' && outcome.kind !== 'unavailable';
    return outcome;
  };
  return {
    async write(batch, deadline) {
      while (!state.admitted && state.asking !== undefined) await state.asking;
      const held = heldBack(WHOLE_SERVER) ?? heldBack(targetKey(batch.target));
      if (held !== undefined) return held;
      const asked = ask(batch, deadline);
      if (!state.admitted) {
        const answered = (): void => {
          state.asking = undefined;
        };
        state.asking = asked.then(answered, answered);
      }
      return asked;
    },
  };
};
