/** The policies by name, each with its limit of invocations. */

import { arc, gradient2, vegas } from './policies/concurrency-limits.ts';
import { fixed } from './policies/fixed.ts';
import { flink, flinkShared } from './policies/flink.ts';
import { ours } from './policies/ours.ts';
import type { PolicyMaker } from './policy.ts';

/** A policy, and the limits that it runs with. */
export interface Policy {
  readonly maker: PolicyMaker;
  /**
   * `account`: all invocations that the account allows. `per-core`: five per core of the server, which the operator
   * must know. `template`: the default of the template.
   */
  readonly limit: 'account' | 'per-core' | 'template';
  readonly mayMove?: true;
  readonly batchLinesMax: number;
  readonly title: string;
}

/**
 * The best values of a small sweep (`--tune`). With at least one request in flight, only the lines per request matter.
 */
const TUNED = {
  arc: { batchLines: 2_000, decreaseRatio: 0.7 },
  vegas: { batchLines: 2_000, alpha: 0.5, beta: 1 },
  gradient2: { batchLines: 2_000, queueSize: 0.5 },
} as const;

/** Returns a policy with all invocations of the account. */
export const peer = (maker: PolicyMaker, title: string, batchLinesMax: number): Policy => ({
  maker,
  limit: 'account',
  batchLinesMax,
  title,
});

/** All policies. */
export const POLICIES: Readonly<Record<string, Policy>> = {
  'fixed-500': peer(fixed(500), '500 lines', 500),
  'fixed-1000': peer(fixed(1_000), '1,000 lines', 1_000),
  'fixed-5000': peer(fixed(5_000), '5,000 lines', 5_000),
  'fixed-2000-mc5': { ...peer(fixed(2_000), '2,000 lines, five invocations per core', 2_000), limit: 'per-core' },
  flink: peer(flink(500), "Flink connector's rule, each instance alone", 5_000),
  'flink-shared': peer(flinkShared(500), "Flink connector's rule, one size for all", 5_000),
  arc: peer(arc(TUNED.arc), "Vector's ARC, each instance alone", 2_000),
  vegas: peer(vegas(TUNED.vegas), 'Vegas, each instance alone', 2_000),
  gradient2: peer(gradient2(TUNED.gradient2), 'Gradient2, each instance alone', 2_000),
  'vegas-mc5': { ...peer(vegas(TUNED.vegas), 'Vegas, five invocations per core', 2_000), limit: 'per-core' },
  'ours-share': peer(ours, 'this controller, without a limit of invocations', 2_000),
  'ours-mc5': { ...peer(ours, 'this controller, five invocations per core', 2_000), limit: 'per-core' },
  ours: { ...peer(ours, 'this controller, moving MaximumConcurrency', 2_000), limit: 'template', mayMove: true },
};
