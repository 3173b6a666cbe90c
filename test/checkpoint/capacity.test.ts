import { describe, expect, test } from 'vitest';
import { CheckpointBound, sumWaiting, type Waiting } from '../../src/checkpoint/capacity.ts';
import { entry, NOW_MS } from './make.ts';

const waiting = (atMs: number, bytes: number, shards: readonly number[] = []): Waiting => ({
  atMs,
  bytes,
  lines: 1,
  segments: 1,
  oldestMs: atMs,
  shards,
});

describe('the bound', () => {
  test('has room until as much was added as may wait', () => {
    const bound = new CheckpointBound(100);
    expect(bound.hasRoom()).toBe(true);
    bound.added(0, 99);
    expect(bound.hasRoom()).toBe(true);
    bound.added(0, 1);
    expect(bound.hasRoom()).toBe(false);
  });
  test('counts what waits for all, and what was added here since', () => {
    const bound = new CheckpointBound(100);
    bound.learn(waiting(1, 60));
    bound.added(0, 39);
    expect(bound.hasRoom()).toBe(true);
    bound.added(0, 1);
    expect(bound.hasRoom()).toBe(false);
  });
  test('heals: a new sum counts what was added, and what is gone', () => {
    const bound = new CheckpointBound(100);
    bound.added(0, 1_000);
    bound.learn(waiting(2, 40));
    expect(bound.hasRoom()).toBe(true);
    bound.added(0, 60);
    expect(bound.hasRoom()).toBe(false);
  });
  test.each([1, 2])('an older sum, and the one that is known, change nothing (%i)', (atMs) => {
    const bound = new CheckpointBound(100);
    bound.learn(waiting(2, 40, [3]));
    bound.added(4, 60);
    bound.learn(waiting(atMs, 0, []));
    expect(bound.hasRoom()).toBe(false);
    expect(bound.shards()).toEqual([3, 4]);
  });
  test('all instances together pass it by what they add between two sums, and by no more', () => {
    const instances = Array.from({ length: 5 }, () => new CheckpointBound(100));
    let stored = 0;
    const fill = (): void => {
      for (const bound of instances)
        while (bound.hasRoom()) {
          bound.added(0, 10);
          stored += 10;
        }
    };
    fill();
    expect(stored).toBe(5 * 100);
    for (const bound of instances) bound.learn(waiting(1, stored));
    fill();
    expect(stored).toBe(5 * 100);
  });
});

describe('shards in which something waits', () => {
  test('are those of the sum, and those that were added to', () => {
    const bound = new CheckpointBound(1_000);
    bound.learn(waiting(1, 1, [7, 2]));
    bound.added(2, 1);
    bound.added(5, 1);
    expect([...bound.shards()].sort()).toEqual([2, 5, 7]);
  });
  test('are those of the new sum alone, once there is one', () => {
    const bound = new CheckpointBound(1_000);
    bound.added(5, 1);
    bound.learn(waiting(1, 1, [7]));
    expect(bound.shards()).toEqual([7]);
  });
  test('are forgotten when nothing was found there, until something tells of them again', () => {
    const bound = new CheckpointBound(1_000);
    bound.learn(waiting(1, 1, [7, 2]));
    bound.added(5, 1);
    for (const shard of [7, 5]) bound.forget(shard);
    expect(bound.shards()).toEqual([2]);
    bound.added(5, 1);
    expect(bound.shards()).toEqual([2, 5]);
    bound.learn(waiting(2, 1, [7]));
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
    expect(sumWaiting(entries, NOW_MS)).toEqual({
      atMs: NOW_MS,
      bytes: 60,
      lines: 12,
      segments: 3,
      oldestMs: NOW_MS - 50,
      shards: [9, 10],
    });
  });
  test('is nothing when there is nothing', () => {
    expect(sumWaiting([], NOW_MS)).toEqual({
      atMs: NOW_MS,
      bytes: 0,
      lines: 0,
      segments: 0,
      oldestMs: undefined,
      shards: [],
    });
  });
  test('is not from the future, whatever the clock of another says', () => {
    expect(sumWaiting([entry({ savedAtMs: NOW_MS + 5 })], NOW_MS).oldestMs).toBe(NOW_MS);
  });
});
