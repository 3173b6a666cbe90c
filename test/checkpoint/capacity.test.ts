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

describe('the bound', () => {
  test('has room until as much was added as may wait', () => {
    const bound = new CheckpointCapacity(100);
    expect(bound.hasCapacity()).toBe(true);
    bound.recordSaved(0, 99);
    expect(bound.hasCapacity()).toBe(true);
    bound.recordSaved(0, 1);
    expect(bound.hasCapacity()).toBe(false);
  });
  test('counts what waits for all, and what was added here since', () => {
    const bound = new CheckpointCapacity(100);
    bound.update(waiting(1, 60));
    bound.recordSaved(0, 39);
    expect(bound.hasCapacity()).toBe(true);
    bound.recordSaved(0, 1);
    expect(bound.hasCapacity()).toBe(false);
  });
  test('heals: a new sum counts what was added, and what is gone', () => {
    const bound = new CheckpointCapacity(100);
    bound.recordSaved(0, 1_000);
    bound.update(waiting(2, 40));
    expect(bound.hasCapacity()).toBe(true);
    bound.recordSaved(0, 60);
    expect(bound.hasCapacity()).toBe(false);
  });
  test.each([1, 2])('an older sum, and the one that is known, change nothing (%i)', (atMs) => {
    const bound = new CheckpointCapacity(100);
    bound.update(waiting(2, 40, [3]));
    bound.recordSaved(4, 60);
    bound.update(waiting(atMs, 0, []));
    expect(bound.hasCapacity()).toBe(false);
    expect(bound.shards()).toEqual([3, 4]);
  });
  test('all instances together pass it by what they add between two sums, and by no more', () => {
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

describe('shards in which something waits', () => {
  test('are those of the sum, and those that were added to', () => {
    const bound = new CheckpointCapacity(1_000);
    bound.update(waiting(1, 1, [7, 2]));
    bound.recordSaved(2, 1);
    bound.recordSaved(5, 1);
    expect([...bound.shards()].sort()).toEqual([2, 5, 7]);
  });
  test('are those of the new sum alone, once there is one', () => {
    const bound = new CheckpointCapacity(1_000);
    bound.recordSaved(5, 1);
    bound.update(waiting(1, 1, [7]));
    expect(bound.shards()).toEqual([7]);
  });
  test('are forgotten when nothing was found there, until something tells of them again', () => {
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

describe('what waits', () => {
  test('is summed up', () => {
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
  test('is nothing when there is nothing', () => {
    expect(measureBacklog([], NOW_MS)).toEqual({
      atMs: NOW_MS,
      bytes: 0,
      lines: 0,
      segments: 0,
      oldestMs: undefined,
      shards: [],
    });
  });
  test('is not from the future, whatever the clock of another says', () => {
    expect(measureBacklog([entry({ savedAtMs: NOW_MS + 5 })], NOW_MS).oldestMs).toBe(NOW_MS);
  });
});
