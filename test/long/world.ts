/** The whole system on this machine, with a stand-in that can fail and recover while a workload continues. */

import { onTestFinished } from 'vitest';
import { LOCAL_DEFAULTS } from '../../local/local-defaults.ts';
import { type StandIn, type StandInOptions, startStandIn } from '../../local/opengemini/server.ts';
import { hasDatabase } from '../../local/opengemini-client.ts';
import { openQueues, type QueueAccess, type Received } from '../../local/queue/queue-access.ts';
import { type LocalSystem, type LocalSystemOptions, startLocalSystem } from '../../local/system.ts';
import { addToLedger, emptyLedger, type LedgerTotals } from '../../local/workload/ledger-totals.ts';
import { makeWorkload, type OutgoingMessage, type Workload } from '../../local/workload/messages.ts';
import { comparePoints, readPoints } from '../../local/workload/verify.ts';

/** A running system, with access for the test. */
export interface World {
  readonly standIn: StandIn;
  readonly system: LocalSystem;
  readonly queues: QueueAccess;
  readonly ledger: LedgerTotals;
  readonly logs: string[];
  /** Processes of the functions that have logged. */
  readonly pids: ReadonlySet<number>;
  send(messages: readonly OutgoingMessage[]): Promise<void>;
  letters(): Promise<readonly Received[]>;
}

const DATABASE = 'telemetry';

/** All times are a twentieth of the usual ones: the visibility timeout is 3 s. */
export const VISIBILITY_SECONDS = 3;

/** Changes to the system of a test. */
export interface WorldOptions {
  readonly standIn?: StandInOptions;
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly system?: Partial<LocalSystemOptions>;
}

/** Starts the system, and stops it at the end of the test. */
export const openWorld = async ({
  standIn: options,
  variables = {},
  system: more,
}: WorldOptions = {}): Promise<World> => {
  const standIn = await startStandIn(options);
  onTestFinished(() => standIn.close());
  const ledger = emptyLedger();
  const logs: string[] = [];
  const pids = new Set<number>();
  const system = await startLocalSystem({
    ...LOCAL_DEFAULTS,
    batchSize: 20,
    windowMs: 200,
    concurrency: 3,
    visibilitySeconds: VISIBILITY_SECONDS,
    timeoutMs: VISIBILITY_SECONDS * 1_000,
    // A cold start on a slow machine takes longer than the visibility timeout. A flush function that is ended for it
    // starts cold each time, and never drains anything.
    flushTimeoutMs: 20_000,
    flushEveryMs: 2_000,
    variables: {
      OPENGEMINI_URL: standIn.url,
      OPENGEMINI_DATABASE: DATABASE,
      OPENGEMINI_USERNAME: options?.credentials?.username,
      OPENGEMINI_PASSWORD: options?.credentials?.password,
      SINK_MAPPING: 'examples/mapping.json',
      ...variables,
    },
    onLogLine(line, pid) {
      if (pid !== undefined) pids.add(pid);
      logs.push(line);
      addToLedger(ledger, line);
    },
    ...more,
  });
  const queues = openQueues(system.addresses.sqsEndpoint);
  onTestFinished(async () => {
    queues.close();
    await system.close();
  });
  return {
    standIn,
    system,
    queues,
    ledger,
    logs,
    pids,
    send: (messages) =>
      queues.send(
        system.addresses.queueUrl,
        messages.map(({ body, region }) => (region === undefined ? { body } : { body, attributes: { region } })),
      ),
    letters: () => queues.receiveAll(system.addresses.deadLetterQueueUrl),
  };
};

/** Returns good events only, so that any dead letter is an error. */
export const goodWorkload = (messages: number, eventsPerMessage: number): Workload =>
  makeWorkload({ messages, eventsPerMessage, brokenOneIn: Number.MAX_SAFE_INTEGER, seed: 1 });

/** Waits for a number of milliseconds. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until a condition holds, and returns the duration in milliseconds. Throws after `withinMs`. */
export const until = async (
  done: () => boolean | Promise<boolean>,
  what: string,
  withinMs: number,
): Promise<number> => {
  const started = performance.now();
  while (!(await done())) {
    if (performance.now() - started > withinMs) throw new Error(`Waited ${withinMs / 1_000} s in vain until ${what}.`);
    await pause(100);
  }
  return performance.now() - started;
};

/**
 * Returns the missing and the unexpected points of a workload. The first point of a workload is not written by the
 * sink.
 */
export const differences = async ({ system }: World, { points }: Workload, database = DATABASE) => {
  const found = (await hasDatabase(system.server, database)) ? await readPoints(system.server, database) : [];
  return comparePoints(points.slice(1), found);
};

/** Whether openGemini contains every point of a workload. */
export const isStored = async (world: World, workload: Workload, database?: string): Promise<boolean> =>
  (await differences(world, workload, database)).missing.length === 0;
