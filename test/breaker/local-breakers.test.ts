/** Breakers without an available store: control must never block data. Covers `src/breaker/shared-breakers.ts`. */

import { describe, expect, test } from 'vitest';
import { SERVER } from '../../src/breaker/breaker.ts';
import type { Outcome } from '../../src/sink/outcome.ts';
import { FOREVER } from '../checkpoint/make.ts';
import { AWAY, BreakerWorld, batch, kinds, outage, WRITTEN, WRONG_PASSWORD } from './breaker-world.ts';

describe('unavailable store', () => {
  const withoutStore = async (answer: Outcome) => {
    const world = new BreakerWorld();
    world.storeIsAway = true;
    world.answer = () => answer;
    const [one, other] = [world.instance('one'), world.instance('other')];
    await one.write('a', 'b', 'c', 'd', 'e');
    world.takeRequests();
    return { world, one, other };
  };

  test('opens breakers per instance while the store is unavailable', async () => {
    const { world, one, other } = await withoutStore(AWAY);
    expect(one.reported).toEqual(['the store is unavailable', 'opened server: unavailable']);
    expect(kinds(await one.write('x'))).toEqual(['withheld']);
    expect(kinds(await other.write('y'))).toEqual(['unavailable']);
    expect(world.takeRequests().map(({ by }) => by)).toEqual(['other']);
  });
  test('probes and closes its local breaker while the store is unavailable', async () => {
    const { world, one } = await withoutStore(AWAY);
    world.answer = () => WRITTEN;
    await one.begin();
    expect(world.takeRequests()).toEqual([]);
    world.now += 1_000;
    await one.begin();
    expect(kinds(await one.write('x'))).toEqual(['written']);
    expect(one.reported.at(-1)).toBe('closed server');
  });
  test('waits at least five times as long after a wrong password while the store is unavailable', async () => {
    const { world, one } = await withoutStore(WRONG_PASSWORD);
    world.now += 174_999;
    await one.begin();
    expect(world.takeRequests()).toEqual([]);
    world.now += 1;
    await one.begin();
    expect(world.takeRequests()).toHaveLength(1);
    world.now += 299_999;
    await one.begin();
    expect(world.takeRequests()).toEqual([]);
    world.now += 1;
    await one.begin();
    expect(world.takeRequests()).toHaveLength(1);
  });
  test('keeps a shared breaker open while the store is unavailable, and probes it at its time', async () => {
    const { world, first } = await outage();
    world.storeIsAway = true;
    await first.begin();
    expect(kinds(await first.write('x'))).toEqual(['withheld']);
    world.now += world.pauseMs();
    await first.begin();
    expect(world.takeRequests()).toHaveLength(1);
  });
  test('does not probe a shared denial at its time from each instance while the store is unavailable', async () => {
    const { world, first } = await outage(WRONG_PASSWORD);
    const second = world.instance('second');
    await second.refresh();
    world.storeIsAway = true;
    world.now += world.pauseMs();
    await Promise.all([first.begin(), second.begin()]);
    expect(world.takeRequests()).toEqual([]);
    world.now += 350_000;
    await first.begin();
    expect(world.takeRequests()).toHaveLength(1);
  });
  test('starts a local pause when the store becomes unavailable after a failed probe', async () => {
    const { world, first } = await outage(WRONG_PASSWORD);
    world.now += world.pauseMs();
    await first.begin();
    expect(world.takeRequests()).toHaveLength(1);
    world.storeIsAway = true;
    world.now += world.pauseMs();
    await first.begin();
    expect(world.takeRequests()).toEqual([]);
  });
  test('starts local pauses again each time the store becomes unavailable', async () => {
    const { world, one } = await withoutStore(WRONG_PASSWORD);
    world.storeIsAway = false;
    await one.refresh();
    await one.write('again');
    expect(world.keys()).toEqual([SERVER]);
    world.takeRequests();
    world.storeIsAway = true;
    world.now += world.pauseMs();
    await one.begin();
    expect(world.takeRequests()).toEqual([]);
  });
  test('drops local breakers when the store recovers, because the shared state applies', async () => {
    const { world, one } = await withoutStore(AWAY);
    world.storeIsAway = false;
    world.answer = () => WRITTEN;
    await one.begin();
    expect(kinds(await one.write('x'))).toEqual(['written']);
  });
  test('does not block writes when the store fails', async () => {
    const world = new BreakerWorld();
    world.storeIsAway = true;
    const one = world.instance('one');
    expect(kinds(await one.write('a', 'b'))).toEqual(['written', 'written']);
    await one.breakers.finishProbes();
    expect(one.reported).toEqual([]);
  });
});

test('reports a breaker as opened and closed when there is no store', async () => {
  const world = new BreakerWorld();
  const one = world.instance('one', false);
  world.answer = () => AWAY;
  await one.write('a', 'b', 'c', 'd', 'e');
  world.now += 1_000;
  world.answer = () => WRITTEN;
  await one.breakers.probeDue({ write: (asked) => world.server('one', asked) }, FOREVER);
  await one.breakers.finishProbes();
  expect(one.reported).toEqual(['opened server: unavailable', 'closed server']);
});

test('reports a breaker once when two requests without a store open it together', async () => {
  const world = new BreakerWorld();
  const one = world.instance('one', false);
  await Promise.all(['a', 'b'].map((line) => one.breakers.recordOutcome(batch(line), WRONG_PASSWORD)));
  expect(one.reported).toEqual(['opened server: denied']);
});
