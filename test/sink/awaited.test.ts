/** An invocation leaves no work running when it ends, even after a bug. Covers `src/sink/sink.ts`. */

import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/sink/message.ts';
import type { Checkpoint, DeadLetters, Writer } from '../../src/sink/ports.ts';
import { runSink, type SinkOptions, type SinkPorts } from '../../src/sink/sink.ts';
import { FOREVER } from '../checkpoint/make.ts';
import { message, TARGET } from './make.ts';

const OPTIONS: SinkOptions = {
  mapping: undefined,
  converter: 'line',
  decode: { input: 'auto', messageBytesMax: 1_000 },
  target: TARGET,
  batchBytes: 1_000,
  invocationBytesMax: 1_000_000,
  fifo: false,
  bufferRemainders: false,
  sinkVersion: 'test',
};

const DEADLINES = { write: FOREVER, settle: FOREVER };

const line = (value: number): Message =>
  message(`m v=${value} 17552160000000${10_000 + value}`, { id: `${value}`, groupId: `${value % 2}` });

const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Answers each request after some turns of the event loop, the first request last. */
const slowServer = (isBug: (text: string) => boolean = () => false): Writer & { begun: number; inFlight: number } => ({
  begun: 0,
  inFlight: 0,
  async write({ body }) {
    const turns = 20 - this.begun++;
    this.inFlight += 1;
    if (isBug(Buffer.from(body).toString())) {
      this.inFlight -= 1;
      throw new Error('a bug');
    }
    for (let turn = 0; turn < turns; turn++) await aTurn();
    this.inFlight -= 1;
    return { kind: 'written' };
  },
});

const ports = (more: Partial<SinkPorts>): SinkPorts => ({
  writer: slowServer(),
  pace: { batchLines: () => 1, inFlightMax: () => 4 },
  beforeBatch: async () => undefined,
  deadLetters: undefined,
  checkpoint: undefined,
  ...more,
});

describe.each([false, true])('awaited requests (FIFO: %s)', (fifo) => {
  const options = { ...OPTIONS, fifo };
  test(`awaits all requests when all succeed (FIFO: ${fifo})`, async () => {
    const writer = slowServer();
    await runSink([1, 2, 3, 4].map(line), options, ports({ writer }), DEADLINES);
    expect([writer.begun, writer.inFlight]).toEqual([4, 0]);
  });
  test(`awaits requests in flight when reading a later message throws (FIFO: ${fifo})`, async () => {
    const writer = slowServer();
    const broken: Message = Object.defineProperty(line(99), 'body', {
      get: () => {
        throw new Error('a bug');
      },
    });
    // This message is in a later chunk. By then, some requests of the first chunk are in flight.
    const all = [...Array.from({ length: 32 }, (_, value) => line(value)), broken];
    await expect(runSink(all, options, ports({ writer }), DEADLINES)).rejects.toThrow('a bug');
    expect(writer.begun).toBeGreaterThan(10);
    expect(writer.inFlight).toBe(0);
  });
  test(`awaits requests in flight and starts no other after one of them throws (FIFO: ${fifo})`, async () => {
    const writer = slowServer((text) => text.includes('v=2 '));
    const all = Array.from({ length: 12 }, (_, value) => line(value));
    await expect(runSink(all, options, ports({ writer }), DEADLINES)).rejects.toThrow('a bug');
    expect(writer.inFlight).toBe(0);
    // The other group of a FIFO queue continues until it is complete.
    expect(writer.begun).toBeLessThan(9);
  });
});

test('finishes saving lines to the table when sending dead letters throws', async () => {
  let stored = false;
  const checkpoint: Checkpoint = {
    async save() {
      await aTurn();
      stored = true;
      return true;
    },
  };
  const deadLetters: DeadLetters = {
    send: () => Promise.reject(new Error('a bug')),
    keep: async () => false,
  };
  const writer: Writer = {
    write: async () => ({ kind: 'unavailable', unexplained: false, text: 'server is closing' }),
  };
  const running = runSink([line(1), message('{')], OPTIONS, ports({ writer, deadLetters, checkpoint }), DEADLINES);
  await expect(running).rejects.toThrow('a bug');
  expect(stored).toBe(true);
});
