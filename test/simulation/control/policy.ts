/**
 * Port of a policy, which the model calls. Each instance has one policy, and policies of a sink may share state.
 */

import type { Decision } from '../../../src/controller/decision.ts';
import type { AttemptSeen } from '../../../src/controller/epoch-counter.ts';
import type { Dice } from './dice.ts';
import type { Events } from './events.ts';
import type { TableModel } from './table-model.ts';

/** Clock time at the start of a run, far from the Unix epoch. */
export const START_MS = 1_000_000_000;

/** Policy of one instance. */
export interface InstancePolicy {
  /** Lines of the next batch. */
  batchLines(): number;
  /** Number of requests that may be in flight now. `luck`, in [0, 1), is constant for one invocation. */
  requestsAtOnce(luck: number): number;
  invocationStarted?(): void;
  invocationEnded?(): void;
  wished?(): void;
  granted?(): void;
  /** Calls back when the request may be sent, or at the deadline. Undefined: the request is sent immediately. */
  pause?(deadlineMs: number, go: () => void): void;
  attempted(seen: AttemptSeen): void;
}

/** State that the instances of one sink share. */
export interface PolicyWorld {
  readonly events: Events;
  readonly dice: Dice;
  readonly table: TableModel;
  /** Requests of one invocation that the sink allows in flight. */
  readonly inFlightMax: number;
  readonly batchLinesMax: number;
  /** Initial limit of the event source; undefined without a limit. */
  readonly maximumConcurrency: number | undefined;
  readonly mayMoveMaximumConcurrency: boolean;
  /** Called with each shared decision. */
  readonly decided: (decision: Decision) => void;
}

/** Creates the policies of one sink, one per instance. */
export type PolicyMaker = (world: PolicyWorld) => () => InstancePolicy;
