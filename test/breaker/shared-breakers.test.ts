/** Breakers that several instances share through the store. Covers `src/breaker/shared-breakers.ts`. */

import { describe, expect, test } from 'vitest';
import { type OpenBreaker, open, SERVER, targetBreaker } from '../../src/breaker/breaker.ts';
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

describe('opening a shared breaker', () => {
  test('opens the breaker after five failures in a row, and reports it once', async () => {
    const { world, first } = await outage();
    expect(world.keys()).toEqual([SERVER]);
    expect(first.reported).toEqual(['opened server: unavailable']);
    expect(kinds(await first.write('f'))).toEqual(['withheld']);
    expect(world.takeRequests()).toEqual([]);
  });
  test.each<[string, Outcome]>([
    ['a success', WRITTEN],
    ['a refused line, which shows a working server,', REFUSED],
  ])('does not open the breaker when %s interrupts the failures', async (_, between) => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    world.answer = (_asked, line) => (line === 'well' ? between : AWAY);
    await one.write('a', 'b', 'c', 'd', 'well', 'e', 'f', 'g', 'h');
    expect(world.keys()).toEqual([]);
    await one.write('i');
    expect(world.keys()).toEqual([SERVER]);
  });
  test('never opens the breaker for one body, regardless of the number of its failures', async () => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    world.answer = () => FAILED;
    await one.write(...Array(30).fill('poison'));
    expect(world.keys()).toEqual([]);
    await one.write('another');
    expect(world.keys()).toEqual([SERVER]);
  });
  test('opens the server breaker at the first 401', async () => {
    const world = new BreakerWorld();
    world.answer = () => WRONG_PASSWORD;
    const one = world.instance('one');
    await one.write('a');
    expect(world.keys()).toEqual([SERVER]);
    expect((await one.writeTo(OTHER, 'b')).kind).toBe('withheld');
  });
  test.each<[string, Outcome]>([
    ['403', NOT_AUTHORIZED],
    ['missing database', NO_DATABASE],
  ])('opens the breaker of one target at the first %s, and writes other targets', async (_, outcome) => {
    const world = new BreakerWorld();
    world.answer = ({ target: { database } }) => (database === TARGET.database ? outcome : WRITTEN);
    const one = world.instance('one');
    await one.write('a');
    expect(world.keys()).toEqual([targetBreaker(TARGET)]);
    expect(kinds([...(await one.write('b')), await one.writeTo(OTHER, 'b')])).toEqual(['withheld', 'written']);
  });
  test('lists only breakers that are not closed', async () => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    world.answer = () => AWAY;
    await one.write('a', 'b', 'c', 'd');
    expect(one.breakers.openBreakers()).toEqual([]);
    await one.write('e');
    expect(one.breakers.openBreakers().map(({ key }) => key)).toEqual([SERVER]);
  });
  test('keeps the failures of a closed breaker over the end of an invocation', async () => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    world.answer = () => AWAY;
    await one.write('a', 'b', 'c', 'd');
    await one.breakers.finishProbes();
    await one.write('e');
    expect(world.keys()).toEqual([SERVER]);
  });
  test('fetches credentials only to mark a denial', async () => {
    const { world, first } = await outage();
    world.now += world.pauseMs();
    await first.begin();
    expect([world.fetched, world.open()[0]?.credentialsMark]).toEqual([0, '']);
    const denied = await outage(WRONG_PASSWORD);
    expect([denied.world.fetched, denied.world.open()[0]?.credentialsMark]).toEqual([1, 'old']);
  });
  test('plans the first probe of a denial at the time that the store has', async () => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    await one.breakers.recordOutcome(batch('a'), WRONG_PASSWORD);
    expect(one.breakers.openBreakers()).toEqual(world.open());
  });
  test('keeps a breaker unchanged and reports nothing when a second instance opens it', async () => {
    const { world, first } = await outage();
    const before = world.open();
    world.now += 10;
    // This instance has not read the open breaker yet.
    const second = world.instance('second');
    for (const line of 'abcde') await second.breakers.recordOutcome(batch(line), AWAY);
    expect(world.open()).toEqual(before);
    expect([first.reported, second.reported]).toEqual([['opened server: unavailable'], []]);
  });
});

describe('open shared breaker', () => {
  test('keeps the breaker of the server open when a request from before it opened fails at its target', async () => {
    const { world, first } = await outage();
    await first.breakers.recordOutcome(batch('late'), NOT_AUTHORIZED);
    expect(first.breakers.withheld(OTHER)?.kind).toBe('withheld');
    expect(world.keys()).toEqual([SERVER, targetBreaker(TARGET)]);
  });
  test('stays open at the end of an invocation', async () => {
    const { first } = await outage();
    await first.breakers.finishProbes();
    expect(first.breakers.withheld(TARGET)?.kind).toBe('withheld');
  });
  test.each([
    ['first', [0, 1, 2]],
    ['second', [1, 0, 2]],
    ['last', [1, 2, 0]],
  ])('probes the server before its targets if it is read %s', async (_, order) => {
    const world = new BreakerWorld();
    const context = { owner: 'another', nowMs: world.now - 60_000, random: 0, credentialsMark: '' };
    const breakers = [
      open(SERVER, target('of-the-server'), AWAY, context),
      open(targetBreaker(TARGET), TARGET, NO_DATABASE, context),
      open(targetBreaker(OTHER), OTHER, NO_DATABASE, context),
    ];
    for (const breaker of breakers) await world.store.port.open(breaker);
    const one = world.instance('one');
    one.breakers.beginRead()(order.map((index) => breakers[index] as OpenBreaker));
    await one.breakers.probeDue({ write: (asked) => world.server('one', asked) }, FOREVER);
    expect(world.requests.map(({ database }) => database)).toEqual(['of-the-server', TARGET.database, 'other']);
  });
  test('sends no request from any instance while the breaker is open', async () => {
    const { world, first } = await outage();
    const second = world.instance('second');
    await second.begin();
    expect(kinds([...(await first.write('x')), ...(await second.write('y'))])).toEqual(['withheld', 'withheld']);
    expect(world.takeRequests()).toEqual([]);
  });
  test('probes an open breaker at its time from one of many instances, with an empty write', async () => {
    const { world } = await outage();
    const many = Array.from({ length: 10 }, (_, i) => world.instance(`instance ${i}`));
    world.now += world.pauseMs() - 1;
    await Promise.all(many.map((one) => one.begin()));
    expect(world.takeRequests()).toEqual([]);
    world.now += 1;
    await Promise.all(many.map((one) => one.begin()));
    expect(world.takeRequests()).toEqual([{ by: 'instance 0', database: 'db', text: '' }]);
  });
  test('extends the pause for all instances after a failed probe', async () => {
    const { world, first } = await outage();
    const pauses: number[] = [];
    for (let probe = 0; probe < 6; probe++) {
      world.now += world.pauseMs();
      await first.begin();
      pauses.push(world.pauseMs());
      expect(kinds(await first.write('x'))).toEqual(['withheld']);
    }
    expect(pauses).toEqual([2_000, 4_000, 4_000, 4_000, 4_000, 4_000]);
    expect(world.takeRequests()).toHaveLength(6);
    expect(first.reported).toEqual(['opened server: unavailable']);
  });
  test('tries a wrong password after 35, 60, 120 and 120 s, from one instance only', async () => {
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
  test.each<[string, Outcome, number]>([
    ['again while an unavailable server does not answer', AWAY, 5],
    ['once while a server that denied the credentials does not answer', WRONG_PASSWORD, 1],
  ])('probes %s', async (_, outcome, probes) => {
    const { world, first } = await outage(outcome);
    world.now += world.pauseMs();
    // Each wait of the probe ends soon.
    const soon = new AbortController();
    world.limit = { ...FOREVER, signal: soon.signal };
    const answers: ((outcome: Outcome) => void)[] = [];
    world.answer = () => new Promise((resolve) => answers.push(resolve));
    const begun = first.begin();
    await expect.poll(() => answers.length).toBe(1);
    soon.abort();
    await expect.poll(() => answers.length).toBe(probes);
    for (const answer of answers) answer(outcome);
    await begun;
    expect(answers).toHaveLength(probes);
  });
  test('tries new credentials immediately, and only once', async () => {
    const { world, first } = await outage(WRONG_PASSWORD);
    await first.begin();
    expect(world.takeRequests()).toEqual([]);
    world.credentials = 'new';
    await first.begin();
    await first.begin();
    expect(world.takeRequests()).toHaveLength(1);
    expect(world.pauseMs()).toBe(60_000);
  });
  test('does not probe a target while the server breaker is open', async () => {
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

describe('successful probe', () => {
  /** The server has recovered, and the first instance has probed it. */
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

  test('lets only the probing instance write after a successful probe', async () => {
    const { world, first, second } = await probed();
    expect([first, second].map(({ breakers }) => breakers.isHalfOpen(TARGET))).toEqual([true, false]);
    expect(kinds([...(await second.write('x')), ...(await first.write('y'))])).toEqual(['withheld', 'written']);
    expect(world.takeRequests().map(({ by }) => by)).toEqual(['first']);
  });
  test('closes the breaker for all instances after a successful write that follows a probe', async () => {
    const { world, first, second } = await probed();
    await first.write('x');
    expect(world.keys()).toEqual([]);
    expect(first.reported).toEqual(['opened server: unavailable', 'closed server']);
    expect(kinds(await second.write('y'))).toEqual(['written']);
    expect(first.breakers.isHalfOpen(TARGET)).toBe(false);
  });
  test('opens the breaker again when a write after the probe finds the server unavailable', async () => {
    const { world, first } = await probed();
    world.answer = () => AWAY;
    await first.write('x');
    expect(world.pauseMs()).toBe(2_000);
    expect(kinds(await first.write('y'))).toEqual(['withheld']);
  });
  test('neither closes nor opens a half-open breaker after a refused line', async () => {
    const { world, first } = await probed();
    world.answer = () => REFUSED;
    await first.write('x');
    expect(world.keys()).toEqual([SERVER]);
    expect(first.breakers.isHalfOpen(TARGET)).toBe(true);
  });
  test('opens a half-open breaker again after unexplained failures of two bodies, but not of one', async () => {
    const { world, first } = await probed();
    world.answer = () => FAILED;
    await first.write('poison', 'poison', 'poison');
    expect(first.breakers.isHalfOpen(TARGET)).toBe(true);
    await first.write('another');
    expect(first.breakers.isHalfOpen(TARGET)).toBe(false);
    expect(world.pauseMs()).toBe(2_000);
  });
  test('opens a half-open breaker again at the end when the only body fails', async () => {
    const { world, first, second } = await probed();
    world.answer = (_, line) => (line === '' ? WRITTEN : FAILED);
    await first.write('poison', 'poison');
    // A drainer without a reference line sends an empty write.
    await first.writer.write({ target: TARGET, body: Buffer.alloc(0), lines: 0 }, FOREVER);
    expect(first.breakers.isHalfOpen(TARGET)).toBe(true);
    await first.breakers.finishProbes();
    expect([world.keys(), world.pauseMs(), world.open()[0]?.text]).toEqual([
      [SERVER],
      2_000,
      'HTTP 500: runtime error',
    ]);
    expect(kinds([...(await first.write('x')), ...(await second.write('y'))])).toEqual(['withheld', 'withheld']);
    expect(first.reported).toEqual(['opened server: unavailable']);
  });
  test('withholds writes while the credentials of a failed write are fetched', async () => {
    const { world, first } = await probed();
    let fetch: (mark: string) => void = () => undefined;
    world.credentials = new Promise((resolve) => {
      fetch = resolve;
    });
    world.answer = () => WRONG_PASSWORD;
    const denied = first.write('a');
    await expect.poll(() => world.fetched).toBe(1);
    expect(first.breakers.withheld(TARGET)?.kind).toBe('withheld');
    fetch('old');
    expect(kinds(await denied)).toEqual(['denied']);
  });
  test('closes a half-open breaker when one body fails and another is written', async () => {
    const { world, first } = await probed();
    world.answer = (_, line) => (line === 'poison' ? FAILED : WRITTEN);
    await first.write('poison', 'good');
    await first.breakers.finishProbes();
    expect([world.keys(), first.reported.at(-1)]).toEqual([[], 'closed server']);
  });
  test('closes the breaker after the next successful probe, regardless of earlier doubts', async () => {
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
  test('closes a half-open breaker at the end if the only response refuses a line', async () => {
    const { world, first } = await probed();
    world.answer = () => REFUSED;
    await first.write('x');
    await first.breakers.finishProbes();
    expect(world.keys()).toEqual([]);
  });
  test('closes a half-open breaker at the end when there was nothing to write', async () => {
    const { world, first } = await probed();
    await first.breakers.finishProbes();
    expect(world.keys()).toEqual([]);
    expect(first.reported.at(-1)).toBe('closed server');
  });
  test('probes from another instance when the lease of the probing instance has expired', async () => {
    const { world, second } = await probed();
    // Two requests, and the time between them.
    world.now += 34_999;
    await second.begin();
    expect(world.takeRequests()).toEqual([]);
    world.now += 1;
    await second.begin();
    expect(world.takeRequests().map(({ by }) => by)).toEqual(['second']);
  });
  test.each([
    ['the duration of two requests', 120_000, 600_000, 245_000],
    ['at most the rest of its invocation', 600_000, 50_000, 55_000],
  ])('leases a probe for %s', async (_, requestMs, remainingMs, leaseMs) => {
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
  test('withholds writes despite an old successful probe when another instance has opened the breaker again since', async () => {
    const { world, first, second } = await probed();
    world.now += 35_000;
    world.answer = () => AWAY;
    await second.begin();
    world.takeRequests();
    expect(kinds(await first.write('x'))).toEqual(['withheld']);
    expect(world.takeRequests()).toEqual([]);
  });
});

describe('probe of one breaker that finds another cause', () => {
  test('closes the server breaker and opens the target breaker when the probe finds the target missing', async () => {
    const { world, first } = await outage();
    world.now += world.pauseMs();
    world.answer = ({ target: { database } }) => (database === TARGET.database ? NO_DATABASE : WRITTEN);
    await first.begin();
    expect(world.keys()).toEqual([targetBreaker(TARGET)]);
    expect((await first.writeTo(OTHER, 'x')).kind).toBe('written');
    expect(kinds(await first.write('x'))).toEqual(['withheld']);
  });
  test('keeps the target breaker open for all instances when its probe finds the server unavailable', async () => {
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
    expect(one.reported).toEqual([`opened ${targetBreaker(TARGET)}: denied`]);
  });
});

describe('state read from the store', () => {
  test('does not undo a newer local outcome with state that was read before it', async () => {
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
  test('does not undo a breaker with state that was read while the breaker was being stored', async () => {
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
