/** The report of a drain about lines that it could not write. Covers `src/checkpoint/drain/drain.ts`. */

import { beforeEach, describe, expect, test } from 'vitest';
import type { Outcome } from '../../../src/sink/outcome.ts';
import { linesFor, target } from '../make.ts';
import { AWAY, DrainWorld, FAILED, HELD, REFUSED } from './drain-world.ts';

let world: DrainWorld;

beforeEach(() => {
  world = new DrainWorld();
});

test('reports no refusals and no unwritten lines when all lines are written', async () => {
  await world.save(linesFor('a', 3));
  expect(await world.drain()).toMatchObject({ refusals: {}, unwritten: {} });
});

test.each([true, false])('reports refused lines by code, whether dead letters are confirmed (%s)', async (confirms) => {
  const lines = linesFor('a', 10);
  await world.save(lines);
  world.faultOf = (line) => (line === lines[2] || line === lines[7] ? REFUSED : undefined);
  world.confirms = () => confirms;
  expect(await world.drain()).toMatchObject({ refusals: { 'line-refused': 2 }, unwritten: {} });
});

test("reports unwritten lines by the kind of outcome, with the server's last error text", async () => {
  await world.save(linesFor('a', 3), { to: target('full') });
  await world.save(linesFor('b', 2));
  world.answer = ({ target: { database } }) => (database === 'full' ? HELD : undefined);
  expect(await world.drain()).toMatchObject({
    unwritten: { held: { lines: 3, text: 'partial write: too many series' } },
  });
});

describe('reasons for withheld lines', () => {
  const OPEN: Outcome = { kind: 'withheld', text: 'the circuit breaker is open (denied): 401' };

  test('reports withheld lines for an open server breaker, without leasing a shard', async () => {
    await world.save(linesFor('a', 3));
    await world.save(linesFor('b', 2));
    world.ports = { withheld: () => OPEN };
    const report = await world.drain();
    expect(report).toMatchObject({ leased: 0, unwritten: { withheld: { lines: 5, text: OPEN.text } } });
  });
  test('reports withheld lines for an open target breaker, and writes another target', async () => {
    await world.save(linesFor('a', 3), { to: target('held') });
    await world.save(linesFor('b', 2));
    const shard = [...world.items.entries.values()].map((entry) => entry.shard);
    world.ports = { withheld: ({ database }) => (database === 'held' ? OPEN : undefined) };
    const report = await world.drain([...new Set(shard)]);
    expect(report).toMatchObject({ eventsWritten: 2, unwritten: { withheld: { lines: 3, text: OPEN.text } } });
  });
  test.each<[string, Outcome, string]>([
    ['a server that is unavailable', AWAY, 'not tried after others (unavailable): server is closing'],
    ['a body that fails', FAILED, 'not tried after others (unavailable): HTTP 500: runtime error'],
  ])('reports the remaining lines as withheld after %s', async (_, outcome, text) => {
    world.batchLines = 2;
    world.inFlightMax = 1;
    await world.save(linesFor('a', 6));
    world.answer = () => outcome;
    expect((await world.drain()).unwritten).toEqual({
      unavailable: { lines: 2, text: 'text' in outcome ? outcome.text : '' },
      withheld: { lines: 4, text },
    });
  });
});
