/** A drain: leases, batches, and the order of segments. Covers `src/checkpoint/drain/drain.ts`. */

import { describe, expect, test } from 'vitest';
import { HELD_MS } from '../../../src/checkpoint/save.ts';
import type { Outcome } from '../../../src/sink/outcome.ts';
import type { Batch, Deadline } from '../../../src/sink/ports.ts';
import { itemKey } from '../../contract/memory-state-table.ts';
import { FOREVER, linesFor, NOW_MS, OVER, target } from '../make.ts';
import { AWAY, DrainWorld, FAILED, HELD, REFUSED } from './drain-world.ts';

const [X, Y] = [target('x'), target('y')];
const NOTHING = {
  leased: 0,
  leasesLost: 0,
  segmentsSettled: 0,
  eventsWritten: 0,
  eventsQuarantined: 0,
  newer: 0,
  damaged: 0,
  conflictsResolved: 0,
  refusals: {},
  unwritten: {},
};
const ENDS: Deadline = { remainingMs: () => 999, signal: new AbortController().signal };

/** A server that accepts everything, and counts its concurrent requests. */
const counting = () => {
  let inFlight = 0;
  const server = {
    most: 0,
    writer: {
      write: async (): Promise<Outcome> => {
        server.most = Math.max(server.most, ++inFlight);
        await new Promise((resolve) => setImmediate(resolve));
        inFlight -= 1;
        return { kind: 'written' };
      },
    },
  };
  return server;
};

describe('backlog', () => {
  test('writes the backlog per target in batches of the usual size, and deletes it', async () => {
    const world = new DrainWorld();
    for (const name of ['a', 'b', 'c']) await world.save(linesFor(name, 60), { to: X });
    await world.save(linesFor('d', 7), { to: Y });
    const report = await world.drain();
    expect(report).toMatchObject({ ...NOTHING, leased: expect.any(Number), segmentsSettled: 4, eventsWritten: 187 });
    expect(world.requests.map(({ target: to, lines }) => [to, lines.length]).sort()).toEqual([
      ['x/', 100],
      ['x/', 80],
      ['y/', 7],
    ]);
    expect([world.items.entries.size, world.items.payloads.size, world.items.leases.size]).toEqual([0, 0, 0]);
    expect(world.lost()).toEqual([]);
  });
  test('drains only the given shards', async () => {
    const world = new DrainWorld();
    const { shard } = await world.save(['m v=1 1']);
    const others = Array.from({ length: 16 }, (_, other) => other).filter((other) => other !== shard);
    expect(await world.drain(others)).toEqual({ ...NOTHING, idle: others });
    expect(world.waiting()).toHaveLength(1);
    expect(await world.drain([shard])).toMatchObject({ segmentsSettled: 1, idle: [] });
  });
  test('leases a shard only if a segment is due, because a lease costs a write', async () => {
    const world = new DrainWorld();
    const { shard } = await world.save(['m v=1 1'], { dueMs: NOW_MS + 60_000 });
    expect(await world.drain([shard])).toEqual({ ...NOTHING, idle: [shard] });
    expect(world.store.names()).not.toContain('lease');
  });
  test('keeps remainders until they are due or fill a batch', async () => {
    const world = new DrainWorld();
    const later = { wait: 'buffered', dueMs: NOW_MS + 60_000 } as const;
    await world.save(linesFor('a', 60), later);
    await world.drain();
    expect(world.requests).toEqual([]);
    await world.save(linesFor('b', 40), later);
    await world.drain();
    expect(world.requests.map(({ lines }) => lines.length)).toEqual([100]);
    await world.save(linesFor('c', 1), later);
    world.clock.now = NOW_MS + 60_000;
    expect(await world.drain()).toMatchObject({ segmentsSettled: 1 });
  });
  test('tries segments that failed while others were written after all others', async () => {
    const world = new DrainWorld();
    world.inFlightMax = 1;
    await world.save(['m v=1 1'], { failures: 1 });
    await world.save(['m v=2 1'], { to: Y });
    await world.save(['m v=3 1'], { wait: 'isolate' });
    await world.drain();
    expect(world.requests.map(({ lines }) => lines)).toEqual([['m v=2 1'], ['m v=3 1'], ['m v=1 1']]);
  });
});

describe('leases', () => {
  test('does not drain a shard that another drainer has leased', async () => {
    const world = new DrainWorld();
    const { shard } = await world.save(['m v=1 1']);
    await world.store.port.lease(shard, 'another', NOW_MS + 1_000, NOW_MS, FOREVER);
    expect(await world.drain()).toMatchObject({ leased: 0, leasesLost: 1, segmentsSettled: 0 });
    expect([world.requests, world.waiting().length]).toEqual([[], 1]);
    expect(world.items.leases.get(itemKey('sink', shard))?.owner).toBe('another');
  });
  test('drains a shard after the lease of a crashed drainer has expired', async () => {
    const world = new DrainWorld();
    const { shard } = await world.save(['m v=1 1']);
    await world.store.port.lease(shard, 'another', NOW_MS + 1_000, NOW_MS, FOREVER);
    world.clock.now = NOW_MS + 1_000;
    expect(await world.drain()).toMatchObject({ leased: 1, leasesLost: 0, segmentsSettled: 1 });
  });
  test('takes leases that outlast the time for settling', async () => {
    const world = new DrainWorld();
    await world.save(['m v=1 1']);
    let untilMs = 0;
    world.answer = () => {
      untilMs = [...world.items.leases.values()][0]?.untilMs ?? 0;
      return undefined;
    };
    await world.drain();
    expect(untilMs).toBeGreaterThan(world.clock.now + FOREVER.remainingMs());
    expect(untilMs).toBeLessThan(world.clock.now + FOREVER.remainingMs() + 10_000);
  });
  test('drains no shard without a lease when the table refuses leases', async () => {
    const world = new DrainWorld();
    await world.save(['m v=1 1']);
    world.store.fault = ({ name }) => (name === 'lease' ? 'refused' : undefined);
    expect(await world.drain()).toMatchObject({ leased: 0, leasesLost: 0, segmentsSettled: 0 });
    expect(world.requests).toEqual([]);
    expect(world.warnings).toHaveLength(1);
  });
  test('releases leases only when all requests have ended, even if a bug ends the drain', async () => {
    const world = new DrainWorld();
    for (const to of [X, Y]) await world.save(linesFor(to.database, 1), { to });
    const order: string[] = [];
    world.store.fault = ({ name }) => {
      if (name === 'release') order.push('released');
      return undefined;
    };
    let first: string | undefined;
    world.ports = {
      writer: {
        async write() {
          await new Promise((resolve) => setTimeout(resolve, 20));
          order.push('responded');
          return { kind: 'written' };
        },
      },
      isHalfOpen: ({ database }) => {
        first ??= database;
        if (database !== first) throw new Error('a bug');
        return false;
      },
    };
    await expect(world.drain()).rejects.toThrow('a bug');
    expect(order).toEqual(['responded', ...order.filter((one) => one === 'released')]);
  });
  test('releases leases even if all other calls fail', async () => {
    const world = new DrainWorld();
    await world.save(['m v=1 1']);
    world.store.fault = ({ name }) =>
      name === 'lease' || name === 'release' || name === 'listEntries' ? undefined : 'refused';
    await world.drain();
    expect(world.items.leases.size).toBe(0);
    expect(world.lost()).toEqual([]);
  });
});

describe('unavailable server', () => {
  test('sends no further request to an unavailable server, and deletes and reschedules nothing', async () => {
    const world = new DrainWorld();
    world.inFlightMax = 1;
    for (const to of [X, Y, target('z')]) await world.save(linesFor(to.database, 250), { to });
    await world.save(['m v=1 1'], { wait: 'isolate' });
    const before = world.waiting();
    world.answer = () => AWAY;
    expect(await world.drain()).toMatchObject({ segmentsSettled: 0, eventsWritten: 0 });
    expect(world.requests.length).toBeLessThanOrEqual(3);
    expect(world.waiting()).toEqual(before);
    expect(world.store.names()).not.toContain('reschedule');
  });
  test('writes no line twice when the server becomes unavailable during a drain, and keeps the others', async () => {
    const world = new DrainWorld();
    world.inFlightMax = 1;
    await world.save(linesFor('a', 250));
    world.answer = () => (world.requests.length < 1 ? undefined : AWAY);
    expect(await world.drain()).toMatchObject({ eventsWritten: 100 });
    expect(world.requests.map(({ lines, outcome }) => [lines.length, outcome])).toEqual([
      [100, 'written'],
      [100, 'unavailable'],
    ]);
    expect(world.waiting().map(({ lines }) => lines.length)).toEqual([150]);
    expect(world.lost()).toEqual([]);
  });
  test.each<Outcome>([
    { kind: 'misconfigured', databaseMissing: true, text: 'database not found' },
    { kind: 'denied', scope: 'target', text: 'not authorized' },
    { kind: 'withheld', text: 'the circuit breaker is open' },
  ])('drains other targets after the outcome "$kind" for one target', async (outcome) => {
    const world = new DrainWorld();
    world.inFlightMax = 1;
    // There are more groups of the target than can start before the first has failed.
    for (let i = 0; i < 8; i++) await world.save(linesFor(`x${i}`, 2), { to: X, wait: 'isolate' });
    await world.save(linesFor('y', 2), { to: Y, wait: 'isolate' });
    world.answer = (batch) => (batch.target.database === 'x' ? outcome : undefined);
    expect(await world.drain()).toMatchObject({ eventsWritten: 2, segmentsSettled: 1 });
    expect(world.requests.filter(({ target: to }) => to === 'x/').length).toBeLessThanOrEqual(3);
    expect(world.waiting()).toHaveLength(8);
  });
  test('sends no request for a target with an open breaker, and leases no shard for it', async () => {
    const world = new DrainWorld();
    await world.save(['m v=1 1'], { to: X });
    const { shard } = await world.save(['m v=2 1'], { to: Y });
    world.ports = { withheld: ({ database }) => (database === 'x' ? { kind: 'withheld', text: 'open' } : undefined) };
    const report = await world.drain();
    expect(report).toMatchObject({ eventsWritten: 1 });
    expect(world.waiting().map(({ lines }) => lines)).toEqual([['m v=1 1']]);
    const leased = world.store.calls.filter(({ name }) => name === 'lease').map(({ args }) => args[0]);
    expect(leased).toEqual([shard]);
  });
  test('sends one request at a time while a breaker is half-open', async () => {
    const world = new DrainWorld();
    world.ports = { isHalfOpen: () => true };
    const server = counting();
    world.ports = { ...world.ports, writer: server.writer };
    for (const to of [X, Y]) await world.save(linesFor(to.database, 250), { to });
    expect(await world.drain()).toMatchObject({ segmentsSettled: 2, eventsWritten: 500 });
    expect(server.most).toBe(1);
    world.ports = { writer: server.writer };
    await world.save(linesFor('a', 250));
    await world.drain();
    expect(server.most).toBe(3);
  });
});

describe('held lines', () => {
  test('stores held lines for five minutes, and writes the others', async () => {
    const world = new DrainWorld();
    await world.save(linesFor('a', 40), { messageId: 'a' });
    world.faultOf = (line) => (line.includes('value=7.5') ? HELD : undefined);
    expect(await world.drain()).toMatchObject({ eventsQuarantined: 0 });
    const [held] = world.waiting();
    expect(held?.lines).toContain(linesFor('a', 40)[7]);
    expect(held?.lines.length).toBeLessThanOrEqual(16);
    expect(held?.entry).toMatchObject({
      wait: 'held',
      failures: 0,
      dueMs: world.clock.now + HELD_MS,
      savedAtMs: NOW_MS,
    });
    expect(world.lost()).toEqual([]);
  });
  test('reschedules a segment of which all lines are held, without storing it again', async () => {
    const world = new DrainWorld();
    const { id } = await world.save(linesFor('a', 3), { wait: 'held' });
    world.faultOf = () => HELD;
    await world.drain();
    expect(world.waiting().map(({ entry }) => [entry.id, entry.wait, entry.dueMs])).toEqual([
      [id, 'held', world.clock.now + HELD_MS],
    ]);
    expect(world.store.names()).not.toContain('deleteEntries');
  });
});

describe('time limits', () => {
  test.each([
    ['no time', OVER],
    ['less than one second', ENDS],
  ])('begins nothing when %s is left', async (_, write) => {
    const world = new DrainWorld();
    await world.save(linesFor('a', 3));
    await world.drain(undefined, { write, settle: FOREVER });
    expect(world.requests).toEqual([]);
    expect(world.waiting()).toHaveLength(1);
    expect(world.items.leases.size).toBe(0);
  });
  test('stores undecided lines for isolation when the time ends during a drain', async () => {
    const world = new DrainWorld();
    await world.save(linesFor('a', 40));
    world.faultOf = (line) => (line.includes('value=3.5') ? REFUSED : undefined);
    const write = { ...FOREVER, remainingMs: () => (world.requests.length > 1 ? 0 : 60_000) };
    await world.drain(undefined, { write, settle: FOREVER });
    expect(world.waiting().map(({ entry }) => [entry.wait, entry.failures])).toEqual([['isolate', 0]]);
    expect(world.lost()).toEqual([]);
    expect(await world.drain()).toMatchObject({ eventsQuarantined: 1 });
    expect(world.waiting()).toEqual([]);
  });
  test('refuses lines again in the next drain when no time is left for dead letters', async () => {
    const world = new DrainWorld();
    await world.save(linesFor('a', 3));
    world.faultOf = () => REFUSED;
    await world.drain(undefined, { write: FOREVER, settle: OVER });
    expect([world.letters, world.waiting().length]).toEqual([[], 1]);
    expect(world.waiting()[0]?.entry.wait).toBe('isolate');
  });
});

test('warns of a shard that cannot be listed, and drains the other shards', async () => {
  const world = new DrainWorld();
  const { shard } = await world.save(linesFor('a', 2), { to: X });
  let other = shard;
  while (other === shard) ({ shard: other } = await world.save([`m v=${world.clock.now} 1`], { to: Y }));
  world.store.fault = ({ name, args }) => (name === 'listEntries' && args[0] === shard ? 'refused' : undefined);
  expect(await world.drain()).toMatchObject({ segmentsSettled: 1 });
  expect(world.warnings.join()).toContain('Failed to list a shard.');
  expect(world.waiting().length).toBeGreaterThan(0);
});

test('distinguishes two failing segments from a failing server', async () => {
  const world = new DrainWorld();
  await world.know();
  const poisons = ['m v="poison1" 1', 'm v="poison2" 1'];
  for (const line of poisons) await world.save([line, `${line}0`], { wait: 'isolate' });
  await world.save(linesFor('good', 30), { wait: 'isolate' });
  world.faultOf = (line) => (poisons.includes(line) ? FAILED : undefined);
  expect(await world.drain()).toMatchObject({ eventsWritten: 30, segmentsSettled: 1 });
  expect(world.waiting().map(({ entry }) => entry.failures)).toEqual([1, 1]);
});

test('counts the lines of groups that are withheld during the drain once, and does not load them', async () => {
  const world = new DrainWorld();
  world.inFlightMax = 1;
  world.ports = { isHalfOpen: () => true };
  for (const to of [X, Y]) await world.save(linesFor(to.database, 3), { to });
  world.answer = () => AWAY;
  expect((await world.drain()).unwritten).toMatchObject({ unavailable: { lines: 3 }, withheld: { lines: 3 } });
  expect(world.store.names().filter((name) => name === 'readPayloads')).toHaveLength(1);
});

test('writes groups of several segments concurrently', async () => {
  const world = new DrainWorld();
  const server = counting();
  world.ports = { writer: server.writer };
  for (const name of ['u', 'v', 'w', 'x', 'y']) await world.save(linesFor(name, 2), { to: target(name) });
  await world.drain();
  expect(server.most).toBe(3);
});

test('does control I/O before each batch, and between the requests of one', async () => {
  const world = new DrainWorld();
  let calls = 0;
  world.ports = {
    beforeBatch: async () => {
      calls += 1;
    },
  };
  await world.save(linesFor('a', 20));
  world.faultOf = (line) => (line === linesFor('a', 20)[3] ? REFUSED : undefined);
  await world.drain();
  expect(world.requests.length).toBeGreaterThan(5);
  expect(calls).toBe(world.requests.length);
});

test('keeps pieces of a refused batch undecided when they are sent again', async () => {
  const world = new DrainWorld();
  await world.save(linesFor('a', 20), { wait: 'isolate' });
  world.answer = () => AWAY;
  await world.drain();
  expect(world.waiting().map(({ entry }) => [entry.wait, entry.failures])).toEqual([['isolate', 0]]);
});

test('sends one segment at a time after one has failed', async () => {
  const world = new DrainWorld();
  await world.know();
  const order: string[] = [];
  const write = async (batch: Batch): Promise<Outcome> => {
    const line = Buffer.from(batch.body).toString().trim();
    order.push(`> ${line}`);
    await new Promise((resolve) => setImmediate(resolve));
    order.push(`< ${line}`);
    return line === 'm v=0 1' ? FAILED : { kind: 'written' };
  };
  world.ports = { writer: { write } };
  await world.save(['m v=0 1'], { wait: 'isolate' });
  for (let i = 1; i <= 8; i++) await world.save([`m v=${i} 1`], { wait: 'isolate' });
  await world.drain();
  const last = order.slice(-8);
  expect(last.map((one) => one[0])).toEqual(['>', '<', '>', '<', '>', '<', '>', '<']);
});

test('sends no reference line, and counts no failure, when requests are withheld after an unexplained failure', async () => {
  const world = new DrainWorld();
  await world.save(linesFor('a', 3));
  world.answer = () => FAILED;
  world.ports = {
    withheld: () => (world.requests.length > 0 ? { kind: 'withheld', text: 'the circuit breaker is open' } : undefined),
  };
  await world.drain();
  expect(world.requests).toHaveLength(1);
  expect(world.waiting().map(({ entry }) => entry.failures)).toEqual([0]);
});

test('repeats the reason of withheld lines as it is', async () => {
  const world = new DrainWorld();
  world.inFlightMax = 1;
  await world.save(linesFor('a', 250));
  world.answer = () => ({ kind: 'withheld', text: 'the circuit breaker is open' });
  expect((await world.drain()).unwritten).toEqual({ withheld: { lines: 250, text: 'the circuit breaker is open' } });
});

test('begins no request at the moment in which its time ends', async () => {
  const world = new DrainWorld();
  world.inFlightMax = 1;
  await world.save(linesFor('a', 250));
  const write = { ...FOREVER, remainingMs: () => (world.requests.length > 0 ? 0 : 60_000) };
  expect(await world.drain(undefined, { write, settle: FOREVER })).toMatchObject({
    eventsWritten: 100,
    unwritten: { withheld: { lines: 150, text: 'no time was left' } },
  });
});

test.each([
  ['listEntries', 'Failed to list a shard. {"shard":SHARD,"error":"listEntries was refused"}'],
  ['lease', 'Failed to lease a shard. {"shard":SHARD,"error":"lease was refused"}'],
  ['readPayloads', 'Failed to read segments. {"segments":1,"error":"readPayloads was refused"}'],
  ['reschedule', 'Failed to store the unwritten lines of a segment. {"segment":"ID","error":"reschedule was refused"}'],
  ['deleteEntries', 'Failed to delete segments. They are written again. {"error":"deleteEntries was refused"}'],
  ['release', 'Failed to release a lease. It expires automatically. {"shard":SHARD,"error":"release was refused"}'],
])('names what a failed call of %s concerns, and loses nothing', async (name, warning) => {
  const world = new DrainWorld();
  const { shard, id } = await world.save(linesFor('a', 20));
  world.faultOf = (line) => (name === 'reschedule' || line === linesFor('a', 20)[3] ? HELD : undefined);
  world.store.fault = (call) => (call.name === name ? 'refused' : undefined);
  await world.drain([shard]);
  expect(world.warnings).toContain(warning.replace('SHARD', String(shard)).replace('ID', id));
  expect(world.lost()).toEqual([]);
});
