/** Sends a workload through a local system, waits until nothing moves, and says what was found and what should have been. */

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

export interface WorkloadReport {
  readonly points: PointDifferences & { readonly found: readonly ExpectedPoint[] };
  readonly letters: LetterDifferences & { readonly found: readonly FoundLetter[] };
  readonly ledger: LedgerTotals;
  readonly seconds: number;
}

export interface Progress {
  readonly sent: number;
  readonly waiting: number;
  readonly ledger: LedgerTotals;
}

const POLL_MS = 250;
/** Longer than any wait of the sink's own in a workload without outages. */
const STALLED_MS = 60_000;
/** Of quiet, before a queue counts as drained: its figures are approximate. */
const QUIET_POLLS = 4;
/** A point of a new series is seen by queries up to two seconds after its 204. */
const VISIBLE_MS = 6_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

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
    const stalled = stallWatch();
    for (let quiet = 0; quiet < QUIET_POLLS; ) {
      const waiting = await queues.depth(queueUrl);
      onProgress({ sent, waiting, ledger });
      stalled(waiting, ledger);
      quiet = waiting === 0 && system.eventSource.stats().running === 0 ? quiet + 1 : 0;
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

/** Throws when neither queue nor ledger has moved for a while: whoever waits must be told. */
const stallWatch = (): ((waiting: number, ledger: LedgerTotals) => void) => {
  let last = '';
  let movedAt = performance.now();
  return (waiting, ledger) => {
    const now = `${waiting} ${ledger.eventsWritten} ${ledger.eventsQuarantined}`;
    if (now !== last) movedAt = performance.now();
    last = now;
    if (performance.now() - movedAt > STALLED_MS)
      throw new Error(`Nothing has moved for ${STALLED_MS / 1_000} s, and ${waiting} messages are in the queue.`);
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
  const { username, password } = server.credentials ?? {};
  const headers: Record<string, string> =
    username === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  const response = await fetch(`${server.url}/write?db=${encodeURIComponent(addresses.database)}`, {
    method: 'POST',
    headers,
    body: FIXED_POINT.line,
  });
  if (response.status !== 204)
    throw new Error(`The point that comes first could not be written: ${response.status} ${await response.text()}`);
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
