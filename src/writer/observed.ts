/** Wrapper that reports every attempt. Each attempt is measured separately, without retries. */

import type { Outcome } from '../sink/outcome.ts';
import type { WriterWrapper } from '../sink/ports.ts';

/** One request that was sent. */
export interface Attempt {
  readonly outcome: Outcome;
  readonly latencyMs: number;
  readonly lines: number;
  /** Bytes of the body before compression. */
  readonly bytes: number;
}

/**
 * Creates the wrapper.
 *
 * @param nowMs - A clock that never jumps.
 */
export const observed =
  (nowMs: () => number, observe: (attempt: Attempt) => void): WriterWrapper =>
  (inner) => ({
    async write(batch, deadline) {
      const startedMs = nowMs();
      const outcome = await inner.write(batch, deadline);
      observe({ outcome, latencyMs: nowMs() - startedMs, lines: batch.lines, bytes: batch.body.length });
      return outcome;
    },
  });
