import { expect, test } from 'vitest';
import type { Checkpoint } from '../../src/sink/leftovers.ts';
import type { DeadLetters } from '../../src/sink/quarantine.ts';
import { runSink } from '../../src/sink/sink.ts';
import { FOREVER } from '../checkpoint/make.ts';
import { message, TARGET } from './make.ts';

test('an error while letters are sent does not leave lines on their way to the table', async () => {
  let stored = false;
  const checkpoint: Checkpoint = {
    async save() {
      await new Promise((resolve) => setImmediate(resolve));
      stored = true;
      return true;
    },
  };
  const deadLetters: DeadLetters = {
    send: () => Promise.reject(new Error('a bug')),
    keep: async () => false,
  };
  const running = runSink(
    [message('m v=1 1755216000000000000'), message('{')],
    {
      mapping: undefined,
      converter: 'line',
      decode: { input: 'auto', messageBytesMax: 1_000 },
      target: TARGET,
      batchLines: 10,
      batchBytes: 1_000,
      inFlightMax: 1,
      invocationBytesMax: 1_000,
      fifo: false,
      bufferRemainders: false,
      sinkVersion: 'test',
    },
    {
      writer: { write: async () => ({ kind: 'unavailable', unexplained: false, text: 'server is closing' }) },
      deadLetters,
      checkpoint,
    },
    { write: FOREVER, settle: FOREVER },
  );
  await expect(running).rejects.toThrow('a bug');
  expect(stored).toBe(true);
});
