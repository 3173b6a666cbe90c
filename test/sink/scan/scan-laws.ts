/** The law of the scanner: what it writes is what the ordinary path writes, for any body. */

import { isDeepStrictEqual } from 'node:util';
import { randomFrom } from '../../../local/workload/random.ts';
import { message } from '../make.ts';
import { Bodies, scannedMappings } from './bodies.ts';
import { BothPaths } from './both-paths.ts';

/** What a run of the comparison has seen. */
export interface ScanReport {
  bodies: number;
  /** Bodies that the scanner has accepted. */
  scanned: number;
  /** Bodies with different results, the first ten of them. */
  readonly differences: object[];
}

const SENT_AT_MS = 1_780_000_000_000;

/** Compares both paths for generated bodies. */
export const compareBodies = (count: number, seed: number): ScanReport => {
  const report: ScanReport = { bodies: 0, scanned: 0, differences: [] };
  const paths = scannedMappings().map((mapping) => new BothPaths(mapping));
  const bodies = new Bodies(seed);
  const random = randomFrom(seed + 1);
  for (; report.bodies < count; report.bodies++) {
    const body = bodies.next();
    const one = { ...message(body), sentAtMs: SENT_AT_MS + random.below(1e9) };
    const { isScanned, scanned, decoded } = random.pick(paths).compare(one);
    if (isScanned) report.scanned += 1;
    // Strings are compared first, because a comparison of trees takes longer than both conversions.
    if (JSON.stringify(scanned) === JSON.stringify(decoded) || isDeepStrictEqual(scanned, decoded)) continue;
    if (report.differences.length < 10) report.differences.push({ body, scanned, decoded });
  }
  return report;
};
