/**
 * Sends a workload through a local system, waits until the queue is drained, and compares the results with the expected
 * ones.
 */

import { basicAuthorization } from '../../src/adapters/basic-auth.ts';
import { type Outgoing, openQueues } from '../queue/queue-access.ts';
import type { LocalSystem } from '../system.ts';
import type { ExpectedPoint } from './events.ts';
import { FIXED_POINT } from './faults.ts';
import type { LedgerTotals } from './ledger-totals.ts';
import type { OutgoingMessage, Workload } from './messages.ts';
import {
  compareLetters,
  comparePoints,
  type FoundLetter,
  type LetterDifferences,
  type PointDifferences,
  readPoints,
} from './verify.ts';

/** Results of a workload. */
export interface WorkloadReport {
  readonly points: PointDifferences & { readonly found: readonly ExpectedPoint[] };
  readonly letters: LetterDifferences & { readonly found: readonly FoundLetter[] };
  readonly ledger: LedgerTotals;
  /** Time until the queue was drained. */
  readonly seconds: number;
}

/** Progress of a workload: messages sent so far, and messages that are in the queue. */
export interface Progress {
  readonly sent: number;
  readonly queued: number;
  readonly ledger: LedgerTotals;
}

const POLL_MS = 250;
/**
 * Time without progress after which a run fails. It is longer than any delay of the sink in a workload without outages.
 */
const STALLED_MS = 60_000;
/** Consecutive polls with an empty queue before it counts as drained, because its figures are approximate. */
const QUIET_POLLS = 4;
/** Time to wait for missing points. Queries return a point of a new series up to 2 s after its 204. */
const VISIBLE_MS = 6_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Runs a workload. Throws if there is no progress for 60 s.
 *
 * @param ledger - Sums that the caller keeps up to date from the log lines of the system.
 */
export const runWorkload = async (
  system: LocalSystem,
  workload: Workload,
  ledger: LedgerTotals,
  onProgress: (progress: Progress) => void,
): Promise<WorkloadReport> => {
  const { sqsEndpoint, queueUrl, deadLetterQueueUrl, database } = system.addresses;
  const queues = openQueues(sqsEndpoint);
  const started = performance.now();
  let sent = 0;
  try {
    await writeFixedPoint(system);
    await queues.send(queueUrl, workload.messages.map(outgoing), (count) => {
      sent += count;
    });
    const throwIfStalled = createStallWatch();
    for (let quiet = 0; quiet < QUIET_POLLS; ) {
      const queued = await queues.depth(queueUrl);
      onProgress({ sent, queued, ledger });
      throwIfStalled(queued, ledger);
      quiet = queued === 0 && system.eventSource.stats().running === 0 ? quiet + 1 : 0;
      await pause(POLL_MS);
    }
    const seconds = (performance.now() - started) / 1_000;
    const found = await readWhenVisible(system, database, workload.points);
    const letters = (await queues.receiveAll(deadLetterQueueUrl)).map(letterFrom);
    return {
      points: { ...comparePoints(workload.points, found), found },
      letters: { ...compareLetters(workload.letters, letters), found: letters },
      ledger,
      seconds,
    };
  } finally {
    queues.close();
  }
};

/** Returns a function that throws if neither the queue nor the ledger has changed for 60 s. */
const createStallWatch = (): ((queued: number, ledger: LedgerTotals) => void) => {
  let last = '';
  let movedAt = performance.now();
  return (queued, ledger) => {
    const now = `${queued} ${ledger.eventsWritten} ${ledger.eventsQuarantined}`;
    if (now !== last) movedAt = performance.now();
    last = now;
    if (performance.now() - movedAt > STALLED_MS)
      throw new Error(`No progress for ${STALLED_MS / 1_000} s. The queue contains ${queued} messages.`);
  };
};

const outgoing = ({ body, region }: OutgoingMessage): Outgoing =>
  region === undefined ? { body } : { body, attributes: { region } };

const letterFrom = ({
  body,
  attributes,
}: {
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}): FoundLetter => ({
  body,
  reason: attributes.reason ?? '',
  detail: attributes.detail ?? '',
  origin: attributes.origin ?? '',
});

const writeFixedPoint = async ({ server, addresses }: LocalSystem): Promise<void> => {
  const response = await fetch(`${server.url}/write?db=${encodeURIComponent(addresses.database)}`, {
    method: 'POST',
    headers: basicAuthorization(server.credentials),
    body: FIXED_POINT.line,
  });
  if (response.status !== 204)
    throw new Error(`Failed to write the first point: ${response.status} ${await response.text()}`);
};

const readWhenVisible = async (
  system: LocalSystem,
  database: string,
  expected: readonly ExpectedPoint[],
): Promise<ExpectedPoint[]> => {
  const deadline = performance.now() + VISIBLE_MS;
  for (;;) {
    const found = await readPoints(system.server, database);
    if (found.length >= expected.length || performance.now() > deadline) return found;
    await pause(POLL_MS);
  }
};
