/**
 * Returns `withheld` without sending a request while a circuit breaker is open. Only one request is in flight until the
 * server has admitted this instance, and while a breaker is half-open. Four concurrent requests with a wrong password
 * would nearly lock the user for every client.
 */

import type { Outcome } from '../sink/outcome.ts';
import type { Writer, WriterWrapper } from '../sink/ports.ts';
import type { SharedBreakers } from './shared-breakers.ts';

/** Admission of one instance by the server. It outlives invocations. */
export interface GuardState {
  /**
   * Whether the server has responded to this instance, and has neither been unavailable nor denied access since then.
   */
  admitted: boolean;
  /** The only request that may be in flight until then; `undefined` if none is. */
  asking: Promise<unknown> | undefined;
}

/** Creates the state of an instance that has not sent a request. */
export const guardState = (): GuardState => ({ admitted: false, asking: undefined });

const admits = (outcome: Outcome): boolean => outcome.kind !== 'denied' && outcome.kind !== 'unavailable';

/**
 * Creates the wrapper. It does no I/O itself, because the breakers are updated between batches (docs/decisions/0025).
 */
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
