/** A small sweep that chooses the parameters of the other policies, on seeds that are not reported. */

import { measurePolicy } from './measure.ts';
import { arc, gradient2, vegas } from './policies/concurrency-limits.ts';
import { type Policy, peer } from './policies.ts';

const SEEDS = [1, 2];
const CASES = ['steady', 'slow', 'one-instance'];

const candidates = (): readonly (readonly [string, Policy])[] =>
  [500, 1_000, 2_000].flatMap((batchLines) => [
    ...[0.5, 0.7, 0.9].map((decreaseRatio): readonly [string, Policy] => [
      `arc, ${batchLines} lines, x ${decreaseRatio}`,
      peer(arc({ batchLines, decreaseRatio }), '', batchLines),
    ]),
    ...[0.5, 1, 3].map((alpha): readonly [string, Policy] => [
      `vegas, ${batchLines} lines, ${alpha} to ${2 * alpha} waiting`,
      peer(vegas({ batchLines, alpha, beta: 2 * alpha }), '', batchLines),
    ]),
    ...[0.5, 1, 4].map((queueSize): readonly [string, Policy] => [
      `gradient2, ${batchLines} lines, ${queueSize} waiting`,
      peer(gradient2({ batchLines, queueSize }), '', batchLines),
    ]),
  ]);

/** Prints the result of each combination of parameters. */
export const tunePeers = (print: (line: string) => void): void => {
  for (const [name, policy] of candidates()) {
    const figures = CASES.map((one) => {
      const plan = { case: one, policy: name, invocations: 200, roundTripMs: 2, cores: 2, seeds: SEEDS };
      const row = measurePolicy(plan, policy);
      const errors = row.rejected + row.timedOut;
      return `${one} ${(100 * row.shareOfOracle).toFixed(0)} %, ${row.p99OverUnloaded} x, ${errors} errors`;
    });
    print(`${name.padEnd(36)} ${figures.join(' | ')}`);
  }
};
