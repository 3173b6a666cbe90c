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

describe('an invocation', () => {
  test('19 good events and a bad one: 19 written, one letter, nothing returned', async () => {
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

  test('without a dead-letter queue the message is returned, its good events written all the same', async () => {
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

  test('a letter counts once the queue has confirmed it, each by itself', async () => {
    const queue = fakeQueue((letter) => !letter.body.includes('"b"'));
    const report = await run(
      [events('a', [true]), events('b', [true]), events('c', [true])],
      fakeServer(() => undefined),
      queue,
    );
    expect(report).toMatchObject({ eventsQuarantined: 2, eventsReturned: 1, ledgerImbalance: 0, returned: [1] });
  });

  test('letters go in calls of at most ten, and those too large for the queue are kept elsewhere', async () => {
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

  test('lines that the server refuses become letters with source text, and their neighbours are written', async () => {
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
  ])('when the server says $kind all is returned and nothing quarantined', async (outcome) => {
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

  test('empty messages are settled and counted', async () => {
    const report = await run(
      [events('a', [])],
      fakeServer(() => undefined),
      fakeQueue(),
    );
    expect(report).toMatchObject({ messagesEmpty: 1, eventsReceived: 0, returned: [] });
  });

  test('no message is no event', async () => {
    expect(
      await run(
        [],
        fakeServer(() => undefined),
        fakeQueue(),
      ),
    ).toMatchObject({ eventsReceived: 0, returned: [] });
  });
});

describe('bounds', () => {
  test('batches have as many lines as they should, none more, whatever a message holds', async () => {
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
  test('batches have no more bytes than they may', async () => {
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
  test('a message with more lines than the memory has room for is written as it is converted', async () => {
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
  test('at the deadline the rest of a message stays undone, and the message is returned', async () => {
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
  test('no more requests are under way than allowed', async () => {
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
  test('beyond the bytes of an invocation messages are not begun, and returned', async () => {
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
  test('without time nothing is begun', async () => {
    const writer = always({ kind: 'written' });
    const report = await run([events('a', [1])], writer, undefined, {}, { write: OVER, settle: OVER });
    expect(report).toMatchObject({ returned: [0], eventsReceived: 0, ledgerImbalance: 0 });
    expect(writer.calls).toEqual([]);
  });
  test('without time for an answer letters are not sent: they would come twice', async () => {
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

describe('FIFO', () => {
  const fifo = { fifo: true };
  const grouped = (id: string, group: string, values: readonly unknown[]): Message =>
    events(id, values, { groupId: group });

  test('the rest of a group is returned behind the first message that is not settled', async () => {
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
  test('a group that fails does not hold back another one', async () => {
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
  test('a letter that is not confirmed returns the rest of its group too', async () => {
    const messages = [grouped('a1', 'a', [true]), grouped('a2', 'a', [1]), grouped('b1', 'b', [1])];
    const report = await run(
      messages,
      fakeServer(() => undefined),
      fakeQueue(() => false),
      fifo,
    );
    expect(report).toMatchObject({ returned: [0, 1], eventsWritten: 2, eventsReturned: 1, ledgerImbalance: 0 });
  });
  test('one body of less than 64 KiB is under way per group, in order', async () => {
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
  test('group ids on a standard queue say nothing about order', async () => {
    const inner = fakeServer(() => undefined);
    const report = await run([grouped('a1', 'a', [true]), grouped('a2', 'a', [1])], inner, undefined);
    expect(report.returned).toEqual([0]);
  });
});
