/** Which node receives a batch, when a node is unhealthy, and how it comes back. Covers `several-nodes.ts` in `src/writer`. */

import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/sink/outcome.ts';
import { type ServerNode, severalNodes } from '../../src/writer/several-nodes.ts';
import { batch, hangs, says, type VirtualNode, VirtualServer, writes } from './virtual-nodes.ts';

const WRITTEN: Outcome = { kind: 'written' };
const REFUSED = { kind: 'unavailable', unexplained: false, text: 'connect ECONNREFUSED' } as const;
const FAILED = { kind: 'unavailable', unexplained: true, text: 'HTTP 500: runtime error' } as const;
const BUSY: Outcome = { kind: 'throttled', unexplained: false, text: 'request throttled' };

const requestsOf = ({ nodes }: VirtualServer): readonly number[] => nodes.map((node) => node.writes.length);

/** Writes this number of batches one after the other, and returns the time of the slowest one. */
const writeMany = async (server: VirtualServer, count: number): Promise<number> => {
  let slowestMs = 0;
  for (let i = 0; i < count; i++) {
    const startMs = server.kernel.now;
    expect(await server.write()).toEqual(WRITTEN);
    slowestMs = Math.max(slowestMs, server.kernel.now - startMs);
  }
  return slowestMs;
};

const pausesOf = (times: readonly number[]): readonly number[] =>
  times.slice(1).map((time, index) => time - (times[index] as number));

describe('healthy nodes', () => {
  test('share the requests', async () => {
    const server = new VirtualServer(writes(20), writes(20), writes(20));
    await writeMany(server, 300);
    expect(Math.min(...requestsOf(server))).toBeGreaterThan(60);
    expect(server.nodes.flatMap(({ probes }) => probes)).toEqual([]);
  });
  test('share requests that are sent at once', async () => {
    const server = new VirtualServer(writes(20), writes(20), writes(20));
    const deadline = server.deadlineIn(1_000);
    await server.until(Promise.all(Array.from({ length: 9 }, () => server.writer.write(batch(), deadline))));
    expect(Math.max(...server.nodes.map(({ inFlightMax }) => inFlightMax))).toBeLessThanOrEqual(5);
    expect(Math.min(...requestsOf(server))).toBeGreaterThanOrEqual(1);
  });
  test('receive less if they are slower', async () => {
    const server = new VirtualServer(writes(20), writes(400), writes(20));
    await writeMany(server, 200);
    expect(requestsOf(server)[1]).toBeLessThan(20);
  });
  test('receive requests again after they were slow once', async () => {
    const server = new VirtualServer(writes(20), writes(20));
    const [slow] = server.nodes as [VirtualNode, VirtualNode];
    slow.answer = writes(400);
    await writeMany(server, 10);
    slow.answer = writes(20);
    slow.writes.length = 0;
    for (let i = 0; i < 120; i++) {
      await writeMany(server, 1);
      await server.pass(1_000);
    }
    expect(slow.writes.length).toBeGreaterThan(10);
  });
  test.each<readonly [string, Outcome]>([
    ['an overloaded server', BUSY],
    ['a refused line', { kind: 'refused', code: 'line-refused', text: 'partial write' }],
    ['a missing database', { kind: 'misconfigured', databaseMissing: true, text: 'database not found' }],
    ['wrong credentials', { kind: 'denied', scope: 'server', text: 'user is locked' }],
  ])('are not asked again after %s', async (_, outcome) => {
    const server = new VirtualServer(says(outcome), says(outcome));
    expect(await server.write()).toEqual(outcome);
    expect(requestsOf(server).reduce((a, b) => a + b)).toBe(1);
    expect(server.events).toEqual([]);
  });
  test('receive the requests that an overloaded node does not get', async () => {
    const server = new VirtualServer(says(BUSY), writes(20));
    for (let i = 0; i < 50; i++) await server.write();
    expect(requestsOf(server)[0]).toBeLessThan(10);
  });
});

describe('a node that fails', () => {
  test('is replaced at once, and receives nothing but probes with growing pauses', async () => {
    const server = new VirtualServer(says(REFUSED), writes(20), writes(20));
    const [away] = server.nodes as [VirtualNode, VirtualNode, VirtualNode];
    for (let second = 0; second < 600; second++) {
      expect(await writeMany(server, 1)).toBeLessThan(50);
      await server.pass(1_000);
    }
    expect(away.writes).toHaveLength(1);
    expect(server.events).toEqual(['a failed: connect ECONNREFUSED']);
    const pauses = pausesOf(away.probes);
    expect(away.probes.length).toBeLessThan(30);
    expect(pauses[1]).toBeGreaterThan(pauses[0] as number);
    expect(pauses.at(-1)).toBeGreaterThan(22_000);
    expect(pauses.at(-1)).toBeLessThan(32_000);
  });
  test('is asked for 500 ms at most if it hangs', async () => {
    const server = new VirtualServer(hangs, writes(20), writes(20));
    expect(await writeMany(server, 200)).toBeLessThan(600);
    expect(requestsOf(server)[0]).toBe(1);
    expect(server.nodes[0]?.inFlight).toBe(0);
    expect(server.events).toEqual(['a failed: a node that was asked later answered first']);
  });
  test('is asked for longer if the other nodes are slow', async () => {
    const server = new VirtualServer(writes(1_500), writes(300));
    await writeMany(server, 2);
    const [slow] = server.nodes as [VirtualNode, VirtualNode];
    // Both have answered at least once, unless the first request already went to the slow node.
    slow.answer = writes(1_000);
    const before = server.events.length;
    for (let i = 0; i < 5; i++) {
      await server.pass(60_000);
      await writeMany(server, 2);
    }
    expect(server.events.length - before).toBeLessThanOrEqual(1);
  });
  test('is unhealthy if another node accepts what it fails for', async () => {
    const server = new VirtualServer(says(FAILED), writes(20));
    await writeMany(server, 20);
    expect(server.events).toEqual(['a failed: HTTP 500: runtime error']);
    expect(server.writer.probes.unhealthyNodes()).toEqual(['a']);
    expect(requestsOf(server)[0]).toBe(1);
  });
  test('does not count as unhealthy if all nodes fail for the batch', async () => {
    const server = new VirtualServer(says(FAILED), says(FAILED));
    expect(await server.write()).toMatchObject({
      kind: 'unavailable',
      unexplained: true,
      text: expect.stringMatching(/^[ab]: HTTP 500: runtime error; [ab]: HTTP 500: runtime error$/),
    });
    expect(requestsOf(server)).toEqual([1, 1]);
    expect(server.events).toEqual([]);
  });
  test('does not hide that a line may have caused the failure of the others', async () => {
    const server = new VirtualServer(says(REFUSED), says(FAILED));
    for (let i = 0; i < 10; i++) expect(await server.write()).toMatchObject({ unexplained: true });
  });
  test('counts once for requests that were in flight together', async () => {
    const server = new VirtualServer(says(REFUSED), writes(20));
    const deadline = server.deadlineIn(1_000);
    await server.until(Promise.all(Array.from({ length: 12 }, () => server.writer.write(batch(), deadline))));
    expect(requestsOf(server)[0]).toBeGreaterThan(2);
    await server.pass(1_000);
    await server.write();
    expect(server.nodes[0]?.probes).toHaveLength(1);
  });
});

describe('hedges', () => {
  test('are few if all nodes are slow', async () => {
    const server = new VirtualServer(writes(3_000), writes(3_000), writes(3_000));
    await writeMany(server, 100);
    expect(requestsOf(server).reduce((a, b) => a + b)).toBeLessThanOrEqual(100 + 5 + 10);
    expect(server.events).toEqual([]);
  });
  test('are few if all nodes hang', async () => {
    const server = new VirtualServer(hangs, hangs, hangs);
    for (let i = 0; i < 40; i++) await server.write(batch(), 2_000);
    // One per write, five more at once, and one more for each ten writes.
    const requests = requestsOf(server).reduce((a, b) => a + b);
    expect(requests).toBeGreaterThanOrEqual(40 + 5 + 3);
    expect(requests).toBeLessThanOrEqual(40 + 5 + 4);
  });
  test('are not sent after the deadline', async () => {
    const server = new VirtualServer(hangs, hangs, hangs);
    expect(await server.write(batch(), 700)).toMatchObject({ kind: 'throttled', unexplained: true });
    expect(server.kernel.now).toBe(700);
    expect(requestsOf(server).reduce((a, b) => a + b)).toBe(2);
  });
  test('that fail are replaced at once, while the first node is late', async () => {
    const server = new VirtualServer(hangs, hangs, hangs);
    const [a, b, c] = server.nodes as [VirtualNode, VirtualNode, VirtualNode];
    const order: string[] = [];
    for (const node of [a, b, c])
      node.answer = () => {
        order.push(node.name);
        if (order.length === 1) return 'hangs';
        return order.length === 2 ? { afterMs: 100, outcome: FAILED } : { afterMs: 20, outcome: WRITTEN };
      };
    expect(await server.write()).toEqual(WRITTEN);
    expect([order.length, server.kernel.now]).toEqual([3, 500 + 100 + 20]);
  });
  test('leave no listener at the signal of the deadline', async () => {
    const server = new VirtualServer(hangs, writes(20));
    const deadline = server.deadlineIn(60_000);
    const before = getEventListeners(deadline.signal, 'abort').length;
    for (let i = 0; i < 10; i++) await server.until(server.writer.write(batch(), deadline));
    expect(getEventListeners(deadline.signal, 'abort')).toHaveLength(before);
  });
  test('that lose do not make their node unhealthy', async () => {
    const server = new VirtualServer(writes(600), writes(5_000));
    const [first] = server.nodes as [VirtualNode, VirtualNode];
    while (first.writes.length === 0) await server.write();
    server.events.length = 0;
    const before = server.events.length;
    await server.write();
    expect(server.events.slice(before).filter((event) => event.startsWith('a'))).toEqual([]);
  });
  test('wait for the first node without time for a second one', async () => {
    const server = new VirtualServer(writes(20), writes(20));
    const outcome = { kind: 'unavailable', unexplained: false, text: 'no time was left for an attempt' };
    expect(await server.write(batch(), 0)).toEqual(outcome);
    expect(requestsOf(server)).toEqual([0, 0]);
  });
});

describe('a node that comes back', () => {
  /** Returns a server whose first node is unhealthy. */
  const unhealthy = async (answer: VirtualNode['answer']): Promise<[VirtualServer, VirtualNode]> => {
    const server = new VirtualServer(answer, writes(20));
    while (server.events.length === 0) await server.write();
    return [server, server.nodes[0] as VirtualNode];
  };

  test('receives batches again after a probe', async () => {
    const [server, node] = await unhealthy(says(REFUSED));
    node.answer = writes(20);
    await server.pass(1_000);
    await writeMany(server, 20);
    expect(node.probes).toHaveLength(1);
    expect(node.writes.length).toBeGreaterThan(3);
    expect(server.events.slice(1)).toEqual(['a recovered']);
  });
  test('receives one request at a time until one succeeds', async () => {
    const [server, node] = await unhealthy(says(REFUSED));
    node.answer = writes(20);
    await server.pass(1_000);
    server.writer.probes.startDue(batch().target);
    await server.until(server.writer.probes.finish());
    node.inFlightMax = 0;
    const deadline = server.deadlineIn(10_000);
    await server.until(Promise.all(Array.from({ length: 8 }, () => server.writer.write(batch(), deadline))));
    expect(node.inFlightMax).toBe(1);
  });
  test('is left again, for longer, if it accepts only empty writes', async () => {
    const [server, node] = await unhealthy(says(FAILED));
    node.answer = ({ lines }) => (lines === 0 ? writes(5) : says(FAILED))(batch());
    for (let i = 0; i < 300; i++) {
      await writeMany(server, 1);
      await server.pass(1_000);
    }
    expect(node.writes.length).toBeLessThan(20);
    expect(server.events).toHaveLength(1);
  });
  test('is not left because of a request from before it became unhealthy', async () => {
    const server = new VirtualServer(writes(20), writes(20));
    const [node] = server.nodes as [VirtualNode, VirtualNode];
    let isFirst = true;
    node.answer = () => {
      const answer = isFirst ? ({ afterMs: 450, outcome: WRITTEN } as const) : { afterMs: 1, outcome: REFUSED };
      isFirst = false;
      return answer;
    };
    const deadline = server.deadlineIn(10_000);
    await server.until(Promise.all(Array.from({ length: 8 }, () => server.writer.write(batch(), deadline))));
    expect(node.writes.length).toBeGreaterThan(1);
    expect(server.writer.probes.unhealthyNodes()).toEqual(['a']);
  });
  test('stays unhealthy if it answers a probe late', async () => {
    const [server, node] = await unhealthy(says(REFUSED));
    node.answer = writes(600);
    await server.pass(1_000);
    await server.write();
    expect(server.writer.probes.unhealthyNodes()).toEqual(['a']);
  });
  test('has more time for a probe if the other nodes are slow', async () => {
    const server = new VirtualServer(says(REFUSED), writes(300));
    while (server.events.length === 0) await server.write();
    await server.write();
    const [node] = server.nodes as [VirtualNode];
    // Four times the latency of the other node.
    for (const [afterMs, unhealthy] of [
      [1_300, ['a']],
      [1_100, []],
    ] as const) {
      node.answer = writes(afterMs);
      await server.pass(5_000);
      server.writer.probes.startDue(batch().target);
      await server.pass(2_000);
      expect(server.writer.probes.unhealthyNodes()).toEqual(unhealthy);
    }
  });
  test('receives one probe at a time', async () => {
    const [server, node] = await unhealthy(says(REFUSED));
    node.answer = hangs;
    await server.pass(1_000);
    server.writer.probes.startDue(batch().target);
    server.writer.probes.startDue(batch().target);
    await server.until(server.writer.probes.finish());
    expect(node.probes).toHaveLength(1);
  });
  test('ends an invocation at most 150 ms later with a probe that hangs', async () => {
    const [server, node] = await unhealthy(hangs);
    await server.pass(1_000);
    const startMs = server.kernel.now;
    await server.write();
    expect(node.probes).toHaveLength(1);
    expect(server.kernel.now - startMs).toBeLessThanOrEqual(20 + 150);
  });
  test('is tried with a batch if no node is healthy', async () => {
    const server = new VirtualServer(says(REFUSED), says(REFUSED));
    expect(await server.write()).toMatchObject({ kind: 'unavailable', unexplained: false });
    expect(server.writer.probes.unhealthyNodes()).toEqual(['a', 'b']);
    for (const node of server.nodes) node.answer = writes(20);
    expect(await writeMany(server, 1)).toBeLessThan(50);
    expect(server.events).toContainEqual(expect.stringMatching(/^[ab] recovered$/));
  });
});

test('a node that accepts an empty write has not recovered before it stores a batch', async () => {
  const server = new VirtualServer(says(REFUSED), says(REFUSED));
  await server.write();
  for (const node of server.nodes) node.answer = writes(20);
  expect(await server.write(batch(''))).toEqual(WRITTEN);
  expect(server.events.filter((event) => event.endsWith('recovered'))).toEqual([]);
  await writeMany(server, 1);
  expect(server.events.filter((event) => event.endsWith('recovered'))).toHaveLength(1);
});

test('needs no receiver of changes', async () => {
  const server = new VirtualServer(says(REFUSED), says(REFUSED));
  const [a, b] = server.serverNodes();
  const writer = severalNodes([a, b] as ServerNode[], server.clock, undefined);
  const write = () => server.until(writer.write(batch(), server.deadlineIn(1_000)));
  expect((await write()).kind).toBe('unavailable');
  for (const node of server.nodes) node.answer = writes(20);
  expect(await write()).toEqual(WRITTEN);
});

test('creates a database at any node', async () => {
  const server = new VirtualServer(says(REFUSED), writes(20));
  expect(await server.writer.createDatabase('db', server.deadlineIn(1_000))).toBe(true);
  const closed = new VirtualServer(says(REFUSED), says(REFUSED));
  expect(await closed.writer.createDatabase('db', closed.deadlineIn(1_000))).toBe(false);
});
