/** Leases of shards. */

import { expect, test } from 'vitest';
import { type FreshTable, NOW_MS, soonEnough } from './made-up.ts';

/** Declares the tests of the leases. */
export const leaseContract = (fresh: FreshTable): void => {
  /** Leases a shard for 10 s, starting `afterMs` after `NOW_MS`. */
  const setUp = async () => {
    const views = await fresh();
    const { segments } = views('sink');
    const lease = (owner: string, afterMs = 0, shard = 3): Promise<boolean> =>
      segments.lease(shard, owner, NOW_MS + afterMs + 10_000, NOW_MS + afterMs, soonEnough());
    return { views, lease, release: (owner: string, shard = 3) => segments.release(shard, owner, soonEnough()) };
  };

  test('a shard has one owner until exactly the end of the lease', async () => {
    const { lease } = await setUp();
    expect(await lease('one')).toBe(true);
    expect(await lease('two')).toBe(false);
    expect(await lease('two', 9_999)).toBe(false);
    expect(await lease('two', 10_000)).toBe(true);
    expect(await lease('one', 10_001)).toBe(false);
  });

  test('of ten concurrent leases of a shard, one succeeds', async () => {
    const { lease } = await setUp();
    const asked = await Promise.all(Array.from({ length: 10 }, (_, number) => lease(`owner ${number}`)));
    expect(asked.filter((won) => won)).toHaveLength(1);
  });

  test('the owner of a shard can extend its lease', async () => {
    const { lease } = await setUp();
    await lease('one');
    expect(await lease('one', 5_000)).toBe(true);
    expect(await lease('two', 14_999)).toBe(false);
    expect(await lease('two', 15_000)).toBe(true);
  });

  test('only the owner can release a shard', async () => {
    const { lease, release } = await setUp();
    await lease('one');
    await release('two');
    expect(await lease('two')).toBe(false);
    await release('one');
    expect(await lease('two')).toBe(true);
    // An owner whose lease was taken over can release nothing.
    await release('one');
    expect(await lease('three')).toBe(false);
  });

  test('a shard that was released twice, or never leased, is free', async () => {
    const { lease, release } = await setUp();
    await release('one');
    await lease('one');
    await release('one');
    await release('one');
    expect(await lease('two')).toBe(true);
  });

  test('every shard of every sink has a separate lease', async () => {
    const { views, lease } = await setUp();
    expect(await lease('one', 0, 1)).toBe(true);
    expect(await lease('two', 0, 11)).toBe(true);
    expect(await lease('three', 0, 1)).toBe(false);
    const other = views('sink#1').segments;
    expect(await other.lease(1, 'four', NOW_MS + 1, NOW_MS, soonEnough())).toBe(true);
  });
};
