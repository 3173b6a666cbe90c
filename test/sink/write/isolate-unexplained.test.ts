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
const WITNESS = 'm v=0.5 1';
const PACE = { batchLines: () => 2, inFlightMax: () => 1 };

interface Settled {
  readonly written: string[];
  readonly refused: [line: string, code: string][];
  readonly left: [line: string, kind: string, undecided: boolean][];
  readonly requests: string[][];
}

/** The last resort for these lines, before a server that answers a body by its lines. */
const resort = async (
  lines: readonly string[],
  answer: (lines: readonly string[], request: number) => Outcome,
  { witness }: { witness: string | undefined } = { witness: WITNESS },
): Promise<Settled> => {
  const settled: Settled = { written: [], refused: [], left: [], requests: [] };
  const writer: Writer = {
    async write({ body }) {
      const asked = Buffer.from(body).toString('utf8').split('\n').slice(0, -1);
      settled.requests.push(asked);
      return answer(asked, settled.requests.length);
    },
  };
  await isolateUnexplained(
    batchOf(lines),
    witness === undefined ? undefined : batchOf([witness]),
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

describe('a line that makes the server fail', () => {
  test('is convicted, and everything else is written', async () => {
    const { written, refused, left, requests } = await resort(LINES, poisoned);
    expect(refused).toEqual([[POISON, 'server-error']]);
    expect(written).toEqual(LINES.filter((line) => line !== POISON));
    expect(left).toEqual([]);
    expect(requests.length).toBeLessThan(20);
  });
  test('is tried twice by itself, and the witness is written after each of them', async () => {
    const { requests } = await resort([POISON], poisoned);
    expect(requests).toEqual([[POISON], [WITNESS], [POISON], [WITNESS]]);
  });
  test('is one of several: each is convicted', async () => {
    const failing = [LINES[0], LINES[11], LINES[12]] as string[];
    const { refused, written } = await resort(LINES, (lines) =>
      lines.some((line) => failing.includes(line)) ? FAILED : WRITTEN,
    );
    expect(refused.map(([line]) => line)).toEqual(failing);
    expect(written).toHaveLength(13);
  });
  test('is written when it succeeds after all', async () => {
    const { written, refused } = await resort([POISON], (_, request) => (request === 1 ? FAILED : WRITTEN));
    expect([written, refused]).toEqual([[POISON], []]);
  });
  test('has a witness in a line that was just written out of the same batch', async () => {
    const { refused, requests } = await resort(LINES, poisoned, { witness: undefined });
    expect(refused).toEqual([[POISON, 'server-error']]);
    const converted = requests.findLastIndex((lines) => lines[0] === POISON && lines.length === 1);
    expect(requests[converted + 1]).toEqual([LINES[10]]);
  });
});

describe('nobody is convicted', () => {
  test('without a witness, even when an empty write goes well: a full disk takes that, too', async () => {
    const { refused, left, requests } = await resort([POISON], poisoned, { witness: undefined });
    expect([refused, left]).toEqual([[], [[POISON, 'unavailable', true]]]);
    expect(requests).toEqual([[POISON], []]);
  });
  test('when the witness fails like everything else: it is the server', async () => {
    const { refused, left, requests } = await resort(LINES, () => FAILED);
    expect(refused).toEqual([]);
    expect(left).toEqual(LINES.map((line) => [line, 'unavailable', true]));
    expect(requests).toEqual([LINES, [WITNESS]]);
  });
  test('when the witness fails after the second time', async () => {
    const { refused, left } = await resort([POISON], (lines, request) =>
      lines[0] === WITNESS && request < 4 ? WRITTEN : FAILED,
    );
    expect([refused, left]).toEqual([[], [[POISON, 'unavailable', true]]]);
  });
  test.each<[string, Outcome]>([
    ['says why it fails', AWAY],
    ['was not asked at all', WITHHELD],
  ])('when the server %s', async (_, outcome) => {
    const { refused, left, requests } = await resort(LINES, () => outcome);
    expect([refused, left.length, requests.length]).toEqual([[], 16, 1]);
  });
  test('when it says the second time why', async () => {
    const { refused, left } = await resort([POISON], (lines, request) =>
      lines[0] === WITNESS ? WRITTEN : request === 1 ? FAILED : AWAY,
    );
    expect([refused, left]).toEqual([[], [[POISON, 'unavailable', true]]]);
  });
  test('once the server has gone away in the middle: it is asked once, and each line waits', async () => {
    const poison = LINES[3] as string;
    for (let awayFrom = 2; awayFrom < 10; awayFrom++) {
      const { written, refused, left, requests } = await resort(LINES, (lines, request) => {
        if (request >= awayFrom) return AWAY;
        return lines.includes(poison) ? FAILED : WRITTEN;
      });
      expect([refused, requests.length]).toEqual([[], awayFrom]);
      expect([...written, ...left.map(([line]) => line)].sort()).toEqual([...LINES].sort());
    }
  });
});

test('lines that are refused for a reason on the way are refused for that reason', async () => {
  const typed = 'm v=1i 30';
  const { refused, written } = await resort([...LINES, typed], (lines) => {
    if (lines.includes(POISON)) return FAILED;
    return lines.map(conflict).findLast((one) => one !== undefined) ?? WRITTEN;
  });
  expect(refused).toEqual([
    [POISON, 'server-error'],
    [typed, 'type-conflict'],
  ]);
  expect(written).toHaveLength(15);
});

describe('without a state table, the queue counts the failures', () => {
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

  /** Two batches: one is good, the other has the message with value 3 in it. */
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

  test('a batch of messages that came often is taken apart, and the guilty one quarantined', async () => {
    const { report, letters } = await run(FAILURES_MAX);
    expect(report).toMatchObject({ eventsWritten: 3, eventsQuarantined: 1, eventsReturned: 0, ledgerImbalance: 0 });
    expect(letters.map(({ attributes }) => attributes.reason)).toEqual(['server-error']);
  });
  test('one of messages that came less often comes back as it is', async () => {
    const { report, letters, requests } = await run(FAILURES_MAX - 1);
    expect(report).toMatchObject({ eventsWritten: 2, eventsReturned: 2, ledgerImbalance: 0, returned: [2, 3] });
    expect([letters.length, requests.length]).toEqual([0, 2]);
  });
});
