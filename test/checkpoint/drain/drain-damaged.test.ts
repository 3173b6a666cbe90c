/** Segments that are damaged, or in another format than the newest. Covers `src/checkpoint/drain/load.ts`. */

import { describe, expect, test } from 'vitest';
import { SEGMENT_FORMAT } from '../../../src/checkpoint/format/stored-segment.ts';
import type { IndexEntry } from '../../../src/checkpoint/segment-store.ts';
import { targetKey } from '../../../src/sink/ports.ts';
import { itemKey } from '../../contract/memory-state-table.ts';
import { TARGET } from '../../sink/make.ts';
import { linesFor } from '../make.ts';
import { AWAY, DrainWorld, FAILED, REFUSED } from './drain-world.ts';

describe('older format', () => {
  test('drains segments of older formats', async () => {
    const world = new DrainWorld();
    for (const format of [1, 2]) await world.save(linesFor(`f${format}`, 3), { format });
    expect(await world.drain()).toMatchObject({ eventsWritten: 6, segmentsSettled: 2, newer: 0, damaged: 0 });
    expect(world.items.payloads.size).toBe(0);
  });
  test('stores the unwritten lines of a segment of an older format in the newest format', async () => {
    const world = new DrainWorld();
    const lines = linesFor('a', 60);
    await world.save(lines, { format: 1 });
    world.faultOf = (line) => (line === lines[50] ? REFUSED : undefined);
    world.answer = () => (world.requests.length > 2 ? AWAY : undefined);
    await world.drain();
    expect(world.waiting().length).toBeGreaterThan(0);
    for (const { entry } of world.waiting()) expect(entry.format).toBe(SEGMENT_FORMAT);
    for (const { segment } of world.items.payloads.values()) expect(segment.format).toBe(SEGMENT_FORMAT);
    expect(world.lost()).toEqual([]);
  });
  test('keeps a segment of an older format in its format when none of its lines is written', async () => {
    const world = new DrainWorld();
    await world.know();
    await world.save(['m v=1 1'], { format: 1 });
    world.faultOf = (line) => (line === 'm v=1 1' ? FAILED : undefined);
    await world.drain();
    expect(world.waiting().map(({ entry }) => [entry.format, entry.failures])).toEqual([[1, 1]]);
  });
});

test('counts a segment of a newer format, leaves it in place, and writes its neighbors', async () => {
  const world = new DrainWorld();
  const newer = await world.save(linesFor('new', 3));
  world.items.entries.set(itemKey('sink', newer.id), { ...newer, format: SEGMENT_FORMAT + 1 });
  const old = await world.save(['m v=1 1']);
  world.items.entries.set(itemKey('sink', old.id), { ...old, shard: newer.shard });
  const before = world.items.payloads.get(itemKey('sink', newer.id));
  expect(await world.drain([newer.shard])).toMatchObject({
    newer: 1,
    eventsWritten: 1,
    damaged: 0,
    segmentsSettled: 1,
  });
  expect([...world.items.entries.values()].map(({ id }) => id)).toEqual([newer.id]);
  expect(world.items.payloads.get(itemKey('sink', newer.id))).toBe(before);
  expect(world.warnings).toEqual([]);
});

describe('damaged payload', () => {
  const damage = (world: DrainWorld, { id }: IndexEntry): void => {
    const payload = world.items.payloads.get(itemKey('sink', id));
    if (payload === undefined) throw new Error('there is no payload');
    const data = Uint8Array.from(payload.segment.data);
    data[data.length - 1]! ^= 1;
    const hash = payload.segment.hash.map((byte) => byte ^ 1);
    world.items.payloads.set(itemKey('sink', id), { ...payload, segment: { ...payload.segment, data, hash } });
  };

  test('sets a damaged payload aside before deleting it, and writes the other segments of its group', async () => {
    const world = new DrainWorld();
    await world.save(linesFor('a', 3));
    const bad = await world.save(linesFor('b', 3));
    await world.save(linesFor('c', 3));
    damage(world, bad);
    const damaged = world.items.payloads.get(itemKey('sink', bad.id))?.segment;
    expect(await world.drain()).toMatchObject({ damaged: 1, eventsWritten: 6, segmentsSettled: 2 });
    expect(world.items.aside.get(itemKey('sink', bad.id))).toEqual({ segment: damaged, reason: expect.any(String) });
    const ofBad = world.store.calls
      .filter(({ args }) => JSON.stringify(args[0]).includes(bad.id))
      .map(({ name }) => name);
    expect(ofBad.slice(-3)).toEqual(['setAside', 'deleteEntries', 'deletePayloads']);
    expect([world.items.entries.size, world.items.payloads.size]).toEqual([0, 0]);
    const said = expect.stringMatching(/^it cannot be unpacked: .*; it was set aside$/);
    expect(world.damages).toEqual([{ segment: bad.id, target: targetKey(TARGET), lines: 3, damage: said }]);
    expect(world.warnings).toEqual([]);
  });
  test('keeps a damaged payload that could not be set aside', async () => {
    const world = new DrainWorld();
    const bad = await world.save(linesFor('b', 3));
    damage(world, bad);
    world.store.fault = ({ name }) => (name === 'setAside' ? 'refused' : undefined);
    expect(await world.drain()).toMatchObject({ damaged: 0 });
    expect([world.items.entries.size, world.items.payloads.size]).toEqual([1, 1]);
    world.store.fault = () => undefined;
    expect(await world.drain()).toMatchObject({ damaged: 1 });
    expect([world.items.entries.size, world.items.payloads.size, world.items.aside.size]).toEqual([0, 0, 1]);
  });
});

describe('entry without a payload', () => {
  test('reports an entry without a payload as damage, with the facts of the entry', async () => {
    const world = new DrainWorld();
    const gone = await world.save(linesFor('a', 3));
    world.items.payloads.clear();
    expect(await world.drain()).toMatchObject({ damaged: 1, segmentsSettled: 0, eventsWritten: 0 });
    expect(world.items.entries.size).toBe(0);
    const said = 'its payload is gone';
    expect(world.damages).toEqual([{ segment: gone.id, target: targetKey(TARGET), lines: 3, damage: said }]);
    expect(world.warnings).toEqual([]);
  });
  test('ignores an entry without a payload when another drainer has deleted both', async () => {
    const world = new DrainWorld();
    await world.save(linesFor('a', 3));
    world.store.fault = ({ name }) => {
      if (name === 'readPayloads') for (const kept of [world.items.entries, world.items.payloads]) kept.clear();
      return undefined;
    };
    expect(await world.drain()).toMatchObject({ damaged: 0 });
    expect([world.damages, world.store.names().includes('deleteEntries')]).toEqual([[], false]);
  });
  test('keeps entries when payloads cannot be read', async () => {
    const world = new DrainWorld();
    await world.save(linesFor('a', 3));
    world.store.fault = ({ name }) => (name === 'readPayloads' ? 'refused' : undefined);
    expect(await world.drain()).toMatchObject({ damaged: 0, segmentsSettled: 0 });
    expect(world.waiting()).toHaveLength(1);
    expect(world.warnings.join()).toContain('Failed to read segments.');
  });
});
