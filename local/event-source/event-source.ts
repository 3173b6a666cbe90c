/**
 * An event source mapping between a queue and a function, as in Lambda for SQS, with ReportBatchItemFailures. It does
 * not model scaling by load, filters, or slower polling after errors.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { isFifoQueue } from '../../src/adapters/queue-url.ts';
import { type ClosedBy, createGathering, type GatheredBatch, type Gathering } from './batch-gathering.ts';
import { type MappingSettings, mappingFaults } from './event-source-rules.ts';
import { createGroupLock, type GroupLock } from './group-lock.ts';
import { settleResponse } from './partial-batch.ts';
import { openSourceQueue, type SourceQueue, type SourceQueueOptions } from './source-queue.ts';

interface Invocation {
  /** Time by which the function must respond, in epoch milliseconds. */
  readonly deadlineMs: number;
}

type Invoke = (event: SQSEvent, invocation: Invocation) => Promise<unknown>;

/** An event of the mapping, for logs and tests. */
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
  /** Messages that stay in the queue, because a response named them or the invocation failed. */
  readonly returned: number;
}

/** Settings of an event source mapping. */
export interface EventSourceOptions extends SourceQueueOptions, MappingSettings {
  readonly invoke: Invoke;
  readonly onEvent?: (event: EventSourceEvent) => void;
  /** If false, the response is ignored, and all messages of a successful invocation are deleted (default true). */
  readonly reportBatchItemFailures?: boolean;
  /** Additional time for a response (default 10,000), because a cold start is not part of a function's timeout. */
  readonly initAllowanceMs?: number;
}

/** A running event source mapping. */
export interface EventSource {
  /** Concurrent invocations, at most. */
  readonly concurrency: number;
  /** Changes the concurrency. Surplus pollers stop after their current batch. */
  limitTo(concurrency: number): void;
  /**
   * Stops polling and waits for running invocations. Received messages that are in no invocation are returned to the
   * queue.
   */
  stop(): Promise<void>;
  stats(): EventSourceStats;
}

/** State that the pollers of one mapping share. */
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
  const finished = new AbortController();
  const tooLate = sleep(functionTimeoutMs + initAllowanceMs, undefined, { signal: finished.signal }).then(() => {
    throw new Error(`Task timed out after ${(functionTimeoutMs / 1_000).toFixed(2)} seconds`);
  });
  try {
    const deadlineMs = Date.now() + functionTimeoutMs;
    return await Promise.race([options.invoke({ Records: [...records] }, { deadlineMs }), tooLate]);
  } finally {
    tooLate.catch(() => {});
    finished.abort();
  }
};

/** Invokes the function. Returns the records that may be deleted, or undefined if the invocation failed. */
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
  // The messages are deleted before their groups are freed, because a group is free only when its messages are gone.
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
  if (!isFifoQueue(mapping.options.queueArn)) return deliver(mapping, batch);
  const free = await mapping.groups.take(groupsOf(batch.records));
  try {
    await deliver(mapping, batch);
  } finally {
    free();
  }
};

/**
 * Runs one poller. It collects, invokes, and deletes one after the other, so there are never more invocations than
 * pollers.
 */
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

/** Starts a mapping. Throws with all faults if Lambda would refuse it. */
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
