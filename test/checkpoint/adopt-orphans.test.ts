/** Adoption of payloads without an entry while drainers run. Covers `src/checkpoint/adopt-orphans.ts`. */

import { beforeEach, describe, expect, test } from 'vitest';
import { type Adoption, adoptOrphans, type ListPayloads } from '../../src/checkpoint/adopt-orphans.ts';
import type { IndexEntry } from '../../src/checkpoint/segment-store.ts';
import { ulidTimeMs } from '../../src/checkpoint/ulid.ts';
import type { Deadline } from '../../src/sink/ports.ts';
import { itemKey, memoryStateTable } from '../contract/memory-state-table.ts';
import { DrainWorld } from './drain/drain-world.ts';
import { FOREVER, linesFor, OVER } from './make.ts';

const TWO_HOURS_MS = 7_200_000;

let world: DrainWorld;
let old: IndexEntry;

beforeEach(async () => {
  world = new DrainWorld();
  old = await world.save(linesFor('a', 3));
  world.clock.now += TWO_HOURS_MS;
});

const loseEntry = (): void => void world.items.entries.delete(itemKey('sink', old.id));

/** Runs an adoption. `meanwhile` runs after the payloads were listed. */
const adopt = (
  meanwhile: () => Promise<unknown> = async () => undefined,
  listPayloads: ListPayloads = memoryStateTable(world.items, 'sink').listPayloads,
  more: { readonly from?: string; readonly pagesMax?: number; readonly deadline?: Deadline } = {},
): Promise<Adoption> => {
  const listed: ListPayloads = async (after, deadline) => {
    const page = await listPayloads(after, deadline);
    await meanwhile();
    return page;
  };
  const { from, pagesMax = 10, deadline = FOREVER } = more;
  const options = { from, pagesMax, owner: 'adopter' };
  return adoptOrphans({ store: world.store.port, listPayloads: listed }, options, world.clock, deadline);
};

test('restores the entry of an orphan unchanged, and releases its shard for the next drainer', async () => {
  loseEntry();
  expect((await adopt()).adopted).toBe(1);
  expect([...world.items.entries.values()]).toEqual([old]);
  expect(world.items.leases.size).toBe(0);
});

test('does not adopt a payload that is younger than an hour, because its instance may still be writing it', async () => {
  loseEntry();
  world.clock.now = ulidTimeMs(old.id) + 3_599_999;
  expect((await adopt()).adopted).toBe(0);
  world.clock.now += 1;
  expect((await adopt()).adopted).toBe(1);
});

test('leases the shard for longer than the call may take', async () => {
  loseEntry();
  await adopt();
  const [, , untilMs] = world.store.calls.find(({ name }) => name === 'lease')?.args ?? [];
  expect(untilMs).toBeGreaterThan(world.clock.now + FOREVER.remainingMs());
});

describe('search over several pages', () => {
  /** Pages 0 to 4 without payloads. */
  const pages =
    (asked: (string | undefined)[]): ListPayloads =>
    async (after) => {
      asked.push(after);
      const page = after === undefined ? 0 : Number(after);
      return { payloads: [], next: page === 4 ? undefined : String(page + 1) };
    };
  test.each([
    ['from the first to the last page', undefined, 10, [undefined, '1', '2', '3', '4'], undefined],
    ['at most as many pages as it may', undefined, 2, [undefined, '1'], '2'],
    ['from the page where the last one ended', '2', 2, ['2', '3'], '4'],
  ])('reads %s', async (_, from, pagesMax, expected, next) => {
    const asked: (string | undefined)[] = [];
    const more = from === undefined ? { pagesMax } : { from, pagesMax };
    expect(await adopt(undefined, pages(asked), more)).toEqual({ adopted: 0, next });
    expect(asked).toEqual(expected);
  });
  test('reads no page when no time is left', async () => {
    const asked: (string | undefined)[] = [];
    expect(await adopt(undefined, pages(asked), { from: '3', deadline: OVER })).toEqual({ adopted: 0, next: '3' });
    expect(asked).toEqual([]);
  });
});

describe('orphan that a drainer is settling', () => {
  /** Expects that nothing remains of a drained segment, and that no damage was reported. */
  const isClean = async (): Promise<void> => {
    expect([world.items.entries.size, world.items.payloads.size]).toEqual([0, 0]);
    expect(await world.drain()).toMatchObject({ damaged: 0 });
    expect([world.warnings, world.damages]).toEqual([[], []]);
  };

  test('does not adopt a payload that a drainer deleted after it was listed', async () => {
    expect((await adopt(() => world.drain())).adopted).toBe(0);
    await isClean();
  });
  test('does not adopt a payload whose entry a drainer has just deleted', async () => {
    let adoption: Adoption | undefined;
    const { deletePayloads } = world.store.port;
    world.ports = {
      store: Object.create(world.store.port, {
        deletePayloads: {
          value: async (...args: Parameters<typeof deletePayloads>) => {
            adoption = await adopt();
            await deletePayloads(...args);
          },
        },
      }),
    };
    await world.drain();
    expect(adoption?.adopted).toBe(0);
    world.ports = {};
    await isClean();
  });
  test('adopts a payload after the lease of its shard has ended', async () => {
    loseEntry();
    const lease = { owner: 'drainer', untilMs: world.clock.now + 60_000 };
    world.items.leases.set(itemKey('sink', old.shard), lease);
    expect((await adopt()).adopted).toBe(0);
    expect([...world.items.leases.values()]).toEqual([lease]);
    world.items.leases.clear();
    expect((await adopt()).adopted).toBe(1);
  });
});
