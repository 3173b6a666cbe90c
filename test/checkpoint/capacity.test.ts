/** Capacity and size of the backlog. Covers `src/checkpoint/capacity.ts`. */

import { describe, expect, test } from 'vitest';
import { type Backlog, CheckpointCapacity, measureBacklog } from '../../src/checkpoint/capacity.ts';
import { entry, NOW_MS } from './make.ts';

const waiting = (atMs: number, bytes: number, shards: readonly number[] = []): Backlog => ({
  atMs,
  bytes,
  lines: 1,
  segments: 1,
  oldestMs: atMs,
  shards,
});

describe('capacity', () => {
  test('has capacity until the added bytes reach the limit', () => {
    const bound = new CheckpointCapacity(100);
    expect(bound.hasCapacity()).toBe(true);
    bound.recordSaved(0, 99);
    expect(bound.hasCapacity()).toBe(true);
    bound.recordSaved(0, 1);
    expect(bound.hasCapacity()).toBe(false);
  });
  test('counts the shared backlog and the bytes that this instance has added since', () => {
    const bound = new CheckpointCapacity(100);
    bound.update(waiting(1, 60));
    bound.recordSaved(0, 39);
    expect(bound.hasCapacity()).toBe(true);
    bound.recordSaved(0, 1);
    expect(bound.hasCapacity()).toBe(false);
  });
  test('replaces its own count with a newer backlog measurement', () => {
    const bound = new CheckpointCapacity(100);
    bound.recordSaved(0, 1_000);
    bound.update(waiting(2, 40));
    expect(bound.hasCapacity()).toBe(true);
    bound.recordSaved(0, 60);
    expect(bound.hasCapacity()).toBe(false);
  });
  test.each([1, 2])('ignores a backlog measurement that is not newer (time %i of 2)', (atMs) => {
    const bound = new CheckpointCapacity(100);
    bound.update(waiting(2, 40, [3]));
    bound.recordSaved(4, 60);
    bound.update(waiting(atMs, 0, []));
    expect(bound.hasCapacity()).toBe(false);
    expect(bound.shards()).toEqual([3, 4]);
  });
  test('lets all instances exceed the limit only by what they add between two measurements', () => {
    const instances = Array.from({ length: 5 }, () => new CheckpointCapacity(100));
    let stored = 0;
    const fill = (): void => {
      for (const bound of instances)
        while (bound.hasCapacity()) {
          bound.recordSaved(0, 10);
          stored += 10;
        }
    };
    fill();
    expect(stored).toBe(5 * 100);
    for (const bound of instances) bound.update(waiting(1, stored));
    fill();
    expect(stored).toBe(5 * 100);
  });
});

describe('shards with a backlog', () => {
  test('lists the shards of the last measurement and those that were added to', () => {
    const bound = new CheckpointCapacity(1_000);
    bound.update(waiting(1, 1, [7, 2]));
    bound.recordSaved(2, 1);
    bound.recordSaved(5, 1);
    expect([...bound.shards()].sort()).toEqual([2, 5, 7]);
  });
  test('lists only the shards of a new measurement', () => {
    const bound = new CheckpointCapacity(1_000);
    bound.recordSaved(5, 1);
    bound.update(waiting(1, 1, [7]));
    expect(bound.shards()).toEqual([7]);
  });
  test('skips idle shards until a measurement or a saved segment lists them again', () => {
    const bound = new CheckpointCapacity(1_000);
    bound.update(waiting(1, 1, [7, 2]));
    bound.recordSaved(5, 1);
    for (const shard of [7, 5]) bound.markIdle(shard);
    expect(bound.shards()).toEqual([2]);
    bound.recordSaved(5, 1);
    expect(bound.shards()).toEqual([2, 5]);
    bound.update(waiting(2, 1, [7]));
    expect(bound.shards()).toEqual([7]);
  });
});

describe('backlog', () => {
  test('measures the backlog of all entries', () => {
    const entries = [
      entry({ shard: 9, bytes: 10, lines: 3, savedAtMs: NOW_MS - 5 }),
      entry({ shard: 10, bytes: 20, lines: 4, savedAtMs: NOW_MS - 50 }),
      entry({ shard: 9, bytes: 30, lines: 5, savedAtMs: NOW_MS - 7 }),
    ];
    expect(measureBacklog(entries, NOW_MS)).toEqual({
      atMs: NOW_MS,
      bytes: 60,
      lines: 12,
      segments: 3,
      oldestMs: NOW_MS - 50,
      shards: [9, 10],
    });
  });
  test('measures an empty backlog without entries', () => {
    expect(measureBacklog([], NOW_MS)).toEqual({
      atMs: NOW_MS,
      bytes: 0,
      lines: 0,
      segments: 0,
      oldestMs: undefined,
      shards: [],
    });
  });
  test('limits the oldest time of a backlog to the present, regardless of other clocks', () => {
    expect(measureBacklog([entry({ savedAtMs: NOW_MS + 5 })], NOW_MS).oldestMs).toBe(NOW_MS);
  });
});
