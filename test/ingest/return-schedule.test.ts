import { expect, test } from 'vitest';
import { VISIBILITY_SECONDS_MAX, visibilitySeconds } from '../../src/ingest/return-schedule.ts';

const RETENTION_SECONDS = 14 * 24 * 3600;
const MAX_RECEIVES = 1_000;

test('a thousand receives outlast the retention of the queue, however the dice fall', () => {
  let shortest = 0;
  for (let receive = 1; receive < MAX_RECEIVES; receive++) shortest += visibilitySeconds(receive, 0.999_999);
  expect(shortest).toBeGreaterThan(RETENTION_SECONDS);
});

test('the first returns come back soon, later ones within half an hour', () => {
  expect([1, 2, 5, 11, 5_000].map((receives) => visibilitySeconds(receives, 0))).toEqual([
    2,
    4,
    32,
    VISIBILITY_SECONDS_MAX,
    VISIBILITY_SECONDS_MAX,
  ]);
});

test('messages that were returned together part', () => {
  const seconds = Array.from({ length: 100 }, (_, i) => visibilitySeconds(10, i / 100));
  expect(new Set(seconds).size).toBeGreaterThan(90);
});
