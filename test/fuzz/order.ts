/** What the main thread and the thread of a search send each other. */

import type { Failure } from './search.ts';

/** What the main thread passes to a search. */
export interface SearchOrder {
  readonly name: string;
  readonly seed: number;
  /** Time of the search in ms. */
  readonly durationMs: number;
  /** Executions, at most; `undefined` for no limit. */
  readonly executionsMax: number | undefined;
  /** An input to execute instead of a search. */
  readonly reproduced: Uint8Array | undefined;
  /** Whether to return the minimized corpus. */
  readonly minimizes: boolean;
  /** Number of the execution, length of its input, and the input: what the main thread reads when a search hangs. */
  readonly shared: SharedArrayBuffer;
}

/** Figures of a search. */
export interface SearchReport {
  readonly executions: number;
  readonly corpus: number;
  readonly branches: number;
  readonly branchesAll: number;
  readonly features: number;
  readonly stepsMax: number;
}

/** What a search sends to the main thread. */
export type SearchMessage =
  | { readonly kind: 'failed'; readonly report: SearchReport; readonly failure: Failure }
  | { readonly kind: 'ended'; readonly report: SearchReport; readonly minimized: readonly Uint8Array[] };

/** Bytes of the shared memory before the input: two whole numbers. */
export const SHARED_HEAD_BYTES = 8;
