/** A server and its targets fail at the same time. Covers `src/breaker/shared-breakers.ts`. */

import { expect, test } from 'vitest';
import { SERVER, targetBreaker } from '../../src/breaker/breaker.ts';
import { target } from '../checkpoint/make.ts';
import { TARGET } from '../sink/make.ts';
import { AWAY, BreakerWorld, batch, NO_DATABASE, outage, REFUSED, WRITTEN } from './breaker-world.ts';

const OTHER = target('other');

test('counts the failures of the server again from 0 after it has refused a target', async () => {
  const world = new BreakerWorld();
  const { breakers } = world.instance('one');
  for (const line of 'abcd') await breakers.recordOutcome(batch(line), AWAY);
  await breakers.recordOutcome(batch('x', OTHER), NO_DATABASE);
  for (const line of 'efgh') await breakers.recordOutcome(batch(line), AWAY);
  expect(world.keys()).toEqual([targetBreaker(OTHER)]);
  await breakers.recordOutcome(batch('i'), AWAY);
  expect(world.keys()).toContain(SERVER);
});

test('closes the half-open breaker of the server after it has refused a target', async () => {
  const { world, first } = await outage();
  world.answer = () => WRITTEN;
  world.now += world.pauseMs();
  await first.begin();
  expect(first.breakers.isHalfOpen(TARGET)).toBe(true);
  await first.breakers.recordOutcome(batch('x', OTHER), NO_DATABASE);
  expect(world.keys()).toEqual([targetBreaker(OTHER)]);
  expect(first.reported).toEqual([
    'opened server: unavailable',
    'closed server',
    `opened ${targetBreaker(OTHER)}: misconfigured`,
  ]);
});

test('probes the server before a target whose breaker opened earlier', async () => {
  const world = new BreakerWorld();
  const one = world.instance('one');
  await one.breakers.recordOutcome(batch('x', OTHER), NO_DATABASE);
  for (const line of 'abcde') await one.breakers.recordOutcome(batch(line), AWAY);
  world.answer = () => AWAY;
  world.now += 600_000;
  await one.begin();
  expect(world.takeRequests()).toEqual([{ by: 'one', database: TARGET.database, text: '' }]);
  world.answer = () => WRITTEN;
  world.now += 600_000;
  await one.begin();
  expect(world.takeRequests().map(({ database }) => database)).toEqual([TARGET.database, OTHER.database]);
});

test('closes the breaker of the server and opens that of the target when the probe finds no database', async () => {
  const { world, first } = await outage();
  world.answer = () => NO_DATABASE;
  world.now += world.pauseMs();
  await first.begin();
  expect(world.keys()).toEqual([targetBreaker(TARGET)]);
  expect(first.reported).toEqual([
    'opened server: unavailable',
    'closed server',
    `opened ${targetBreaker(TARGET)}: misconfigured`,
  ]);
});

test('closes the breaker of the server when the probe is refused for a reason that no breaker counts', async () => {
  const { world, first } = await outage();
  world.answer = () => REFUSED;
  world.now += world.pauseMs();
  await first.begin();
  expect(world.keys()).toEqual([]);
});

test('leaves breakers that this instance does not probe unchanged at the end of an invocation', async () => {
  const { world, first } = await outage();
  const before = world.open();
  await first.breakers.finishProbes();
  expect(world.open()).toEqual(before);
  expect(first.reported).toEqual(['opened server: unavailable']);
});
