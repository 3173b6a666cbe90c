import { describe, expect, test } from 'vitest';
import { SERVER, targetBreaker } from '../../src/breaker/breaker.ts';
import type { Outcome } from '../../src/sink/outcome.ts';
import { FOREVER, target } from '../checkpoint/make.ts';
import { TARGET } from '../sink/make.ts';
import {
  AWAY,
  BreakerWorld,
  batch,
  FAILED,
  kinds,
  NO_DATABASE,
  NOT_AUTHORIZED,
  outage,
  REFUSED,
  WRITTEN,
  WRONG_PASSWORD,
} from './breaker-world.ts';

const OTHER = target('other');

describe('a breaker opens', () => {
  test('after five failures in a row, and is told of once', async () => {
    const { world, first } = await outage();
    expect(world.keys()).toEqual([SERVER]);
    expect(first.told).toEqual(['opened server: unavailable']);
    expect(kinds(await first.write('f'))).toEqual(['withheld']);
    expect(world.takeRequests()).toEqual([]);
  });
  test.each<[string, Outcome]>([
    ['a success', WRITTEN],
    ['an answer that blames a line: the server is at work', REFUSED],
  ])('not when there was %s in between', async (_, between) => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    world.answer = (_asked, line) => (line === 'well' ? between : AWAY);
    await one.write('a', 'b', 'c', 'd', 'well', 'e', 'f', 'g', 'h');
    expect(world.keys()).toEqual([]);
    await one.write('i');
    expect(world.keys()).toEqual([SERVER]);
  });
  test('never for one body, however often it fails', async () => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    world.answer = () => FAILED;
    await one.write(...Array(30).fill('poison'));
    expect(world.keys()).toEqual([]);
    await one.write('another');
    expect(world.keys()).toEqual([SERVER]);
  });
  test('of the server at the first 401', async () => {
    const world = new BreakerWorld();
    world.answer = () => WRONG_PASSWORD;
    const one = world.instance('one');
    await one.write('a');
    expect(world.keys()).toEqual([SERVER]);
    expect((await one.writeTo(OTHER, 'b')).kind).toBe('withheld');
  });
  test.each<[string, Outcome]>([
    ['403', NOT_AUTHORIZED],
    ['a missing database', NO_DATABASE],
  ])('of one target at the first %s, and others are written', async (_, outcome) => {
    const world = new BreakerWorld();
    world.answer = ({ target: { database } }) => (database === TARGET.database ? outcome : WRITTEN);
    const one = world.instance('one');
    await one.write('a');
    expect(world.keys()).toEqual([targetBreaker(TARGET)]);
    expect(kinds([...(await one.write('b')), await one.writeTo(OTHER, 'b')])).toEqual(['withheld', 'written']);
  });
  test('once for all: who comes second neither changes nor tells it', async () => {
    const { world, first } = await outage();
    const before = world.open();
    world.now += 10;
    // It has not read of it yet.
    const second = world.instance('second');
    for (const line of 'abcde') await second.breakers.recordOutcome(batch(line), AWAY);
    expect(world.open()).toEqual(before);
    expect([first.told, second.told]).toEqual([['opened server: unavailable'], []]);
  });
});

describe('while it is open', () => {
  test('nobody asks the server, whoever has met the outage', async () => {
    const { world, first } = await outage();
    const second = world.instance('second');
    await second.begin();
    expect(kinds([...(await first.write('x')), ...(await second.write('y'))])).toEqual(['withheld', 'withheld']);
    expect(world.takeRequests()).toEqual([]);
  });
  test('one of many probes it when the time has come, with an empty write', async () => {
    const { world } = await outage();
    const many = Array.from({ length: 10 }, (_, i) => world.instance(`instance ${i}`));
    world.now += world.pauseMs() - 1;
    await Promise.all(many.map((one) => one.begin()));
    expect(world.takeRequests()).toEqual([]);
    world.now += 1;
    await Promise.all(many.map((one) => one.begin()));
    expect(world.takeRequests()).toEqual([{ by: 'instance 0', database: 'db', text: '' }]);
  });
  test('a probe that fails makes everybody wait longer', async () => {
    const { world, first } = await outage();
    const pauses: number[] = [];
    for (let probe = 0; probe < 6; probe++) {
      world.now += world.pauseMs();
      await first.begin();
      pauses.push(world.pauseMs());
      expect(kinds(await first.write('x'))).toEqual(['withheld']);
    }
    expect(pauses).toEqual([2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
    expect(world.takeRequests()).toHaveLength(6);
    expect(first.told).toEqual(['opened server: unavailable']);
  });
  test('a wrong password is tried after 35, 60, 120 and 120 s, by nobody in between, and by one only', async () => {
    const { world, first } = await outage(WRONG_PASSWORD);
    world.random = 0.99;
    const second = world.instance('second');
    const triedAt: number[] = [];
    const begunAt = world.now;
    for (let tick = 1; tick <= 400; tick++) {
      world.now += 1_000;
      await Promise.all([first.begin(), second.begin()]);
      await Promise.all([first.write('x'), second.write('y')]);
      for (const _ of world.takeRequests()) triedAt.push((world.now - begunAt) / 1_000);
    }
    expect(triedAt).toEqual([35, 95, 215, 335]);
  });
  test('new credentials are tried at once, and once', async () => {
    const { world, first } = await outage(WRONG_PASSWORD);
    await first.begin();
    expect(world.takeRequests()).toEqual([]);
    world.credentials = 'new';
    await first.begin();
    await first.begin();
    expect(world.takeRequests()).toHaveLength(1);
    expect(world.pauseMs()).toBe(60_000);
  });
  test('a target is not probed while the server is held back', async () => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    world.answer = () => NO_DATABASE;
    await one.write('a');
    world.answer = () => WRONG_PASSWORD;
    await one.writeTo(OTHER, 'b');
    world.takeRequests();
    world.now += 30_000;
    await one.begin();
    expect(world.keys()).toEqual([targetBreaker(TARGET), SERVER]);
    expect(world.takeRequests()).toEqual([]);
  });
});

describe('a probe that goes well', () => {
  /** The server is well again, and the first instance has seen it. */
  const probed = async () => {
    const { world, first } = await outage();
    world.now += world.pauseMs();
    world.answer = () => WRITTEN;
    const second = world.instance('second');
    await first.begin();
    await second.begin();
    world.takeRequests();
    return { world, first, second };
  };

  test('lets its own instance write, and nobody else', async () => {
    const { world, first, second } = await probed();
    expect([first, second].map(({ breakers }) => breakers.isHalfOpen(TARGET))).toEqual([true, false]);
    expect(kinds([...(await second.write('x')), ...(await first.write('y'))])).toEqual(['withheld', 'written']);
    expect(world.takeRequests().map(({ by }) => by)).toEqual(['first']);
  });
  test('is followed by a write, whose success closes the breaker for all', async () => {
    const { world, first, second } = await probed();
    await first.write('x');
    expect(world.keys()).toEqual([]);
    expect(first.told).toEqual(['opened server: unavailable', 'closed server']);
    expect(kinds(await second.write('y'))).toEqual(['written']);
    expect(first.breakers.isHalfOpen(TARGET)).toBe(false);
  });
  test('and a write that says that the server is away opens it again', async () => {
    const { world, first } = await probed();
    world.answer = () => AWAY;
    await first.write('x');
    expect(world.pauseMs()).toBe(2_000);
    expect(kinds(await first.write('y'))).toEqual(['withheld']);
  });
  test('a refused line neither closes nor opens it', async () => {
    const { world, first } = await probed();
    world.answer = () => REFUSED;
    await first.write('x');
    expect(world.keys()).toEqual([SERVER]);
    expect(first.breakers.isHalfOpen(TARGET)).toBe(true);
  });
  test('one body that fails without a reason does not open it again, a second one does', async () => {
    const { world, first } = await probed();
    world.answer = () => FAILED;
    await first.write('poison', 'poison', 'poison');
    expect(first.breakers.isHalfOpen(TARGET)).toBe(true);
    await first.write('another');
    expect(first.breakers.isHalfOpen(TARGET)).toBe(false);
    expect(world.pauseMs()).toBe(2_000);
  });
  test('and is followed by one body that fails and nothing else is no proof: it is open again at the end', async () => {
    const { world, first, second } = await probed();
    world.answer = (_, line) => (line === '' ? WRITTEN : FAILED);
    await first.write('poison', 'poison');
    // As a drainer asks that knows no line which was ever written.
    await first.writer.write({ target: TARGET, body: Buffer.alloc(0), lines: 0 }, FOREVER);
    expect(first.breakers.isHalfOpen(TARGET)).toBe(true);
    await first.breakers.finishProbes();
    expect([world.keys(), world.pauseMs(), world.open()[0]?.text]).toEqual([
      [SERVER],
      2_000,
      'HTTP 500: runtime error',
    ]);
    expect(kinds([...(await first.write('x')), ...(await second.write('y'))])).toEqual(['withheld', 'withheld']);
    expect(first.told).toEqual(['opened server: unavailable']);
  });
  test('and by one body that fails, but another is taken: it is closed', async () => {
    const { world, first } = await probed();
    world.answer = (_, line) => (line === 'poison' ? FAILED : WRITTEN);
    await first.write('poison', 'good');
    await first.breakers.finishProbes();
    expect([world.keys(), first.told.at(-1)]).toEqual([[], 'closed server']);
  });
  test('is believed anew the next time, whatever was in doubt before', async () => {
    const { world, first } = await probed();
    world.answer = () => FAILED;
    await first.write('poison');
    await first.breakers.finishProbes();
    world.answer = () => WRITTEN;
    world.now += world.pauseMs();
    await first.begin();
    await first.breakers.finishProbes();
    expect(world.keys()).toEqual([]);
  });
  test('and an answer that blames a line leaves it to the end, and then it is closed', async () => {
    const { world, first } = await probed();
    world.answer = () => REFUSED;
    await first.write('x');
    await first.breakers.finishProbes();
    expect(world.keys()).toEqual([]);
  });
  test('closes the breaker at the end when nothing was to be written', async () => {
    const { world, first } = await probed();
    await first.breakers.finishProbes();
    expect(world.keys()).toEqual([]);
    expect(first.told.at(-1)).toBe('closed server');
  });
  test('of an instance that ends is worth nothing: another probes when its lease is over', async () => {
    const { world, second } = await probed();
    // Two requests, and what is between them.
    world.now += 34_999;
    await second.begin();
    expect(world.takeRequests()).toEqual([]);
    world.now += 1;
    await second.begin();
    expect(world.takeRequests().map(({ by }) => by)).toEqual(['second']);
  });
  test.each([
    ['as long as two requests may take', 120_000, 600_000, 245_000],
    ['no longer than its invocation', 600_000, 50_000, 55_000],
  ])('is leased for %s', async (_, requestMs, remainingMs, leaseMs) => {
    const { world, first } = await outage();
    world.requestMs = requestMs;
    const patient = world.instance('patient');
    world.answer = () => WRITTEN;
    world.now += world.pauseMs();
    await patient.begin({ ...FOREVER, remainingMs: () => remainingMs });
    world.takeRequests();
    world.now += leaseMs - 1;
    await first.begin();
    expect(world.takeRequests()).toEqual([]);
    world.now += 1;
    await first.begin();
    expect(world.takeRequests()).toHaveLength(1);
  });
  test('and was long ago lets nobody past a breaker that another has opened again since', async () => {
    const { world, first, second } = await probed();
    world.now += 35_000;
    world.answer = () => AWAY;
    await second.begin();
    world.takeRequests();
    expect(kinds(await first.write('x'))).toEqual(['withheld']);
    expect(world.takeRequests()).toEqual([]);
  });
});

describe('a probe that blames another than was asked about', () => {
  test('the server answers, and the target is missing: the target waits, the server is well', async () => {
    const { world, first } = await outage();
    world.now += world.pauseMs();
    world.answer = ({ target: { database } }) => (database === TARGET.database ? NO_DATABASE : WRITTEN);
    await first.begin();
    expect(world.keys()).toEqual([targetBreaker(TARGET)]);
    expect((await first.writeTo(OTHER, 'x')).kind).toBe('written');
    expect(kinds(await first.write('x'))).toEqual(['withheld']);
  });
  test('the server is away, and nobody knows of the target: its breaker stays as it was, for all', async () => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    world.answer = () => NOT_AUTHORIZED;
    await one.write('a');
    world.now += world.pauseMs();
    world.answer = () => AWAY;
    await one.begin();
    world.takeRequests();
    expect(kinds(await one.write('b'))).toEqual(['withheld']);
    await one.breakers.finishProbes();
    expect(world.keys()).toEqual([targetBreaker(TARGET)]);
    expect(world.pauseMs()).toBeGreaterThan(0);
    expect(world.takeRequests()).toEqual([]);
    expect(one.told).toEqual([`opened ${targetBreaker(TARGET)}: denied`]);
  });
});

describe('what is read of the store', () => {
  test('and was written before something was learnt here does not undo it', async () => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    const know = one.breakers.beginRead();
    const before = world.open();
    await one.breakers.recordOutcome(batch('a'), WRONG_PASSWORD);
    know(before);
    expect(one.breakers.withheld(TARGET)?.kind).toBe('withheld');
    one.breakers.beginRead()(world.open());
    expect(one.breakers.withheld(TARGET)?.kind).toBe('withheld');
  });
  test('while a breaker was on its way to it does not undo it either', async () => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    const learning = one.breakers.recordOutcome(batch('a'), WRONG_PASSWORD);
    while (one.breakers.openBreakers().length === 0) await Promise.resolve();
    const know = one.breakers.beginRead();
    await learning;
    know([]);
    expect(one.breakers.withheld(TARGET)?.kind).toBe('withheld');
  });
});
