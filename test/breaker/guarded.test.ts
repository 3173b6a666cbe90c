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

/** Requests of a world that are answered when the test says so. */
const held = (world: BreakerWorld) => {
  const waiting: ((outcome: Outcome) => void)[] = [];
  world.answer = () => new Promise((resolve) => waiting.push(resolve));
  return {
    /** How many are asked and not answered. */
    asked: () => waiting.length,
    answer: (outcome: Outcome) => waiting.shift()?.(outcome),
  };
};

/** Until everything that can go on without an answer has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('before the server has let this environment in', () => {
  test('one request is made at a time, and four at once afterwards', async () => {
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
  test('a wrong password is tried once, however many want to write', async () => {
    const world = new BreakerWorld();
    world.answer = () => WRONG_PASSWORD;
    const one = world.instance('one');
    const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map((line) => one.write(line)));
    expect(kinds(outcomes.flat())).toEqual(['denied', 'withheld', 'withheld', 'withheld']);
    expect(world.takeRequests()).toHaveLength(1);
  });
  test.each<[string, Outcome, number]>([
    ['a refused line shows that the server lets us in', REFUSED, 3],
    ['so does a server that has too much to do', BUSY, 3],
    ['a server that is away does not', AWAY, 1],
  ])('%s', async (_, first, atOnce) => {
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
  test('a request that is cut short by an error does not keep the next one waiting', async () => {
    const world = new BreakerWorld();
    world.answer = (_, line) => (line === 'a' ? Promise.reject(new Error('a bug')) : WRITTEN);
    const one = world.instance('one');
    const [first, second] = await Promise.allSettled([one.write('a'), one.write('b')]);
    expect([first?.status, second?.status]).toEqual(['rejected', 'fulfilled']);
  });
});

test('after the server was away, an environment asks one at a time again', async () => {
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

describe('while a breaker is open', () => {
  test('whoever waited for a place is held back, too', async () => {
    const world = new BreakerWorld();
    const server = held(world);
    const one = world.instance('one');
    const writes = ['a', 'b', 'c'].map((line) => one.write(line));
    await settled();
    server.answer(WRONG_PASSWORD);
    expect(kinds((await Promise.all(writes)).flat())).toEqual(['denied', 'withheld', 'withheld']);
  });
  test('the answer comes without a request, and is not tried again', async () => {
    const world = new BreakerWorld();
    world.answer = () => WRONG_PASSWORD;
    const one = world.instance('one');
    await one.write('a');
    const pause = { random: () => 0, sleep: () => Promise.reject(new Error('nobody waits for that')) };
    const writer = retrying(pause, { attemptsMax: 5, baseMs: 1, capMs: 1 })(one.writer);
    expect((await writer.write(batch('b'), FOREVER)).kind).toBe('withheld');
    expect(world.takeRequests()).toHaveLength(1);
  });
  test('what another has opened is known before the next request', async () => {
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

describe('while a breaker is half-open', () => {
  /** An instance that was let in, saw the server go away, and has probed it. */
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

  test('one batch is tried, and the others go when it was written', async () => {
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
  test('the others are held back when it was not', async () => {
    const { world, one } = await halfOpen();
    const server = held(world);
    const writes = ['f', 'g', 'h'].map((line) => one.write(line));
    await settled();
    server.answer(AWAY);
    expect(kinds((await Promise.all(writes)).flat())).toEqual(['unavailable', 'withheld', 'withheld']);
  });
  test('one batch is tried of its target, even where the server has let us in', async () => {
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
  test('a body that fails without a reason does not speak for the others', async () => {
    const { world, one } = await halfOpen();
    world.answer = (_, line) => (line === 'poison' ? FAILED : WRITTEN);
    expect(kinds(await one.write('poison', 'good'))).toEqual(['unavailable', 'written']);
    expect(world.keys()).toEqual([]);
  });
});

test('targets do not wait for each other when they are well', async () => {
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
