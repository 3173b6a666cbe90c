/** Moves all letters with SQS's own message move task, which needs no running process. */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  CancelMessageMoveTaskCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { externalError, UsageError } from '../usage-error.ts';
import type { LetterQueue } from './letter-queue.ts';

/** Settings of a move. */
export interface MoveOptions {
  /** Letters per second; undefined leaves it to SQS. */
  readonly rate: number | undefined;
  /** Cancels the move. Letters that were not moved stay. */
  readonly signal: AbortSignal;
  onProgress(moved: number, total: number): void;
}

/** How a move ended. */
export interface MoveResult {
  /** `COMPLETED`, `CANCELLED`, or `FAILED`. */
  readonly status: string;
  readonly moved: number;
  /** Reason of a failure. */
  readonly failure: string | undefined;
}

/** Limit of SQS for the rate of a move. */
const MOVE_RATE_MAX = 500;
const POLL_MS = 1_000;

/**
 * Moves all messages of a queue to another one.
 *
 * @throws UsageError if a precondition of SQS does not hold, with the reason that SQS gives.
 */
export const moveAll = async (
  client: SQSClient,
  from: LetterQueue,
  to: LetterQueue,
  { rate, signal, onProgress }: MoveOptions,
): Promise<MoveResult> => {
  assertRate(rate);
  const [source, target] = await Promise.all([from.facts(), to.facts()]);
  const TaskHandle = await start(
    client,
    new StartMessageMoveTaskCommand({
      SourceArn: source.arn,
      // SQS knows the source only of messages that it moved itself.
      DestinationArn: target.arn,
      MaxNumberOfMessagesPerSecond: rate,
    }),
  );
  for (;;) {
    const { Results: [task] = [] } = await client.send(
      new ListMessageMoveTasksCommand({ SourceArn: source.arn, MaxResults: 1 }),
    );
    const { Status: status = 'FAILED', ApproximateNumberOfMessagesMoved: moved = 0 } = task ?? {};
    onProgress(moved, task?.ApproximateNumberOfMessagesToMove ?? moved);
    if (isOver(task)) return { status, moved, failure: task?.FailureReason };
    if (signal.aborted && status === 'RUNNING') await cancel(client, TaskHandle);
    await sleep(POLL_MS);
  }
};

const isOver = (task: ListMessageMoveTasksResultEntry | undefined): boolean =>
  !['RUNNING', 'CANCELLING'].includes(task?.Status ?? '');

/** Cancels a task. One that has ended meanwhile cannot be cancelled, which the next look shows. */
const cancel = async (client: SQSClient, TaskHandle: string | undefined): Promise<void> => {
  await client.send(new CancelMessageMoveTaskCommand({ TaskHandle })).catch(() => undefined);
};

const WITHOUT = 'Without --move this command sends the letters itself.';

const assertRate = (rate: number | undefined): void => {
  if (rate !== undefined && (!Number.isInteger(rate) || rate > MOVE_RATE_MAX))
    throw new UsageError(
      `--move needs a --rate that is a whole number from 1 to ${MOVE_RATE_MAX}, got ${rate}. ${WITHOUT}`,
    );
};

/** Starts the task. SQS checks that the source is a dead-letter queue, and that no other task of it is running. */
const start = async (client: SQSClient, command: StartMessageMoveTaskCommand): Promise<string | undefined> => {
  try {
    return (await client.send(command)).TaskHandle;
  } catch (error) {
    throw externalError('--move is not possible', error, WITHOUT);
  }
};
