/**
 * A drainer may end between any two calls to the table, and each call may fail. No line is lost in any of these cases.
 */

import { describe, expect, test } from 'vitest';
import { adoptOrphans } from '../../../src/checkpoint/adopt-orphans.ts';
import type { SegmentStore } from '../../../src/checkpoint/segment-store.ts';
import { memoryStateTable } from '../../contract/memory-state-table.ts';
import { FOREVER, linesFor, target } from '../make.ts';
import type { PortFault } from '../watched-port.ts';
import { DrainWorld, FAILED, HELD, MUCH_LATER_MS, REFUSED } from './drain-world.ts';

const REFUSED_LINES = [linesFor('a', 30)[11], linesFor('b', 5)[0], linesFor('old', 4)[1]];
const HELD_LINE = linesFor('held', 20)[19];
const POISON = linesFor('poison', 3)[1];

const faultsWithout =
  (healed: string | undefined): DrainWorld['faultOf'] =>
  (line) => {
    if (line === healed) return undefined;
    if (REFUSED_LINES.includes(line)) return REFUSED;
    if (line === HELD_LINE) return HELD;
    return line === POISON ? FAILED : undefined;
  };

/** Returns a world with a segment of each kind that can be stored, each of which changes when it is drained. */
const fullWorld = async (): Promise<DrainWorld> => {
  const world = new DrainWorld();
  await world.know();
  await world.save(linesFor('a', 30), { messageId: 'a' });
  await world.save(linesFor('b', 5), { messageId: 'b' });
  await world.save(linesFor('c', 5), { to: target('y') });
  await world.save(linesFor('old', 4), { format: 1, wait: 'isolate' });
  await world.save(linesFor('held', 20), { wait: 'held' });
  await world.save(linesFor('buffered', 2), { wait: 'buffered' });
  await world.save(linesFor('poison', 3), { failures: 5 });
  world.faultOf = faultsWithout(undefined);
  // The first dead letter is lost.
  let lost = 0;
  world.confirms = ({ attributes }) => attributes.reason !== 'line-refused' || lost++ > 0;
  return world;
};

/** Drains the backlog as another drainer on an available table, one run of the schedule after the other. */
const recover = async (world: DrainWorld): Promise<void> => {
  world.owner = 'another';
  world.store.fault = () => undefined;
  world.confirms = () => true;
  const { segments, listPayloads } = memoryStateTable(world.items, 'sink');
  for (let round = 1; round <= 8 && world.items.payloads.size > 0; round++) {
    world.clock.now = MUCH_LATER_MS * round;
    // The server has space for new series again.
    if (round === 4) world.faultOf = faultsWithout(HELD_LINE);
    const options = { from: undefined, pagesMax: 100, owner: world.owner };
    await adoptOrphans({ store: segments, listPayloads }, options, world.clock, FOREVER);
    await world.drain();
  }
};

const callsOfOneDrain = async (): Promise<number> => {
  const world = await fullWorld();
  const before = world.store.calls.length;
  await world.drain();
  return world.store.calls.length - before;
};

/** Returns the fault of a call to the table by the number of the call in the drain. */
type Crash = (call: number, at: number) => PortFault;

const CRASHES: Readonly<Record<string, Crash>> = {
  'one call is refused': (call, at) => (call === at ? 'refused' : undefined),
  'the response of one call is lost': (call, at) => (call === at ? 'lost-reply' : undefined),
  'the drainer ends before a call': (call, at) => (call >= at ? 'refused' : undefined),
  'the drainer ends after the effect of a call': (call, at) =>
    call === at ? 'lost-reply' : call > at ? 'refused' : undefined,
};

describe.each(Object.entries(CRASHES))('crash: %s', (name, crash) => {
  test(`loses no line and finally settles every line when ${name}, for each call of a drain`, async () => {
    const calls = await callsOfOneDrain();
    expect(calls).toBeGreaterThan(40);
    for (let at = 0; at < calls; at++) {
      const world = await fullWorld();
      const before = world.store.calls.length;
      world.store.fault = ({ number }) => crash(number - before, at);
      await world.drain();
      expect(world.lost(), `call ${at} of the drain`).toEqual([]);
      await recover(world);
      expect(world.lost(), `after call ${at} of the drain`).toEqual([]);
      expect([world.items.entries.size, world.items.payloads.size, world.items.aside.size]).toEqual([0, 0, 0]);
      const letters = new Map(world.letters.map(({ body, attributes }) => [body, attributes.reason]));
      expect([...letters.values()].sort()).toEqual(['line-refused', 'line-refused', 'line-refused', 'server-error']);
      expect([...world.saved].filter((line) => !world.stored.has(line))).toHaveLength(4);
    }
  });
});

test('loses no line when two drainers run concurrently because a lease was not kept', async () => {
  const world = await fullWorld();
  const keepsNoLease: SegmentStore = Object.create(world.store.port, { lease: { value: async () => true } });
  world.ports = { store: keepsNoLease };
  await Promise.all([world.drain(), world.drain()]);
  expect(world.lost()).toEqual([]);
  world.ports = {};
  await recover(world);
  expect(world.lost()).toEqual([]);
  expect(world.items.payloads.size).toBe(0);
});
