/**
 * Compares the scanner with the ordinary path for generated bodies. `SCAN_BODIES` sets another number of bodies.
 * docs/decisions/0045 is based on ten million of them.
 */

import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TEST_SEED } from '../seed.ts';
import { compareBodies } from '../sink/scan/scan-laws.ts';

const BODIES = Number(process.env.SCAN_BODIES ?? 500_000);
/** Bodies between two reports. */
const ROUND = 100_000;
const LIMIT_MS = 3 * 60 * 60 * 1_000;

test(
  'generated bodies have the same result with the scanner and without it',
  async () => {
    let scanned = 0;
    for (let done = 0; done < BODIES; done += ROUND) {
      const report = compareBodies(ROUND, TEST_SEED + done / ROUND);
      expect(report.differences, `seed ${TEST_SEED + done / ROUND}`).toEqual([]);
      scanned += report.scanned;
      // Lets the runner print the report of this round.
      await setImmediate();
      console.log(`seed ${TEST_SEED + done / ROUND}: ${done + ROUND} bodies, ${scanned} of them scanned`);
    }
    expect(scanned).toBeGreaterThan(BODIES / 5);
  },
  LIMIT_MS,
);
