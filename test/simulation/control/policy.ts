/** What the model asks whoever decides: one policy for each instance, which may share something with its fellows. */

import type { Decision } from '../../../src/controller/decision.ts';
import type { AttemptSeen } from '../../../src/controller/epoch-counter.ts';
import type { Dice } from './dice.ts';
import type { Events } from './events.ts';
import type { TableModel } from './table-model.ts';

/** The clock of the day at the beginning of a run: not near the epoch of Unix. */
export const START_MS = 1_000_000_000;

export interface InstancePolicy {
  /** Lines of the next batch. */
  batchLines(): number;
  /** Requests that may be under way now; `luck` in [0, 1) is the same for one invocation. */
  requestsAtOnce(luck: number): number;
  invocationStarted?(): void;
  invocationEnded?(): void;
  wished?(): void;
  granted?(): void;
  /** Calls back when the request may be sent, or at the deadline. Undefined: at once. */
  pause?(deadlineMs: number, go: () => void): void;
  attempted(seen: AttemptSeen): void;
}

/** What the instances of one sink have in common. */
export interface PolicyWorld {
  readonly events: Events;
  readonly dice: Dice;
  readonly table: TableModel;
  /** Requests of one invocation at once that the sink permits. */
  readonly inFlightMax: number;
  readonly batchLinesMax: number;
  /** What the event source begins with; undefined without a limit. */
  readonly maximumConcurrency: number | undefined;
  readonly mayMoveMaximumConcurrency: boolean;
  /** Tells what was decided for all. */
  readonly decided: (decision: Decision) => void;
}

export type PolicyMaker = (world: PolicyWorld) => () => InstancePolicy;
