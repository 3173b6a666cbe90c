/** The dead letters in the queue of the local system, by the module of the command `dlq`. */

import { SQSClient } from '@aws-sdk/client-sqs';
import { emulatorAccess } from '../../local/loopback.ts';
import type { Letter } from '../dead-letters/letter.ts';
import { LetterQueue } from '../dead-letters/letter-queue.ts';
import { RedriveRun } from '../dead-letters/redrive-run.ts';
import { visitLetters } from '../dead-letters/visit-letters.ts';
import type { DeadLetterSource } from './dead-letter-source.ts';

/** Queues of a system. */
export interface LetterQueues {
  readonly sqsEndpoint: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}

/** Letters in transit at a time. */
const CONNECTIONS = 4;

/** Opens the dead-letter queue. Calls run one after the other, because a letter that one has received is hidden from another. */
export const openQueueLetters = ({ sqsEndpoint, queueUrl, deadLetterQueueUrl }: LetterQueues): DeadLetterSource => {
  const client = new SQSClient(emulatorAccess(sqsEndpoint));
  const from = new LetterQueue(client, deadLetterQueueUrl);
  const to = new LetterQueue(client, queueUrl);
  const closing = new AbortController();
  const { signal } = closing;
  const inTurn = createTurns();
  return {
    list: (lettersMax) =>
      inTurn(async () => {
        const letters: Letter[] = [];
        const collect = (letter: Letter): void => void letters.push(letter);
        const { unseen } = await visitLetters(from, collect, { max: lettersMax, signal });
        return { letters: letters.sort((a, b) => b.sentAtMs - a.sentAtMs), hasMore: unseen > 0 };
      }),
    redrive: (ids) =>
      inTurn(async () => {
        const wants = ({ id }: Letter): boolean => ids === undefined || ids.has(id);
        const options = { wants, rate: undefined, connections: CONNECTIONS, signal, onSent: () => undefined };
        const run = new RedriveRun(from, to, options);
        try {
          await run.send();
          return run.result.sent;
        } finally {
          await run.giveBack();
        }
      }),
    close() {
      closing.abort();
      client.destroy();
    },
  };
};

/** Returns a function that runs one task after the other, also after a failure. */
const createTurns = (): (<T>(task: () => Promise<T>) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const turn = last.then(task, task);
    last = turn;
    return turn;
  };
};
