/**
 * Returns `withheld` without sending a request while a circuit breaker is open. Only one request is in flight until the
 * server has admitted this instance, and while a breaker is half-open: four concurrent requests with a wrong password
 * would nearly lock the user for every client.
 */

import type { Outcome } from '../sink/outcome.ts';
import type { Writer, WriterWrapper } from '../sink/ports.ts';
import type { SharedBreakers } from './shared-breakers.ts';

/** What one instance knows about its admission. It outlives invocations. */
export interface GuardState {
  /** The server has responded to this instance, and was neither unavailable nor denied access since. */
  admitted: boolean;
  /** The one request that may be in flight while that is not so. */
  asking: Promise<unknown> | undefined;
}

export const guardState = (): GuardState => ({ admitted: false, asking: undefined });

const admits = (outcome: Outcome): boolean => outcome.kind !== 'denied' && outcome.kind !== 'unavailable';

/** Does no I/O of its own: `breakers` contains what was read between batches. */
export const guarded =
  (breakers: SharedBreakers, state: GuardState): WriterWrapper =>
  (inner) => {
    const send: Writer['write'] = async (batch, deadline) => {
      const outcome = await inner.write(batch, deadline);
      state.admitted = admits(outcome);
      await breakers.recordOutcome(batch, outcome);
      return outcome;
    };
    return {
      async write(batch, deadline) {
        const isAlone = (): boolean => !state.admitted || breakers.isHalfOpen(batch.target);
        while (state.asking !== undefined && isAlone()) await state.asking;
        const withheld = breakers.withheld(batch.target);
        if (withheld !== undefined) return withheld;
        const sent = send(batch, deadline);
        if (isAlone()) {
          const ended = (): void => {
            state.asking = undefined;
          };
          state.asking = sent.then(ended, ended);
        }
        return sent;
      },
    };
  };
