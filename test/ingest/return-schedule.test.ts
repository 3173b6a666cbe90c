/** Visibility by receive count. Covers `src/ingest/return-schedule.ts`. */

import { expect, test } from 'vitest';
import { VISIBILITY_SECONDS_MAX, visibilitySeconds } from '../../src/ingest/return-schedule.ts';

const RETENTION_SECONDS = 14 * 24 * 3600;
const MAX_RECEIVES = 1_000;

test('spreads 1,000 receives over more than the retention of the queue for any jitter', () => {
  let shortest = 0;
  for (let receive = 1; receive < MAX_RECEIVES; receive++) shortest += visibilitySeconds(receive, 0.999_999);
  expect(shortest).toBeGreaterThan(RETENTION_SECONDS);
});

test('returns messages soon at first, and later after at most half an hour', () => {
  expect([1, 2, 5, 11, 5_000].map((receives) => visibilitySeconds(receives, 0))).toEqual([
    2,
    4,
    32,
    VISIBILITY_SECONDS_MAX,
    VISIBILITY_SECONDS_MAX,
  ]);
});

test('spreads messages that were returned together', () => {
  const seconds = Array.from({ length: 100 }, (_, i) => visibilitySeconds(10, i / 100));
  expect(new Set(seconds).size).toBeGreaterThan(90);
});
