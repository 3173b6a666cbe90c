import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { type ClosedBy, createGathering, type GatheredBatch, type Gathering } from './batch-gathering.ts';
import { type MappingSettings, mappingFaults } from './event-source-rules.ts';
import { createGroupLock, type GroupLock } from './group-lock.ts';
import { settleResponse } from './partial-batch.ts';
import { openSourceQueue, type SourceQueue, type SourceQueueOptions } from './source-queue.ts';
import { isFifo } from './sqs-event.ts';

/*
 * An event source mapping between a queue and a function, as Lambda has them for SQS, with ReportBatchItemFailures.
 * Not modelled: growing and shrinking by load, filters, slower polling after errors.
 */

interface Invocation {
  /** Epoch milliseconds by which the function must have answered. */
  readonly deadlineMs: number;
}

type Invoke = (event: SQSEvent, invocation: Invocation) => Promise<unknown>;

export type EventSourceEvent =
  | { readonly kind: 'batch'; readonly messages: number; readonly bytes: number; readonly closedBy: ClosedBy }
  | { readonly kind: 'settled'; readonly deleted: number; readonly returned: number; readonly durationMs: number }
  | { readonly kind: 'invocation-failed'; readonly messages: number; readonly error: unknown }
  | { readonly kind: 'poll-failed'; readonly error: unknown }
  | { readonly kind: 'delete-failed'; readonly messageIds: readonly string[] };

interface EventSourceStats {
  readonly received: number;
  readonly invocations: number;
  readonly invocationsFailed: number;
  readonly running: number;
  readonly runningMax: number;
  readonly deleted: number;
  /** Left to come back by their visibility, after an answer that named them or an invocation that failed. */
  readonly returned: number;
}

export interface EventSourceOptions extends SourceQueueOptions, MappingSettings {
  readonly invoke: Invoke;
  readonly onEvent?: (event: EventSourceEvent) => void;
  /** Without it a function's answer means nothing: whatever did not throw is deleted. */
  readonly reportBatchItemFailures?: boolean;
  /** A cold start is not part of a function's timeout, so a first answer may come so much later. */
  readonly initAllowanceMs?: number;
}

export interface EventSource {
  /** How many invocations there may be at once. */
  readonly concurrency: number;
  /** Changes that: pollers that are too many end with their turn. */
  limitTo(concurrency: number): void;
  /** Stops polling and waits for what runs. Messages that were received and not handed over go back to the queue. */
  stop(): Promise<void>;
  stats(): EventSourceStats;
}

/** What the pollers of one mapping share. */
interface Mapping {
  readonly options: EventSourceOptions;
  readonly queue: SourceQueue;
  readonly groups: GroupLock;
  readonly signal: AbortSignal;
  readonly stats: { -readonly [K in keyof EventSourceStats]: EventSourceStats[K] };
  readonly emit: (event: EventSourceEvent) => void;
}

const INIT_ALLOWANCE_MS = 10_000;

const invokeInTime = async (options: EventSourceOptions, records: readonly SQSRecord[]): Promise<unknown> => {
  const { functionTimeoutMs, initAllowanceMs = INIT_ALLOWANCE_MS } = options;
  const answered = new AbortController();
  const tooLate = sleep(functionTimeoutMs + initAllowanceMs, undefined, { signal: answered.signal }).then(() => {
    throw new Error(`Task timed out after ${(functionTimeoutMs / 1_000).toFixed(2)} seconds`);
  });
  try {
    const deadlineMs = Date.now() + functionTimeoutMs;
    return await Promise.race([options.invoke({ Records: [...records] }, { deadlineMs }), tooLate]);
  } finally {
    tooLate.catch(() => {});
    answered.abort();
  }
};

/** The records that may be deleted after this invocation, or undefined if it failed. */
const invoke = async (mapping: Mapping, records: readonly SQSRecord[]): Promise<SQSRecord[] | undefined> => {
  const { stats, options } = mapping;
  stats.invocations++;
  stats.running++;
  stats.runningMax = Math.max(stats.runningMax, stats.running);
  try {
    const response = await invokeInTime(options, records);
    if (options.reportBatchItemFailures === false) return [...records];
    const ids = new Set(settleResponse(response, [...new Set(records.map((record) => record.messageId))]));
    return records.filter((record) => ids.has(record.messageId));
  } catch (error) {
    stats.invocationsFailed++;
    mapping.emit({ kind: 'invocation-failed', messages: records.length, error });
    return undefined;
  } finally {
    stats.running--;
  }
};

const deliver = async (mapping: Mapping, { records, bytes, closedBy }: GatheredBatch): Promise<void> => {
  const { stats, emit } = mapping;
  emit({ kind: 'batch', messages: records.length, bytes, closedBy });
  const began = performance.now();
  const settled = (await invoke(mapping, records)) ?? [];
  // Deleting belongs to the turn: a group is free only when its messages are gone.
  const left = await mapping.queue.remove(settled);
  if (left.length > 0) emit({ kind: 'delete-failed', messageIds: left.map((record) => record.messageId) });
  const deleted = settled.length - left.length;
  const returned = records.length - deleted;
  stats.deleted += deleted;
  stats.returned += returned;
  emit({ kind: 'settled', deleted, returned, durationMs: performance.now() - began });
};

const groupsOf = (records: readonly SQSRecord[]): ReadonlySet<string> =>
  new Set(records.map((record) => record.attributes.MessageGroupId ?? ''));

const takeTurn = async (mapping: Mapping, gathering: Gathering): Promise<void> => {
  const batch = await gathering.next();
  if (mapping.signal.aborted) return mapping.queue.release(batch.records);
  if (!isFifo(mapping.options.queueArn)) return deliver(mapping, batch);
  const free = await mapping.groups.take(groupsOf(batch.records));
  try {
    await deliver(mapping, batch);
  } finally {
    free();
  }
};

/** One poller gathers, invokes and deletes by turns, so there are never more invocations than pollers. */
const runPoller = async (mapping: Mapping): Promise<void> => {
  const { options, queue, signal, stats, emit } = mapping;
  const gathering = createGathering({
    queue,
    batchSize: options.batchSize,
    windowMs: options.windowMs,
    signal,
    onReceived: (count) => {
      stats.received += count;
    },
    onPollFailed: (error) => emit({ kind: 'poll-failed', error }),
  });
  while (!signal.aborted) await takeTurn(mapping, gathering);
  await queue.release(gathering.leftover());
};

export const startEventSource = async (options: EventSourceOptions): Promise<EventSource> => {
  const queue = openSourceQueue(options);
  const faults = mappingFaults(options, await queue.visibilityTimeoutMs());
  if (faults.length > 0) {
    queue.close();
    throw new Error(`Invalid event source mapping:\n- ${faults.join('\n- ')}`);
  }
  const stopping = new AbortController();
  const stats = {
    received: 0,
    invocations: 0,
    invocationsFailed: 0,
    running: 0,
    runningMax: 0,
    deleted: 0,
    returned: 0,
  };
  const mapping: Mapping = {
    options,
    queue,
    groups: createGroupLock(),
    signal: stopping.signal,
    stats,
    emit: (event) => options.onEvent?.(event),
  };
  const running = new Set<Promise<void>>();
  const pollers: AbortController[] = [];
  const addPoller = (): void => {
    const poller = new AbortController();
    pollers.push(poller);
    const signal = AbortSignal.any([stopping.signal, poller.signal]);
    const ended = runPoller({ ...mapping, signal }).finally(() => running.delete(ended));
    running.add(ended);
  };
  const limitTo = (concurrency: number): void => {
    while (pollers.length < concurrency) addPoller();
    for (const poller of pollers.splice(concurrency)) poller.abort();
  };
  limitTo(options.concurrency);
  return {
    get concurrency() {
      return pollers.length;
    },
    limitTo,
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      queue.close();
    },
    stats: () => ({ ...stats }),
  };
};
