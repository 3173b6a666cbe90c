/**
 * Isolation of lines that the server refuses. Covers `src/sink/write/isolate-refused.ts` and
 * `lines-named-by-server.ts`.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BLOCK_BYTES, lineText, UNLIMITED } from '../../../src/sink/lines/batch.ts';
import { LineBuffer } from '../../../src/sink/lines/line-buffer.ts';
import type { Outcome } from '../../../src/sink/outcome.ts';
import type { Deadline, OwnedBatch } from '../../../src/sink/ports.ts';
import { type LineRefusal, writeIsolating } from '../../../src/sink/write/isolate-refused.ts';
import { TARGET } from '../make.ts';
import { conflict, type FakeServer, fakeServer, linesIn } from './fake-server.ts';

const FOREVER: Deadline = { remainingMs: () => 60_000, signal: new AbortController().signal };

const batchOf = (lines: readonly string[]): OwnedBatch => {
  const buffer = new LineBuffer(TARGET);
  lines.forEach((line, index) => {
    buffer.reserve(0);
    buffer.commit(buffer.length + buffer.bytes.write(`${line}\n`, buffer.length), index, 2 * index);
  });
  return buffer.flush(UNLIMITED);
};

interface Settled {
  readonly written: string[];
  readonly refused: { readonly line: string; readonly refusal: LineRefusal; readonly owner: number }[];
  readonly left: string[];
}

const settle = async (lines: readonly string[], server: FakeServer, deadline = FOREVER): Promise<Settled> => {
  const settled: Settled = { written: [], refused: [], left: [] };
  await writeIsolating(
    batchOf(lines),
    {
      written: (batch) => settled.written.push(...linesIn(batch)),
      refused: (batch, index, refusal) =>
        settled.refused.push({ line: lineText(batch, index), refusal, owner: batch.messageOf[index] as number }),
      unwritten: (batch) => {
        settled.left.push(...linesIn(batch));
      },
    },
    { writer: server, deadline, beforeBatch: async () => undefined },
  );
  return settled;
};

const good = (i: number): string => `m,t=tag\\ value v=${i}.5,w=1i 17552160000000${String(i).padStart(5, '0')}`;
const bad = (i: number): string => good(i).replace('.5', 'i');
const many = (count: number, isBad: (i: number) => boolean): string[] =>
  Array.from({ length: count }, (_, i) => (isBad(i) ? bad(i) : good(i)));

describe('type conflict', () => {
  test.each<[string, number, (i: number) => boolean, number]>([
    ['one line of 5,000', 5_000, (i) => i === 4_321, 10],
    ['all of 5,000 lines', 5_000, () => true, 1],
    ['every other line of 5,000', 5_000, (i) => i % 2 === 0, 10],
    ['a single line', 1, () => true, 1],
    ['no line of 100', 100, () => false, 1],
  ])('refuses %s with a type conflict and writes the others in few requests', async (_, count, isBad, requestsMax) => {
    const server = fakeServer(conflict);
    const lines = many(count, isBad);
    const { written, refused, left } = await settle(lines, server);
    expect(refused.map(({ line }) => line)).toEqual(lines.filter((__, i) => isBad(i)));
    expect(written).toEqual(lines.filter((__, i) => !isBad(i)));
    expect(left).toEqual([]);
    for (const { line, owner } of refused) expect(lines[owner]).toBe(line);
    for (const { refusal } of refused) expect(refusal).toMatchObject({ code: 'type-conflict', partlyStored: true });
    expect(server.requests.length).toBeLessThanOrEqual(requestsMax);
    for (const { bytes } of server.requests.slice(1)) expect(bytes).toBeLessThan(BLOCK_BYTES);
  });

  test('does not refuse lines with columns and types that the server did not name', async () => {
    const server = fakeServer(conflict);
    const lines = ['m v=1i 1', 'm v="x" 2', 'n v=1i 3', 'm w=1i 4', 'm,v=1i w=1 5', 'm s="v=1i" 6'];
    const { refused, written } = await settle(lines, server);
    expect(refused.map(({ line }) => line).sort()).toEqual(['m v="x" 2', 'm v=1i 1', 'n v=1i 3']);
    expect(written.sort()).toEqual(['m s="v=1i" 6', 'm w=1i 4', 'm,v=1i w=1 5']);
  });
});

describe('refusal that names no line', () => {
  const refusal: Outcome = { kind: 'refused', code: 'line-refused', text: 'duplicate tag x' };
  test('finds any set of failing lines in any batch', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.nat(59), { maxLength: 8 }),
        async (count, failing) => {
          const lines = Array.from({ length: count }, (_, i) => `m v=${failing.includes(i) ? 'true' : i} ${i + 1}`);
          const server = fakeServer((line) => (line.includes('true') ? refusal : undefined));
          const { written, refused, left } = await settle(lines, server);
          expect(refused.map(({ line }) => line)).toEqual(lines.filter((line) => line.includes('true')));
          expect(written).toEqual(lines.filter((line) => !line.includes('true')));
          expect(left).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });
  test('finds one failing line of 5,000 with requests for blocks and halves, not for single lines', async () => {
    const server = fakeServer((line) => (line.includes('v=77.5') ? refusal : undefined));
    expect(
      (
        await settle(
          many(5_000, () => false),
          server,
        )
      ).refused,
    ).toHaveLength(1);
    expect(server.requests.length).toBeLessThan(35);
  });
});

test('does not divide held pieces of 16 lines: 256 held lines cost 31 requests instead of 511', async () => {
  const server = fakeServer(() => ({ kind: 'held', text: 'partial write: too many series' }));
  const { left } = await settle(
    many(256, () => false),
    server,
  );
  expect([left.length, server.requests.length]).toEqual([256, 31]);
});

describe('expired lines', () => {
  const EXPIRED: Outcome = {
    kind: 'refused',
    code: 'expired',
    text: 'partial write: point time is expired, compared with rp duration dropped=1',
  };
  const expired = (before: number): FakeServer =>
    fakeServer((line) => (Number(line.split(' ').at(-1)) < before ? EXPIRED : undefined));
  test.each([0, 1, 250, 499, 500])('finds %i expired lines of 500 in any order by the time boundary', async (count) => {
    const lines = Array.from({ length: 500 }, (_, i) => `m v=${i} ${((i * 7919) % 500) + 1}`);
    const server = expired(count + 1);
    const { written, refused, left } = await settle(lines, server);
    expect([refused.length, written.length, left.length]).toEqual([count, 500 - count, 0]);
    for (const { line } of refused) expect(Number(line.split(' ').at(-1))).toBeLessThanOrEqual(count);
    expect(server.requests.length).toBeLessThan(30);
  });

  test.each([
    [1, 39],
    [25, 15],
    [39, 1],
  ])('a server that calls %i lines of the future expired keeps the other %i', async (future, healthy) => {
    const lines = Array.from({ length: future + healthy }, (_, i) => `m v=${i} ${i + 1}`);
    const server = fakeServer((line) => (Number(line.split(' ').at(-1)) > healthy ? EXPIRED : undefined));
    const { written, refused, left } = await settle(lines, server);
    expect([written.length, refused.length, left.length]).toEqual([healthy, future, 0]);
    for (const { line } of refused) expect(Number(line.split(' ').at(-1))).toBeGreaterThan(healthy);
  });

  test('keeps the lines between old ones and those of the future', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => `m v=${i} ${i + 1}`);
    const isRefused = (time: number): boolean => time <= 5 || time > 35;
    const server = fakeServer((line) => (isRefused(Number(line.split(' ').at(-1))) ? EXPIRED : undefined));
    const { written, refused } = await settle(lines, server);
    expect([written.length, refused.length]).toEqual([30, 10]);
    for (const { line } of refused) expect(isRefused(Number(line.split(' ').at(-1)))).toBe(true);
  });
});

describe('failures that the lines do not cause', () => {
  const away: Outcome = { kind: 'unavailable', unexplained: true, text: 'HTTP 500' };
  test('leaves lines undecided when the server becomes unavailable, and sends no request for each remaining piece', async () => {
    let calls = 0;
    const inner = fakeServer(conflict);
    const server: FakeServer = {
      ...inner,
      write: async (batch, deadline) => (++calls > 3 ? away : inner.write(batch, deadline)),
    };
    const { written, refused, left } = await settle(
      many(5_000, (i) => i % 100 === 0),
      server,
    );
    expect(calls).toBe(4);
    expect(written.length + refused.length + left.length).toBe(5_000);
    expect(left.length).toBeGreaterThan(1_000);
  });
  test('leaves undecided lines unwritten at the deadline', async () => {
    const server = fakeServer(() => ({ kind: 'refused', code: 'line-refused', text: 'duplicate tag x' }));
    const { left, refused } = await settle(
      many(100, () => false),
      server,
      { ...FOREVER, remainingMs: () => (server.requests.length > 2 ? 0 : 1_000) },
    );
    expect([left.length, refused.length]).toEqual([100, 0]);
  });
  test('leaves lines unwritten that exceed the series limit of the server, and writes the others', async () => {
    const lines = Array.from({ length: 200 }, (_, i) => `m,s=${i} v=1 1`);
    const server = fakeServer((line) =>
      line.startsWith('m,s=7 ') ? { kind: 'held', text: 'partial write: too many series' } : undefined,
    );
    const { left, written, refused } = await settle(lines, server);
    expect(left).toContain('m,s=7 v=1 1');
    expect(left.length).toBeLessThanOrEqual(16);
    expect([written.length + left.length, refused.length]).toEqual([200, 0]);
  });
  test('halves a body that is too large until it fits', async () => {
    const server = fakeServer(() => undefined);
    const small: FakeServer = {
      ...server,
      write: async (batch, deadline) =>
        batch.body.length > 2_000 ? { kind: 'too-large', text: '413' } : server.write(batch, deadline),
    };
    const { written, refused } = await settle([...many(500, () => false), `m s="${'x'.repeat(3_000)}" 1`], small);
    expect(written).toHaveLength(500);
    expect(refused.map(({ refusal }) => refusal.code)).toEqual(['line-too-long']);
  });
});
