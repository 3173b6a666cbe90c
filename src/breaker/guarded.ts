/**
 * A writer that does not ask a server which is known to be unwell: while a circuit breaker is open, it answers itself.
 * And it asks with one request at a time until the server has let this environment in, and while a breaker is half-open:
 * four at once with a wrong password would nearly lock the user for every client.
 */

import type { Outcome } from '../sink/outcome.ts';
import type { Writer } from '../sink/ports.ts';
import type { SharedBreakers } from './shared-breakers.ts';

/** What one environment knows; it outlives invocations. */
export interface GuardState {
  /** The server has let us in, and has not been away or refused us since. */
  admitted: boolean;
  /** The one request that may be under way while that is not so. */
  asking: Promise<unknown> | undefined;
}

export const guardState = (): GuardState => ({ admitted: false, asking: undefined });

const admits = (outcome: Outcome): boolean => outcome.kind !== 'denied' && outcome.kind !== 'unavailable';

/** `refresh` reads what all know of the breakers, when it was not read lately. */
export const guarded = (
  writer: Writer,
  breakers: SharedBreakers,
  refresh: () => Promise<void>,
  state: GuardState,
): Writer => {
  const ask: Writer['write'] = async (batch, deadline) => {
    const outcome = await writer.write(batch, deadline);
    state.admitted = admits(outcome);
    await breakers.recordOutcome(batch, outcome);
    return outcome;
  };
  return {
    async write(batch, deadline) {
      await refresh();
      const mustWait = (): boolean => !state.admitted || breakers.isHalfOpen(batch.target);
      while (state.asking !== undefined && mustWait()) await state.asking;
      const held = breakers.withheld(batch.target);
      if (held !== undefined) return held;
      const asked = ask(batch, deadline);
      if (mustWait()) {
        const answered = (): void => {
          state.asking = undefined;
        };
        state.asking = asked.then(answered, answered);
      }
      return asked;
    },
  };
};
