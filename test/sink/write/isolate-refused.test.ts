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
import { type LineRefusal, type WriteContext, writeIsolating } from '../../../src/sink/write/isolate-refused.ts';
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

const settle = async (
  lines: readonly string[],
  server: FakeServer,
  deadline = FOREVER,
  more: Partial<WriteContext> = {},
): Promise<Settled> => {
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
    { writer: server, deadline, beforeBatch: async () => undefined, ...more },
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

test('does control I/O between the requests of a batch, not after the last one', async () => {
  let calls = 0;
  const server = fakeServer(conflict);
  const beforeBatch = async (): Promise<void> => {
    calls += 1;
  };
  await settle(
    many(5_000, (i) => i === 4_321),
    server,
    FOREVER,
    { beforeBatch },
  );
  expect([calls, server.requests.length > 3]).toEqual([server.requests.length - 1, true]);
});

test('refuses a line that would be changed to itself, instead of sending it without end', async () => {
  const server = fakeServer(conflict);
  const { refused, written } = await settle(['m v=1i 1', 'm v=2 2'], server, FOREVER, {
    resolveConflict: (line) => line,
  });
  expect([refused.map(({ line }) => line), written]).toEqual([['m v=1i 1'], ['m v=2 2']]);
  expect(server.requests).toHaveLength(2);
});

test.each([
  ['partial write: field type conflict: of a field with an odd name dropped=0', true],
  ['partial write: field type conflict: of a field with an odd name dropped=1', false],
  ['partial write: duplicate tag x dropped=0', false],
])('of a single line with the text "%s", other fields are stored: %s', async (text, partlyStored) => {
  const refusal: Outcome = { kind: 'refused', code: 'type-conflict', text };
  const { refused } = await settle(
    ['m v=1,w=2 1'],
    fakeServer(() => refusal),
  );
  expect(refused.map(({ refusal: one }) => one)).toEqual([{ code: 'type-conflict', detail: text, partlyStored }]);
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
    for (const { refusal } of refused)
      expect(refusal).toEqual({
        code: 'expired',
        detail: EXPIRED.kind === 'refused' && EXPIRED.text,
        partlyStored: false,
      });
    expect(server.requests.length).toBeLessThan(30);
  });

  test('finds expired lines by their seconds, in any order', async () => {
    const lines = Array.from({ length: 64 }, (_, i) => `m v=${i} ${((i * 37) % 64) + 1}000000${i % 7}00`);
    const boundary = 40_000_000_000;
    const { written, refused } = await settle(lines, expired(boundary));
    const isExpired = (line: string): boolean => Number(line.split(' ').at(-1)) < boundary;
    expect(refused.map(({ line }) => line).sort()).toEqual(lines.filter(isExpired).sort());
    expect(written.sort()).toEqual(lines.filter((line) => !isExpired(line)).sort());
  });

  const DUPLICATE: Outcome = { kind: 'refused', code: 'line-refused', text: 'duplicate tag x' };
  test.each([
    ['the newest line', 40],
    ['the oldest line', 1],
    ['the newest line of the older half', 20],
  ])('keeps the reason of %s if it is refused for another one', async (_, other) => {
    const timeOf = (line: string): number => Number(line.split(' ').at(-1));
    const lines = Array.from({ length: 40 }, (__, i) => `m v=${i} ${i + 1}`);
    const server = fakeServer((line) =>
      timeOf(line) === other ? DUPLICATE : timeOf(line) <= 30 ? EXPIRED : undefined,
    );
    const { written, refused, left } = await settle(lines, server);
    const codes = new Map(refused.map(({ line, refusal }) => [timeOf(line), refusal.code]));
    expect(codes.get(other)).toBe('line-refused');
    expect(
      [...codes]
        .filter(([, code]) => code === 'expired')
        .map(([time]) => time)
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: 30 }, (__, i) => i + 1).filter((time) => time !== other));
    expect([written.length, left.length]).toEqual([40 - codes.size, 0]);
  });

  test('leaves expired lines undecided if the server becomes unavailable while it is asked about them', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => `m v=${i} ${i + 1}`);
    const expiring = expired(31);
    for (const answers of [1, 2, 3, 4]) {
      let calls = 0;
      const server: FakeServer = {
        ...expiring,
        write: async (batch, deadline) =>
          ++calls > answers
            ? { kind: 'unavailable', unexplained: false, text: 'away' }
            : expiring.write(batch, deadline),
      };
      const { refused, written, left } = await settle(lines, server);
      expect(refused.filter(({ line }) => Number(line.split(' ').at(-1)) > 30)).toEqual([]);
      expect(refused.length + written.length + left.length).toBe(40);
      expect(left.length).toBeGreaterThan(0);
    }
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
    expect(refused.map(({ refusal }) => refusal)).toEqual([
      { code: 'line-too-long', detail: '413', partlyStored: false },
    ]);
  });
});
