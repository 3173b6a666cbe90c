/** Who drains a shard. */

import { expect, test } from 'vitest';
import { type FreshTable, NOW_MS, soonEnough } from './made-up.ts';

export const leaseContract = (fresh: FreshTable): void => {
  /** From now for ten seconds, unless a test says otherwise. */
  const setUp = async () => {
    const views = await fresh();
    const { segments } = views('sink');
    const lease = (owner: string, afterMs = 0, shard = 3): Promise<boolean> =>
      segments.lease(shard, owner, NOW_MS + afterMs + 10_000, NOW_MS + afterMs, soonEnough());
    return { views, lease, release: (owner: string, shard = 3) => segments.release(shard, owner, soonEnough()) };
  };

  test('a shard has one owner until the lease ends, and not a moment longer', async () => {
    const { lease } = await setUp();
    expect(await lease('one')).toBe(true);
    expect(await lease('two')).toBe(false);
    expect(await lease('two', 9_999)).toBe(false);
    expect(await lease('two', 10_000)).toBe(true);
    expect(await lease('one', 10_001)).toBe(false);
  });

  test('of many who ask at once, one gets it', async () => {
    const { lease } = await setUp();
    const asked = await Promise.all(Array.from({ length: 10 }, (_, number) => lease(`owner ${number}`)));
    expect(asked.filter((won) => won)).toHaveLength(1);
  });

  test('its owner may ask again, and has it for longer then', async () => {
    const { lease } = await setUp();
    await lease('one');
    expect(await lease('one', 5_000)).toBe(true);
    expect(await lease('two', 14_999)).toBe(false);
    expect(await lease('two', 15_000)).toBe(true);
  });

  test('only its owner can give it up', async () => {
    const { lease, release } = await setUp();
    await lease('one');
    await release('two');
    expect(await lease('two')).toBe(false);
    await release('one');
    expect(await lease('two')).toBe(true);
    // One whose lease has ended, and was taken over, has nothing to give up.
    await release('one');
    expect(await lease('three')).toBe(false);
  });

  test('what is given up twice, or was never leased, is free', async () => {
    const { lease, release } = await setUp();
    await release('one');
    await lease('one');
    await release('one');
    await release('one');
    expect(await lease('two')).toBe(true);
  });

  test('each shard has a lease of its own, in each sink', async () => {
    const { views, lease } = await setUp();
    expect(await lease('one', 0, 1)).toBe(true);
    expect(await lease('two', 0, 11)).toBe(true);
    expect(await lease('three', 0, 1)).toBe(false);
    const other = views('sink#1').segments;
    expect(await other.lease(1, 'four', NOW_MS + 1, NOW_MS, soonEnough())).toBe(true);
  });
};
