/**
 * The guarded writer: which requests are sent while an instance is not admitted or a breaker is open. Covers
 * `src/breaker/guarded.ts`.
 */

import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/sink/outcome.ts';
import { retrying } from '../../src/writer/retrying.ts';
import { FOREVER, target } from '../checkpoint/make.ts';
import {
  AWAY,
  BreakerWorld,
  BUSY,
  batch,
  FAILED,
  kinds,
  NO_DATABASE,
  REFUSED,
  WRITTEN,
  WRONG_PASSWORD,
} from './breaker-world.ts';

/** Requests of a world that remain open until the test answers them. */
const held = (world: BreakerWorld) => {
  const waiting: ((outcome: Outcome) => void)[] = [];
  world.answer = () => new Promise((resolve) => waiting.push(resolve));
  return {
    /** Number of open requests. */
    asked: () => waiting.length,
    answer: (outcome: Outcome) => waiting.shift()?.(outcome),
  };
};

/** Waits until all work that needs no response is done. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('instance before its first success', () => {
  test('sends one request at a time before the first success, and four concurrently afterwards', async () => {
    const world = new BreakerWorld();
    const server = held(world);
    const one = world.instance('one');
    const writes = ['a', 'b', 'c', 'd', 'e'].map((line) => one.write(line));
    await settled();
    expect(server.asked()).toBe(1);
    server.answer(WRITTEN);
    await settled();
    expect(server.asked()).toBe(4);
    while (server.asked() > 0) server.answer(WRITTEN);
    expect(kinds((await Promise.all(writes)).flat())).toEqual(Array(5).fill('written'));
  });
  test('sends a wrong password once, regardless of the number of writes', async () => {
    const world = new BreakerWorld();
    world.answer = () => WRONG_PASSWORD;
    const one = world.instance('one');
    const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map((line) => one.write(line)));
    expect(kinds(outcomes.flat())).toEqual(['denied', 'withheld', 'withheld', 'withheld']);
    expect(world.takeRequests()).toHaveLength(1);
  });
  test('sends one request at a time after a denial, also when another instance has closed the breaker', async () => {
    const world = new BreakerWorld();
    world.answer = () => WRONG_PASSWORD;
    const one = world.instance('one');
    await one.write('a');
    world.items.breakers.clear();
    const server = held(world);
    const writes = ['b', 'c', 'd'].map((line) => one.write(line));
    await settled();
    expect(server.asked()).toBe(1);
    server.answer(WRITTEN);
    await settled();
    while (server.asked() > 0) server.answer(WRITTEN);
    expect(kinds((await Promise.all(writes)).flat())).toEqual(Array(3).fill('written'));
  });
  test.each<[string, Outcome, number]>([
    ['writes concurrently after a refused line, which shows valid credentials', REFUSED, 3],
    ['writes concurrently after a busy response, which shows valid credentials', BUSY, 3],
    ['writes one request at a time after an unavailable server', AWAY, 1],
  ])('an instance %s', async (_, first, atOnce) => {
    const world = new BreakerWorld();
    const server = held(world);
    const one = world.instance('one');
    const writes = ['a', 'b', 'c', 'd'].map((line) => one.write(line));
    await settled();
    server.answer(first);
    await settled();
    expect(server.asked()).toBe(atOnce);
    for (let i = 0; i < 4; i++) {
      server.answer(WRITTEN);
      await settled();
    }
    await Promise.all(writes);
  });
  test('sends the next request when the one before it throws', async () => {
    const world = new BreakerWorld();
    world.answer = (_, line) => (line === 'a' ? Promise.reject(new Error('a bug')) : WRITTEN);
    const one = world.instance('one');
    const [first, second] = await Promise.allSettled([one.write('a'), one.write('b')]);
    expect([first?.status, second?.status]).toEqual(['rejected', 'fulfilled']);
  });
});

test('sends one request at a time again after the server was unavailable', async () => {
  const world = new BreakerWorld();
  const one = world.instance('one');
  await one.write('well');
  const server = held(world);
  const writes = ['a', 'b'].map((line) => one.write(line));
  await settled();
  expect(server.asked()).toBe(2);
  server.answer(AWAY);
  await settled();
  server.answer(AWAY);
  await Promise.all(writes);
  const later = ['c', 'd', 'e'].map((line) => one.write(line));
  await settled();
  expect(server.asked()).toBe(1);
  for (let i = 0; i < 3; i++) {
    server.answer(WRITTEN);
    await settled();
  }
  await Promise.all(later);
});

describe('open breaker', () => {
  test('withholds writes that were queued before the breaker opened', async () => {
    const world = new BreakerWorld();
    const server = held(world);
    const one = world.instance('one');
    const writes = ['a', 'b', 'c'].map((line) => one.write(line));
    await settled();
    server.answer(WRONG_PASSWORD);
    expect(kinds((await Promise.all(writes)).flat())).toEqual(['denied', 'withheld', 'withheld']);
  });
  test('withholds a write without a request and without a retry while the breaker is open', async () => {
    const world = new BreakerWorld();
    world.answer = () => WRONG_PASSWORD;
    const one = world.instance('one');
    await one.write('a');
    const pause = { random: () => 0, sleep: () => Promise.reject(new Error('a withheld write must not wait')) };
    const writer = retrying(pause, { attemptsMax: 5, baseMs: 1, capMs: 1 })(one.writer);
    expect((await writer.write(batch('b'), FOREVER)).kind).toBe('withheld');
    expect(world.takeRequests()).toHaveLength(1);
  });
  test('reads a breaker that another instance opened before the next request', async () => {
    const world = new BreakerWorld();
    const [one, other] = [world.instance('one'), world.instance('other')];
    await one.write('a');
    world.answer = () => WRONG_PASSWORD;
    await other.write('b');
    world.takeRequests();
    expect(kinds(await one.write('c'))).toEqual(['withheld']);
    expect(world.takeRequests()).toEqual([]);
  });
});

describe('half-open breaker', () => {
  /** Returns an instance that had access, met an unavailable server, and has probed it. */
  const halfOpen = async () => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    world.answer = () => AWAY;
    await one.write('a', 'b', 'c', 'd', 'e');
    world.now += world.pauseMs();
    world.answer = () => WRITTEN;
    await one.begin();
    return { world, one };
  };

  test('writes one batch through a half-open breaker, and the others after its success', async () => {
    const { world, one } = await halfOpen();
    const server = held(world);
    const writes = ['f', 'g', 'h'].map((line) => one.write(line));
    await settled();
    expect(server.asked()).toBe(1);
    server.answer(WRITTEN);
    await settled();
    expect([server.asked(), world.keys()]).toEqual([2, []]);
    while (server.asked() > 0) server.answer(WRITTEN);
    await Promise.all(writes);
  });
  test('withholds the other batches when the one through a half-open breaker fails', async () => {
    const { world, one } = await halfOpen();
    const server = held(world);
    const writes = ['f', 'g', 'h'].map((line) => one.write(line));
    await settled();
    server.answer(AWAY);
    expect(kinds((await Promise.all(writes)).flat())).toEqual(['unavailable', 'withheld', 'withheld']);
  });
  test('writes one batch to a target with a half-open breaker, even if the server accepts the credentials', async () => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    world.answer = () => NO_DATABASE;
    await one.write('a');
    world.now += world.pauseMs();
    world.answer = () => WRITTEN;
    await one.begin();
    const server = held(world);
    const writes = ['b', 'c', 'd'].map((line) => one.write(line));
    await settled();
    expect(server.asked()).toBe(1);
    server.answer(NO_DATABASE);
    expect(kinds((await Promise.all(writes)).flat())).toEqual(['misconfigured', 'withheld', 'withheld']);
  });
  test('does not withhold other bodies after the unexplained failure of one body through a half-open breaker', async () => {
    const { world, one } = await halfOpen();
    world.answer = (_, line) => (line === 'poison' ? FAILED : WRITTEN);
    expect(kinds(await one.write('poison', 'good'))).toEqual(['unavailable', 'written']);
    expect(world.keys()).toEqual([]);
  });
});

test('writes healthy targets concurrently', async () => {
  const world = new BreakerWorld();
  const one = world.instance('one');
  await one.write('a');
  const server = held(world);
  const writes = [one.write('b'), one.writeTo(target('other'), 'c')];
  await settled();
  expect(server.asked()).toBe(2);
  while (server.asked() > 0) server.answer(WRITTEN);
  await Promise.all(writes);
});
