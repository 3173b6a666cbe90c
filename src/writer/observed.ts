/** A writer that tells of every single attempt: measured one by one, never across retries. */

import type { Outcome } from '../sink/outcome.ts';
import type { Batch, Writer } from '../sink/ports.ts';

export interface Attempt {
  readonly outcome: Outcome;
  readonly latencyMs: number;
  readonly lines: number;
  readonly bytes: number;
}

export const observed = (writer: Writer, nowMs: () => number, observe: (attempt: Attempt) => void): Writer => ({
  async write(batch: Batch, deadline) {
    const startedMs = nowMs();
    const outcome = await writer.write(batch, deadline);
    observe({ outcome, latencyMs: nowMs() - startedMs, lines: batch.lines, bytes: batch.body.length });
    return outcome;
  },
});
