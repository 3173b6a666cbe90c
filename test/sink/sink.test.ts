/** Runs of the data plane: batches, dead letters, deadlines and FIFO groups. Covers `src/sink/sink.ts`. */

import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/sink/message.ts';
import type { Outcome } from '../../src/sink/outcome.ts';
import type { Batch, DeadLetter, DeadLetters, Deadline, Writer } from '../../src/sink/ports.ts';
import type { SinkReport } from '../../src/sink/report.ts';
import { runSink, type SinkOptions, type SinkPorts } from '../../src/sink/sink.ts';
import { mapping, message, noise, TARGET } from './make.ts';
import { conflict, fakeServer } from './write/fake-server.ts';

const FOREVER: Deadline = { remainingMs: () => 60_000, signal: new AbortController().signal };
const OVER: Deadline = { remainingMs: () => 0, signal: AbortSignal.abort() };
const MIB = 1024 * 1024;

const OPTIONS: SinkOptions = {
  mapping: mapping({
    timestamp: 'ts',
    events: 'list',
    tags: { d: '$root.d' },
    fields: { v: { path: 'v', byType: { number: 'v', string: 's' } } },
  }),
  converter: 'line',
  decode: { input: 'auto', messageBytesMax: 16 * MIB },
  target: TARGET,
  batchBytes: MIB,
  invocationBytesMax: 64 * MIB,
  fifo: false,
  bufferRemainders: false,
  sinkVersion: 'test',
};

const TS = 1_755_216_000_000;
const events = (id: string, values: readonly unknown[], more: Partial<Message> = {}): Message =>
  message({ d: id, list: values.map((v, i) => ({ ts: TS + i, v })) }, { id, ...more });

interface FakeQueue extends DeadLetters {
  readonly letters: DeadLetter[];
  readonly kept: DeadLetter[];
  readonly calls: number[];
}

const fakeQueue = (confirm: (letter: DeadLetter) => boolean = () => true): FakeQueue => {
  const letters: DeadLetter[] = [];
  const kept: DeadLetter[] = [];
  const calls: number[] = [];
  return {
    letters,
    kept,
    calls,
    async send(batch) {
      calls.push(batch.length);
      letters.push(...batch.filter(confirm));
      return batch.map(confirm);
    },
    async keep(letter) {
      kept.push(letter);
      return true;
    },
  };
};

interface RunOptions extends Partial<SinkOptions> {
  readonly batchLines?: number;
  readonly inFlightMax?: number;
}

const run = (
  messages: readonly Message[],
  writer: Writer,
  deadLetters: DeadLetters | undefined,
  { batchLines = 500, inFlightMax = 4, ...options }: RunOptions = {},
  deadlines = { write: FOREVER, settle: FOREVER },
): Promise<SinkReport> => {
  const ports: SinkPorts = {
    writer,
    pace: { batchLines: () => batchLines, inFlightMax: () => inFlightMax },
    deadLetters,
    checkpoint: undefined,
    beforeBatch: async () => undefined,
  };
  return runSink(messages, { ...OPTIONS, ...options }, ports, deadlines);
};

const always = (outcome: Outcome): Writer & { readonly calls: Batch[] } => {
  const calls: Batch[] = [];
  return {
    calls,
    async write(batch) {
      calls.push(batch);
      return outcome;
    },
  };
};

describe('invocation', () => {
  test('writes 19 good events of a message, quarantines the bad one, and returns no message', async () => {
    const server = fakeServer(() => undefined);
    const queue = fakeQueue();
    const report = await run([events('a', [...Array.from({ length: 19 }, (_, i) => i), true])], server, queue);
    expect(report).toMatchObject({
      eventsReceived: 20,
      eventsWritten: 19,
      eventsQuarantined: 1,
      eventsReturned: 0,
      ledgerImbalance: 0,
      returned: [],
      refusals: { 'field-type': 1 },
    });
    expect(server.stored).toHaveLength(19);
    expect(JSON.parse(queue.letters[0]?.body ?? '')).toEqual({ d: 'a', list: [{ ts: TS + 19, v: true }] });
  });

  test('returns a message with a bad event without a dead-letter queue, and still writes its good events', async () => {
    const server = fakeServer(() => undefined);
    const report = await run([events('a', [1, true]), events('b', [1])], server, undefined);
    expect(report).toMatchObject({
      eventsReceived: 3,
      eventsWritten: 2,
      eventsQuarantined: 0,
      eventsReturned: 1,
      ledgerImbalance: 0,
      returned: [0],
    });
  });

  test('counts each dead letter only after the queue has confirmed it', async () => {
    const queue = fakeQueue((letter) => !letter.body.includes('"b"'));
    const report = await run(
      [events('a', [true]), events('b', [true]), events('c', [true])],
      fakeServer(() => undefined),
      queue,
    );
    expect(report).toMatchObject({ eventsQuarantined: 2, eventsReturned: 1, ledgerImbalance: 0, returned: [1] });
  });

  test('sends dead letters in calls of at most ten, and stores those that are too large for the queue separately', async () => {
    const queue = fakeQueue();
    const report = await run(
      [
        ...Array.from({ length: 25 }, (_, i) => events(`m${i}`, [true])),
        message(`{${noise(MIB - 100)}`, { id: 'big' }),
      ],
      fakeServer(() => undefined),
      queue,
    );
    expect(queue.calls.reduce((sum, count) => sum + count, 0)).toBe(25);
    expect(Math.max(...queue.calls)).toBe(10);
    expect(queue.kept).toHaveLength(1);
    expect(report).toMatchObject({ eventsQuarantined: 26, returned: [] });
  });

  test('quarantines lines that the server refuses with their source text, and writes their neighbors', async () => {
    const server = fakeServer((line) =>
      line.includes('v=13')
        ? { ...(conflict('m v=1i 1') as Outcome & { kind: 'refused' }), code: 'type-conflict', text: 'duplicate tag x' }
        : undefined,
    );
    const queue = fakeQueue();
    const report = await run([events('a', [12, 13, 14])], server, queue);
    expect(report).toMatchObject({ eventsWritten: 2, eventsQuarantined: 1, ledgerImbalance: 0, returned: [] });
    expect(queue.letters[0]?.attributes).toMatchObject({ reason: 'type-conflict', detail: 'duplicate tag x' });
    expect(JSON.parse(queue.letters[0]?.body ?? '')).toEqual({ d: 'a', list: [{ ts: TS + 1, v: 13 }] });
    expect(JSON.parse(queue.letters[0]?.attributes.origin ?? '')).toMatchObject({
      messageId: 'a',
      eventIndex: 1,
      measurement: 'm',
    });
  });

  test.each<Outcome>([
    { kind: 'unavailable', unexplained: true, text: 'HTTP 500' },
    { kind: 'throttled', unexplained: false, text: '503' },
    { kind: 'denied', scope: 'server', text: '401' },
    { kind: 'misconfigured', databaseMissing: true, text: '404' },
    { kind: 'held', text: 'too many series' },
  ])('returns all messages and quarantines nothing when the outcome of every write is "$kind"', async (outcome) => {
    const queue = fakeQueue();
    const report = await run([events('a', [1, 2]), events('b', [3])], always(outcome), queue);
    expect(report).toMatchObject({
      eventsReceived: 3,
      eventsWritten: 0,
      eventsQuarantined: 0,
      eventsReturned: 3,
      ledgerImbalance: 0,
      returned: [0, 1],
    });
    expect(report.unwritten[outcome.kind]).toMatchObject({ lines: 3 });
    expect(queue.letters).toEqual([]);
  });

  test('settles and counts empty messages', async () => {
    const report = await run(
      [events('a', [])],
      fakeServer(() => undefined),
      fakeQueue(),
    );
    expect(report).toMatchObject({ messagesEmpty: 1, eventsReceived: 0, returned: [] });
  });

  test('receives no event when there is no message', async () => {
    expect(
      await run(
        [],
        fakeServer(() => undefined),
        fakeQueue(),
      ),
    ).toMatchObject({ eventsReceived: 0, returned: [] });
  });
});

describe('limits', () => {
  test('fills batches up to the configured number of lines, across messages', async () => {
    const server = fakeServer(() => undefined);
    await run(
      [
        events(
          'a',
          Array.from({ length: 1_234 }, (_, i) => i),
        ),
        events('b', [1]),
      ],
      server,
      undefined,
      { batchLines: 500 },
    );
    expect(server.requests.map(({ lines }) => lines)).toEqual([500, 500, 235]);
  });
  test('limits the bytes of a batch', async () => {
    const server = fakeServer(() => undefined);
    await run(
      [
        events(
          'a',
          Array.from({ length: 100 }, () => 'x'.repeat(5_000)),
        ),
      ],
      server,
      undefined,
      { batchBytes: 65_536 },
    );
    for (const { bytes } of server.requests) expect(bytes).toBeLessThanOrEqual(65_536);
    expect(server.stored).toHaveLength(100);
  });
  test('writes a message while it is converted when its lines exceed the memory for one batch', {
    tags: 'slow',
  }, async () => {
    const tag = 'x'.repeat(30_000);
    const body = `{"d":"${tag}","list":[${Array.from({ length: 2_000 }, (_, i) => `{"ts":${TS + i},"v":${i}}`).join(',')}]}`;
    const server = fakeServer(() => undefined);
    let inFlight = 0;
    let most = 0;
    const writer: Writer = {
      async write(batch, deadline) {
        inFlight += batch.body.length;
        most = Math.max(most, inFlight);
        await new Promise((resolve) => setImmediate(resolve));
        inFlight -= batch.body.length;
        return server.write(batch, deadline);
      },
    };
    expect(await run([message(body)], writer, undefined)).toMatchObject({
      eventsWritten: 2_000,
      returned: [],
      ledgerImbalance: 0,
    });
    expect(most).toBeLessThanOrEqual(4 * MIB);
    for (const { bytes } of server.requests) expect(bytes).toBeLessThanOrEqual(MIB);
  });
  test('stops inside a message at the deadline and returns the message', async () => {
    const server = fakeServer(() => undefined);
    const deadline: Deadline = { ...FOREVER, remainingMs: () => (server.requests.length > 2 ? 0 : 1_000) };
    const many = events(
      'a',
      Array.from({ length: 1_000 }, (_, i) => i),
    );
    const report = await run(
      [many],
      server,
      undefined,
      { batchLines: 100, inFlightMax: 1 },
      { write: deadline, settle: FOREVER },
    );
    expect(report).toMatchObject({ eventsReceived: 1_000, returned: [0], ledgerImbalance: 0 });
    expect(report.eventsWritten).toBeLessThan(1_000);
    expect(report.eventsReturned).toBe(1_000 - report.eventsWritten);
  });
  test.each([
    ['8 messages', 10, 8],
    ['64 KiB', 70_000, 1],
  ])('decodes at most %s after the deadline', async (_name, bytes, most) => {
    let hasPassed = false;
    const messages = Array.from({ length: 40 }, (_, index) => {
      const one = events(`m${index}`, ['x'.repeat(bytes)]);
      // The deadline passes while the 11th message is decoded.
      return Object.defineProperty({ ...one }, 'body', {
        get: () => {
          hasPassed ||= index === 10;
          return one.body;
        },
      });
    });
    const deadline: Deadline = { ...FOREVER, remainingMs: () => (hasPassed ? 0 : 1_000) };
    const server = fakeServer(() => undefined);
    const report = await run(messages, server, undefined, {}, { write: deadline, settle: FOREVER });
    expect(report.eventsReceived).toBeGreaterThan(10);
    expect(report.eventsReceived).toBeLessThanOrEqual(11 + most);
    expect(report.returned.length).toBeGreaterThanOrEqual(40 - 11 - most);
  });
  test('limits the number of requests in flight', async () => {
    let inFlight = 0;
    let most = 0;
    const writer: Writer = {
      async write() {
        inFlight += 1;
        most = Math.max(most, inFlight);
        await new Promise((resolve) => setImmediate(resolve));
        inFlight -= 1;
        return { kind: 'written' };
      },
    };
    await run(
      Array.from({ length: 50 }, (_, i) => events(`m${i}`, [1, 2])),
      writer,
      undefined,
      { batchLines: 2, inFlightMax: 3 },
    );
    expect(most).toBe(3);
  });
  test('returns messages beyond the byte limit of an invocation without beginning them', async () => {
    const report = await run(
      [events('a', [1]), events('b', [2]), events('c', [3])],
      fakeServer(() => undefined),
      undefined,
      { invocationBytesMax: 60 },
    );
    expect(report).toMatchObject({
      returned: [2],
      eventsReceived: 2,
      eventsWritten: 2,
      ledgerImbalance: 0,
      messagesReturned: 1,
    });
  });
  test('begins no message when no time is left', async () => {
    const writer = always({ kind: 'written' });
    const report = await run([events('a', [1])], writer, undefined, {}, { write: OVER, settle: OVER });
    expect(report).toMatchObject({ returned: [0], eventsReceived: 0, ledgerImbalance: 0 });
    expect(writer.calls).toEqual([]);
  });
  test('sends no dead letters when no time is left for the response, because they would be sent twice', async () => {
    const queue = fakeQueue();
    const report = await run(
      [events('a', [true])],
      fakeServer(() => undefined),
      queue,
      {},
      { write: FOREVER, settle: OVER },
    );
    expect(report).toMatchObject({ returned: [0], eventsQuarantined: 0, eventsReturned: 1, ledgerImbalance: 0 });
    expect(queue.calls).toEqual([]);
  });
});

describe('FIFO queues', () => {
  const fifo = { fifo: true };
  const grouped = (id: string, group: string, values: readonly unknown[]): Message =>
    events(id, values, { groupId: group });

  test('returns the rest of a FIFO group after the first message that is not settled', async () => {
    const inner = fakeServer(() => undefined);
    const writer: Writer = {
      write: async (batch, deadline) =>
        Buffer.from(batch.body).includes('d=a2')
          ? { kind: 'unavailable', unexplained: true, text: 'x' }
          : inner.write(batch, deadline),
    };
    const messages = [
      grouped('a1', 'a', [1]),
      grouped('b1', 'b', [1]),
      grouped('a2', 'a', [1]),
      grouped('a3', 'a', [1]),
      grouped('b2', 'b', [1]),
    ];
    const report = await run(messages, writer, undefined, fifo);
    expect(report).toMatchObject({ returned: [2, 3], ledgerImbalance: 0, eventsWritten: 3 });
    expect(inner.stored.some((line) => line.includes('d=a3'))).toBe(false);
  });
  test('writes a FIFO group while another group fails', async () => {
    const inner = fakeServer(() => undefined);
    const writer: Writer = {
      write: async (batch, deadline) =>
        Buffer.from(batch.body).includes('d=a')
          ? { kind: 'unavailable', unexplained: true, text: 'x' }
          : inner.write(batch, deadline),
    };
    const messages = [1, 2, 3, 4].flatMap((i) => [grouped(`a${i}`, 'a', [i]), grouped(`b${i}`, 'b', [i])]);
    expect(await run(messages, writer, undefined, fifo)).toMatchObject({ returned: [0, 2, 4, 6], eventsWritten: 4 });
  });
  test('writes no later batch of a FIFO message after an unwritten one, so that no line overtakes another', async () => {
    const writer = always({ kind: 'throttled', unexplained: false, text: 'x' });
    const report = await run([grouped('a1', 'a', [1, 2, 3, 4, 5])], writer, undefined, { ...fifo, batchLines: 2 });
    expect(writer.calls.map(({ lines }) => lines)).toEqual([2]);
    expect(report).toMatchObject({ returned: [0], eventsReturned: 5, ledgerImbalance: 0 });
  });
  test('writes no later line of a FIFO batch after a line that the server holds', async () => {
    const sent: number[] = [];
    const isHeld = (body: string): boolean => body.includes('v=20 ');
    const writer: Writer = {
      async write({ body, lines }) {
        sent.push(lines);
        return isHeld(Buffer.from(body).toString()) ? { kind: 'held', text: 'full' } : { kind: 'written' };
      },
    };
    const values = Array.from({ length: 64 }, (_, v) => v);
    const report = await run([grouped('a1', 'a', values)], writer, undefined, fifo);
    expect(sent).toEqual([64, 32, 16, 16]);
    expect(report).toMatchObject({ returned: [0], eventsWritten: 16, eventsReturned: 48, ledgerImbalance: 0 });
  });
  test('returns the rest of a FIFO group after a dead letter that is not confirmed', async () => {
    const messages = [grouped('a1', 'a', [true]), grouped('a2', 'a', [1]), grouped('b1', 'b', [1])];
    const report = await run(
      messages,
      fakeServer(() => undefined),
      fakeQueue(() => false),
      fifo,
    );
    expect(report).toMatchObject({ returned: [0, 1], eventsWritten: 2, eventsReturned: 1, ledgerImbalance: 0 });
  });
  test('has one body of less than 64 KiB in flight per FIFO group, in order', async () => {
    const inFlight = new Map<string, number>();
    const order: string[] = [];
    const writer: Writer = {
      async write({ body }) {
        const group = Buffer.from(body).toString().slice(4, 5);
        expect(body.length).toBeLessThan(65_536);
        expect(inFlight.get(group) ?? 0).toBe(0);
        inFlight.set(group, 1);
        await new Promise((resolve) => setTimeout(resolve, 1));
        inFlight.set(group, 0);
        order.push(...Buffer.from(body).toString().split('\n').slice(0, -1));
        return { kind: 'written' };
      },
    };
    const messages = ['a', 'b', 'a', 'b', 'a'].map((group, i) =>
      grouped(
        `${group}${i}`,
        group,
        Array.from({ length: 30 }, (_, v) => (v % 2 === 0 ? v : 'x'.repeat(9_000))),
      ),
    );
    expect(await run(messages, writer, undefined, fifo)).toMatchObject({
      returned: [],
      eventsWritten: 150,
      ledgerImbalance: 0,
    });
    for (const group of ['a', 'b']) {
      const seen = order
        .filter((line) => line.startsWith(`m,d=${group}`))
        .map((line) => `${line.slice(0, 6)} ${line.split(' ').at(-1)}`);
      expect(seen).toEqual(seen.toSorted());
    }
  });
  test('keeps no order within a message group on a standard queue', async () => {
    const inner = fakeServer(() => undefined);
    const report = await run([grouped('a1', 'a', [true]), grouped('a2', 'a', [1])], inner, undefined);
    expect(report.returned).toEqual([0]);
  });
});

test('decodes at most 1 MiB ahead of the conversion', async () => {
  let decoded = 0;
  let decodedBeforeWrite = 0;
  const large = (id: number): Message =>
    Object.defineProperty(message('', { id: `${id}` }), 'body', {
      get: () => {
        decoded += 1;
        return `m v="${'x'.repeat(50_000)}" ${TS}000000\n`.repeat(12);
      },
    });
  const writer: Writer = {
    async write() {
      if (decodedBeforeWrite === 0) decodedBeforeWrite = decoded;
      return { kind: 'written' };
    },
  };
  await run([1, 2, 3, 4, 5, 6].map(large), writer, undefined, { mapping: undefined, batchLines: 1 });
  // Two messages of 600 KB exceed 1 MiB. The getter runs the same number of times for each message.
  expect(decodedBeforeWrite / decoded).toBe(2 / 6);
});

describe('counts of a run', () => {
  test('adds up what was dropped, altered, left out, implausible, and replaced, over all messages', async () => {
    const rules = mapping({
      measurement: undefined,
      mappings: [
        { when: { path: 'kind', equals: 'heartbeat' }, drop: true },
        {
          measurement: 'm',
          timestamp: 'ts',
          newlines: 'escape',
          mismatch: 'omit',
          fields: { v: 'v', n: { path: 'n', type: 'string' } },
        },
      ],
    });
    const of = (id: string): Message =>
      message(
        [
          { kind: 'heartbeat' },
          { kind: 'heartbeat' },
          { ts: TS, v: 1, n: 'one\ntwo' },
          { ts: TS, v: 2, n: 'x' },
          { ts: TS + 1, v: 'wrong', n: 'x' },
          { ts: 1, v: 3, n: 'x' },
        ],
        { id, sentAtMs: TS },
      );
    const report = await run(
      [of('a'), of('b')],
      fakeServer(() => undefined),
      fakeQueue(),
      { mapping: rules },
    );
    expect(report).toMatchObject({
      eventsReceived: 12,
      eventsWritten: 8,
      eventsDropped: 4,
      ledgerImbalance: 0,
      valuesAltered: 2,
      fieldsOmitted: 2,
      implausibleTimes: 2,
      firstReplaced: 'm',
      largestBatch: 8,
    });
    // The second message replaces all points of the first one, except those with the same values.
    expect(report.pointsReplaced).toBeGreaterThan(1);
  });
  test('states the lines of the largest batch, whatever the order of the batches', async () => {
    const values = Array.from({ length: 7 }, (_, i) => i);
    const report = await run(
      [events('a', values)],
      fakeServer(() => undefined),
      fakeQueue(),
      {
        batchLines: 5,
        inFlightMax: 1,
      },
    );
    expect(report.largestBatch).toBe(5);
  });
});
