/** One invocation for SQS: ports and deadlines for the sink, then visibility, metrics and the answer. */

import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { type Clock, deadlineIn } from '../adapters/clock.ts';
import { dynamoClient, keepLetter } from '../adapters/dynamodb.ts';
import { openGemini } from '../adapters/opengemini.ts';
import { fixedCredentials, secretCredentials } from '../adapters/secrets.ts';
import { sendLetters, sqsClient } from '../adapters/sqs.ts';
import type { Telemetry } from '../adapters/telemetry.ts';
import type { Config } from '../config.ts';
import { creatingDatabase } from '../control/creating-database.ts';
import { guarded, guardState } from '../control/guarded.ts';
import { type Attempt, observed } from '../control/observed.ts';
import { retrying } from '../control/retrying.ts';
import type { Message } from '../sink/message.ts';
import type { DeadLetters } from '../sink/quarantine.ts';
import { runSink, type SinkOptions } from '../sink/sink.ts';
import type { Writer } from '../sink/writer.ts';
import { VERSION } from '../version.ts';
import type { Postpone } from './postpone.ts';
import { isFifo, messageFrom, partialBatchResponse } from './sqs-event.ts';

export type Ingest = (records: readonly SQSRecord[], remainingMs: () => number) => Promise<SQSBatchResponse>;

/** Kept back from Lambda's own deadline: for dead letters after the last write, and for the answer after those. */
const QUARANTINE_RESERVE_MS = 5_000;
const ANSWER_RESERVE_MS = 1_500;
/** Short timeouts keep back no more than these parts of what is left. */
const QUARANTINE_SHARE = 0.3;
const ANSWER_SHARE = 0.1;

export const createIngest = (config: Config, telemetry: Telemetry, clock: Clock, postpone: Postpone): Ingest => {
  const writerFor = createWriters(config, clock);
  const deadLetters = createDeadLetters(config, telemetry);
  return async (records, remainingMs) => {
    const startedMs = clock.monotonicMs();
    const attempts: Attempt[] = [];
    const messages = records.map((record) => messageFrom(record, config.messageBytesMax));
    const fifo = isFifo(records);
    const left = remainingMs();
    const write = deadlineIn(left - Math.min(QUARANTINE_RESERVE_MS, left * QUARANTINE_SHARE));
    const answer = deadlineIn(left - Math.min(ANSWER_RESERVE_MS, left * ANSWER_SHARE));
    try {
      const ports = { writer: writerFor((attempt) => attempts.push(attempt)), deadLetters };
      const report = await runSink(messages, sinkOptions(config, fifo), ports, { write, quarantine: answer });
      await postpone(records, report.failed, answer);
      telemetry.invocation({
        report,
        attempts,
        durationMs: clock.monotonicMs() - startedMs,
        eventLagMs: lagMs(messages, clock.nowMs()),
        batchLines: config.batch.linesInitial,
        nowMs: clock.nowMs(),
      });
      return partialBatchResponse(records, report.failed);
    } finally {
      write.release();
      answer.release();
    }
  };
};

const sinkOptions = (config: Config, fifo: boolean): SinkOptions => ({
  mapping: config.mapping,
  converter: config.converter,
  decode: { input: config.input, messageBytesMax: config.messageBytesMax },
  target: config.opengemini.target,
  batchLines: config.batch.linesInitial,
  batchBytes: config.batch.bytesMax,
  inFlightMax: config.inFlightMax,
  invocationBytesMax: config.invocationBytesMax,
  fifo,
  sinkVersion: VERSION,
});

const lagMs = (messages: readonly Message[], nowMs: number): number | undefined =>
  messages.length === 0 ? undefined : Math.max(0, nowMs - Math.min(...messages.map((message) => message.sentAtMs)));

/** The writer with its wrappers: retrying(creating(guarded(observed(openGemini)))). Attempts are told to each invocation. */
const createWriters = (config: Config, clock: Clock): ((observe: (attempt: Attempt) => void) => Writer) => {
  const { urls, credentials, secretArn, ca, timeoutMs, createDatabase } = config.opengemini;
  const server = openGemini({
    urls,
    credentials: secretArn === undefined ? fixedCredentials(credentials) : secretCredentials(secretArn, timeoutMs),
    ca,
    timeoutMs,
    firstNode: Math.floor(clock.random() * urls.length),
  });
  const guard = guardState();
  const made = new Set<string>();
  return (observe) => {
    const seen = observed(server, clock.monotonicMs, observe);
    const creating = createDatabase ? creatingDatabase(seen, server, clock, made) : seen;
    return retrying(guarded(creating, clock.monotonicMs, guard), clock, config.retry);
  };
};

/** Undefined without a dead-letter queue. What goes wrong with it is logged; its messages come back. */
const createDeadLetters = (
  { deadLetterQueueUrl, stateTable, name }: Config,
  telemetry: Telemetry,
): DeadLetters | undefined => {
  if (deadLetterQueueUrl === undefined) return undefined;
  const sqs = sqsClient();
  const dynamo = stateTable === undefined ? undefined : dynamoClient();
  return {
    async send(letters, deadline) {
      try {
        return await sendLetters(sqs, deadLetterQueueUrl, letters, deadline);
      } catch (error) {
        telemetry.logger.error('Dead letters could not be sent', error as Error);
        return letters.map(() => false);
      }
    },
    async keep(letter, deadline) {
      if (dynamo === undefined || stateTable === undefined) return false;
      try {
        await keepLetter(dynamo, stateTable, name, letter, deadline);
        telemetry.letterKept(letter.deduplicationId);
        return true;
      } catch (error) {
        telemetry.logger.error('A dead letter that is too large for the queue could not be kept', error as Error);
        return false;
      }
    },
  };
};
