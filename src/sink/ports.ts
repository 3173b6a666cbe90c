/** The port through which lines leave: one batch of one target, answered by one outcome. */

import type { Deadline } from './deadline.ts';
import type { Outcome } from './outcome.ts';

/** Database and retention policy that a line goes to. */
export interface Target {
  readonly database: string;
  /** The server's default policy when undefined. */
  readonly retentionPolicy: string | undefined;
}

/** Two targets with the same key are the same target. Neither name can hold a slash (openGemini refuses it). */
export const targetKey = (target: Target): string => `${target.database}/${target.retentionPolicy ?? ''}`;

/**
 * Lines of one target, joined by `\n`, every line validated. A writer must not change or keep `body` after it has
 * answered, and must not throw: whatever happens is an outcome.
 */
export interface Batch {
  readonly target: Target;
  readonly body: Uint8Array;
  readonly lines: number;
}

export interface Writer {
  write(batch: Batch, deadline: Deadline): Promise<Outcome>;
}
