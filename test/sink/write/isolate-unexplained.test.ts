/** Isolation of unexplained failures. Covers `src/sink/write/isolate-unexplained.ts`. */

import { describe, expect, test } from 'vitest';
import { lineText } from '../../../src/sink/lines/batch.ts';
import type { Message } from '../../../src/sink/message.ts';
import type { Outcome } from '../../../src/sink/outcome.ts';
import type { DeadLetter, Writer } from '../../../src/sink/ports.ts';
import { runSink } from '../../../src/sink/sink.ts';
import { FAILURES_MAX, isolateUnexplained } from '../../../src/sink/write/isolate-unexplained.ts';
import { batchOf, FOREVER } from '../../checkpoint/make.ts';
import { message, TARGET } from '../make.ts';
import { conflict } from './fake-server.ts';

const FAILED: Outcome = { kind: 'unavailable', unexplained: true, text: 'HTTP 500: runtime error' };
const AWAY: Outcome = { kind: 'unavailable', unexplained: false, text: 'server is closing' };
const WITHHELD: Outcome = { kind: 'withheld', text: 'the circuit breaker is open' };
const WRITTEN: Outcome = { kind: 'written' };
const REFERENCE = 'm v=0.5 1';
const PACE = { batchLines: () => 2, inFlightMax: () => 1 };

interface Settled {
  readonly written: string[];
  readonly refused: [line: string, code: string][];
  readonly left: [line: string, kind: string, undecided: boolean][];
  readonly requests: string[][];
}

/** Isolates these lines against a server whose outcome for a body depends on its lines. */
const isolate = async (
  lines: readonly string[],
  answer: (lines: readonly string[], request: number) => Outcome,
  { reference }: { reference: string | undefined } = { reference: REFERENCE },
): Promise<Settled> => {
  const settled: Settled = { written: [], refused: [], left: [], requests: [] };
  const writer: Writer = {
    async write({ body }) {
      const sent = Buffer.from(body).toString('utf8').split('\n').slice(0, -1);
      settled.requests.push(sent);
      return answer(sent, settled.requests.length);
    },
  };
  await isolateUnexplained(
    batchOf(lines),
    reference === undefined ? undefined : batchOf([reference]),
    {
      written: (batch) => settled.written.push(...Array.from({ length: batch.lines }, (_, i) => lineText(batch, i))),
      refused: (batch, index, { code }) => settled.refused.push([lineText(batch, index), code]),
      unwritten: (batch, { kind }, undecided) => {
        for (let i = 0; i < batch.lines; i++) settled.left.push([lineText(batch, i), kind, undecided]);
      },
    },
    { writer, deadline: FOREVER, beforeBatch: async () => undefined },
  );
  return settled;
};

const LINES = Array.from({ length: 16 }, (_, i) => `m v=${i}.5 ${i + 10}`);
const POISON = LINES[11] as string;
const poisoned = (lines: readonly string[]): Outcome => (lines.includes(POISON) ? FAILED : WRITTEN);

describe('a failing line', () => {
  test('quarantines a failing line and writes everything else', async () => {
    const { written, refused, left, requests } = await isolate(LINES, poisoned);
    expect(refused).toEqual([[POISON, 'server-error']]);
    expect(written).toEqual(LINES.filter((line) => line !== POISON));
    expect(left).toEqual([]);
    expect(requests.length).toBeLessThan(20);
  });
  test('sends a failing line alone twice, and the reference line after each attempt', async () => {
    const { requests } = await isolate([POISON], poisoned);
    expect(requests).toEqual([[POISON], [REFERENCE], [POISON], [REFERENCE]]);
  });
  test('quarantines each of several failing lines', async () => {
    const failing = [LINES[0], LINES[11], LINES[12]] as string[];
    const { refused, written } = await isolate(LINES, (lines) =>
      lines.some((line) => failing.includes(line)) ? FAILED : WRITTEN,
    );
    expect(refused.map(([line]) => line)).toEqual(failing);
    expect(written).toHaveLength(13);
  });
  test('writes a line that fails first and succeeds later', async () => {
    const { written, refused } = await isolate([POISON], (_, request) => (request === 1 ? FAILED : WRITTEN));
    expect([written, refused]).toEqual([[POISON], []]);
  });
  test('uses a line of the same batch that was just written as the reference line', async () => {
    const { refused, requests } = await isolate(LINES, poisoned, { reference: undefined });
    expect(refused).toEqual([[POISON, 'server-error']]);
    const converted = requests.findLastIndex((lines) => lines[0] === POISON && lines.length === 1);
    expect(requests[converted + 1]).toEqual([LINES[10]]);
  });
});

describe('cases without quarantine', () => {
  test('quarantines no line without a reference line, even if an empty write succeeds, because it also succeeds on a full disk', async () => {
    const { refused, left, requests } = await isolate([POISON], poisoned, { reference: undefined });
    expect([refused, left]).toEqual([[], [[POISON, 'unavailable', true]]]);
    expect(requests).toEqual([[POISON], []]);
  });
  test('quarantines no line when the reference line fails too, because then the server is the cause', async () => {
    const { refused, left, requests } = await isolate(LINES, () => FAILED);
    expect(refused).toEqual([]);
    expect(left).toEqual(LINES.map((line) => [line, 'unavailable', true]));
    expect(requests).toEqual([LINES, [REFERENCE]]);
  });
  test('quarantines no line when the reference line fails after the second attempt', async () => {
    const { refused, left } = await isolate([POISON], (lines, request) =>
      lines[0] === REFERENCE && request < 4 ? WRITTEN : FAILED,
    );
    expect([refused, left]).toEqual([[], [[POISON, 'unavailable', true]]]);
  });
  test.each<[string, Outcome]>([
    ['names the cause of its failure', AWAY],
    ['received no request', WITHHELD],
  ])('quarantines no line when the server %s', async (_, outcome) => {
    const { refused, left, requests } = await isolate(LINES, () => outcome);
    expect([refused, left.length, requests.length]).toEqual([[], 16, 1]);
  });
  test('quarantines no line when the second failure names its cause', async () => {
    const { refused, left } = await isolate([POISON], (lines, request) =>
      lines[0] === REFERENCE ? WRITTEN : request === 1 ? FAILED : AWAY,
    );
    expect([refused, left]).toEqual([[], [[POISON, 'unavailable', true]]]);
  });
  test('quarantines no line once the server is unavailable, sends one request to notice it, and leaves every other line unwritten', async () => {
    const poison = LINES[3] as string;
    for (let awayFrom = 2; awayFrom < 10; awayFrom++) {
      const { written, refused, left, requests } = await isolate(LINES, (lines, request) => {
        if (request >= awayFrom) return AWAY;
        return lines.includes(poison) ? FAILED : WRITTEN;
      });
      expect([refused, requests.length]).toEqual([[], awayFrom]);
      expect([...written, ...left.map(([line]) => line)].sort()).toEqual([...LINES].sort());
    }
  });
});

test("refuses lines with the server's reason when isolation meets a refusal", async () => {
  const typed = 'm v=1i 30';
  const { refused, written } = await isolate([...LINES, typed], (lines) => {
    if (lines.includes(POISON)) return FAILED;
    return lines.map(conflict).findLast((one) => one !== undefined) ?? WRITTEN;
  });
  expect(refused).toEqual([
    [POISON, 'server-error'],
    [typed, 'type-conflict'],
  ]);
  expect(written).toHaveLength(15);
});

describe('isolation without a state table', () => {
  const OPTIONS = {
    mapping: undefined,
    converter: 'line',
    decode: { input: 'auto', messageBytesMax: 1_000_000 },
    target: TARGET,
    batchBytes: 1_000_000,
    invocationBytesMax: 1_000_000,
    fifo: false,
    bufferRemainders: false,
    sinkVersion: 'test',
  } as const;
  const at = (v: number, receiveCount: number): Message =>
    message(`m v=${v} 1755216000000000${100 + v}`, { id: `message-${v}`, receiveCount });

  /** Runs two batches: one is good, the other contains the message with value 3. */
  const run = async (receiveCount: number) => {
    const letters: DeadLetter[] = [];
    const requests: string[] = [];
    const report = await runSink(
      [at(0, 1), at(1, 1), at(2, receiveCount), at(3, receiveCount)],
      OPTIONS,
      {
        writer: {
          async write({ body }) {
            const text = Buffer.from(body).toString('utf8');
            requests.push(text);
            return text.includes('v=3') ? FAILED : WRITTEN;
          },
        },
        deadLetters: {
          async send(all) {
            letters.push(...all);
            return all.map(() => true);
          },
          keep: async () => false,
        },
        checkpoint: undefined,
        pace: PACE,
        beforeBatch: async () => undefined,
      },
      { write: FOREVER, settle: FOREVER },
    );
    return { report, letters, requests };
  };

  test('isolates a batch of messages that were received often, and quarantines the failing one', async () => {
    const { report, letters } = await run(FAILURES_MAX);
    expect(report).toMatchObject({ eventsWritten: 3, eventsQuarantined: 1, eventsReturned: 0, ledgerImbalance: 0 });
    expect(letters.map(({ attributes }) => attributes.reason)).toEqual(['server-error']);
  });
  test('returns a batch of messages that were received less often unchanged', async () => {
    const { report, letters, requests } = await run(FAILURES_MAX - 1);
    expect(report).toMatchObject({ eventsWritten: 2, eventsReturned: 2, ledgerImbalance: 0, returned: [2, 3] });
    expect([letters.length, requests.length]).toEqual([0, 2]);
  });
});
