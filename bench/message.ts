/** Messages for benchmarks. */

import type { Message } from '../src/sink/message.ts';

/** Returns a message with a body, as a queue delivers it the first time. */
export const messageOf = (body: string, index: number): Message => ({
  id: `m${index}`,
  body,
  sentAtMs: 1_780_000_000_000,
  firstReceivedAtMs: 1_780_000_000_000,
  receiveCount: 1,
  groupId: undefined,
  attributes: {},
  origin: undefined,
});
