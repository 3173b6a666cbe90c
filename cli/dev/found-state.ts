/** What a run of `dev` has found of the runs before it: a pause or a backlog must not surprise the user. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { emulatorAccess } from '../../local/loopback.ts';
import { openQueues } from '../../local/queue/queue-access.ts';
import type { LocalSystem } from '../../local/system.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { isInForce } from '../../src/breaker/hold.ts';
import { counted } from '../counted.ts';
import { holdText } from '../hold-text.ts';
import { readStatus } from '../read-status.ts';

/** Returns what the queues and the state table contain, in words, or undefined if they are empty. */
export const foundState = async ({ addresses }: LocalSystem, sink: string): Promise<string | undefined> => {
  const queues = openQueues(addresses.sqsEndpoint);
  const client = new DynamoDBClient(emulatorAccess(addresses.dynamodbEndpoint));
  try {
    const [messages, letters, { view, backlog, nowMs }] = await Promise.all([
      queues.depth(addresses.queueUrl),
      queues.depth(addresses.deadLetterQueueUrl),
      readStatus(addresses.stateTable, sink, client, systemClock),
    ]);
    const parts = [
      ...(messages === 0 ? [] : [counted(messages, 'message')]),
      ...(letters === 0 ? [] : [counted(letters, 'dead letter')]),
      ...(backlog.lines === 0 ? [] : [`${counted(backlog.lines, 'line')} in the state table`]),
      ...(isInForce(view.hold, nowMs) ? [`a pause (${holdText(view.hold, nowMs)})`] : []),
    ];
    return parts.length === 0 ? undefined : parts.join(', ');
  } finally {
    queues.close();
  }
};
