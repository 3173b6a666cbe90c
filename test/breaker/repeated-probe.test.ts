/** A probe that is repeated until the server answers. Covers `repeated-probe.ts` in `src/breaker`. */

import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { repeatedProbe } from '../../src/breaker/repeated-probe.ts';
import type { Outcome } from '../../src/sink/outcome.ts';
import { batch, type hangs, says, VirtualServer, writes } from '../writer/virtual-nodes.ts';

const AWAY: Outcome = { kind: 'unavailable', unexplained: false, text: 'connect ECONNREFUSED' };

/** Probes a virtual node, and returns the outcome with the times of the requests. */
const probe = async (
  answer: Parameters<typeof says>[0] | ((count: number) => ReturnType<typeof hangs>),
  limitMs = 15_000,
) => {
  const server = new VirtualServer();
  let count = 0;
  const node = server.addNode('a', () => (typeof answer === 'function' ? answer(++count) : says(answer)(batch(''))));
  const outcome = await server.until(repeatedProbe(node.writer, batch(''), server.deadlineIn(limitMs), server.clock));
  return { outcome, times: node.probes, endMs: server.kernel.now, inFlight: node.inFlight };
};

describe('a server that answers', () => {
  test.each<Outcome>([{ kind: 'written' }, AWAY])('receives one request ($kind)', async (outcome) => {
    expect(await probe(outcome)).toEqual({ outcome, times: [0], endMs: 1, inFlight: 0 });
  });
});

describe('a server that hangs', () => {
  test('receives a request every 3 s, five at most, until the deadline', async () => {
    const { outcome, ...rest } = await probe(() => 'hangs');
    expect(outcome).toMatchObject({ kind: 'throttled', unexplained: true });
    expect(rest).toEqual({ times: [0, 3_000, 6_000, 9_000, 12_000], endMs: 15_000, inFlight: 0 });
  });
  test('has five requests in flight at most, however late the deadline is', async () => {
    const { times, endMs } = await probe(() => 'hangs', 60_000);
    expect([times.length, endMs]).toEqual([5, 60_000]);
  });
  test('is found to work by a later request if it never answers the first one', async () => {
    const { outcome, times, endMs, inFlight } = await probe((count) => (count < 3 ? 'hangs' : writes(20)(batch(''))));
    expect([outcome.kind, times, endMs, inFlight]).toEqual(['written', [0, 3_000, 6_000], 6_020, 0]);
  });
  test('is found to work by the first request if it answers late', async () => {
    const { outcome, times, endMs, inFlight } = await probe((count) =>
      count === 1 ? writes(7_000)(batch('')) : 'hangs',
    );
    expect([outcome.kind, times, endMs, inFlight]).toEqual(['written', [0, 3_000, 6_000], 7_000, 0]);
  });
});

test('leaves no listener at the signal of the deadline', async () => {
  const server = new VirtualServer();
  const { writer } = server.addNode('a', () => writes(20)(batch('')));
  const deadline = server.deadlineIn(15_000);
  const before = getEventListeners(deadline.signal, 'abort').length;
  await server.until(repeatedProbe(writer, batch(''), deadline, server.clock));
  expect(getEventListeners(deadline.signal, 'abort')).toHaveLength(before);
});
