/** Sends refused events to the dead-letter queue, and counts each one that the queue confirms. */

import { Ledger } from '../ledger.ts';
import type { Message } from '../message.ts';
import type { DeadLetter, DeadLetters, Deadline } from '../ports.ts';
import type { Refusal, RefusedEvent } from '../refusal.ts';
import type { SinkReport } from '../report.ts';
import { forEachConcurrent } from '../write/in-flight.ts';
import {
  DEAD_LETTER_BYTES_MAX,
  type DeadLetterContext,
  deadLetterBytes,
  deadLetterFactory,
  wholeMessageLetter,
} from './dead-letter.ts';

/** The limit of SQS for one SendMessageBatch call. */
const LETTERS_PER_CALL = 10;
const CALLS_IN_FLIGHT = 8;

/** A dead letter, and the value that identifies it to the caller. */
export interface Addressed<T> {
  readonly letter: DeadLetter;
  readonly owner: T;
}

/** The dead letters of one call. */
interface Parcel<T> {
  readonly letters: DeadLetter[];
  readonly owners: T[];
  bytes: number;
}

/**
 * Sends dead letters in several calls concurrently, and reports each one that is confirmed. The dead letters are taken
 * from the iterable as they are sent. No call starts after the deadline.
 */
export const deliverAll = async <T>(
  letters: Iterable<Addressed<T>>,
  deadLetters: DeadLetters,
  deadline: Deadline,
  confirmed: (owner: T) => void,
): Promise<void> => {
  await forEachConcurrent(parcelsOf(letters), CALLS_IN_FLIGHT, async (parcel) => {
    // After the deadline the response would be lost, and the next run would send the dead letters again.
    if (deadline.remainingMs() <= 0) return;
    const safe = await deliver(parcel, deadLetters, deadline);
    parcel.owners.forEach((owner, index) => {
      if (safe[index] === true) confirmed(owner);
    });
  });
};

const deliver = async (
  { letters, bytes }: Parcel<unknown>,
  deadLetters: DeadLetters,
  deadline: Deadline,
): Promise<readonly boolean[]> => {
  const [only] = letters;
  if (only !== undefined && bytes > DEAD_LETTER_BYTES_MAX) return [await deadLetters.keep(only, deadline)];
  return deadLetters.send(letters, deadline);
};

/** Groups dead letters into calls of at most ten and at most 1 MiB. A larger dead letter has a separate parcel. */
function* parcelsOf<T>(letters: Iterable<Addressed<T>>): Generator<Parcel<T>> {
  let parcel: Parcel<T> = { letters: [], owners: [], bytes: 0 };
  for (const { letter, owner } of letters) {
    const bytes = deadLetterBytes(letter);
    const isFull =
      parcel.letters.length === LETTERS_PER_CALL ||
      (parcel.letters.length > 0 && parcel.bytes + bytes > DEAD_LETTER_BYTES_MAX);
    if (isFull) {
      yield parcel;
      parcel = { letters: [], owners: [], bytes: 0 };
    }
    parcel.letters.push(letter);
    parcel.owners.push(owner);
    parcel.bytes += bytes;
  }
  if (parcel.letters.length > 0) yield parcel;
}

/** The part of an invocation that quarantining uses. */
export interface QuarantinedRun {
  readonly messages: readonly Message[];
  readonly ledger: Ledger;
  readonly deadLetterContext: DeadLetterContext;
  /** `undefined` without a dead-letter queue. Messages with refused events are then returned. */
  readonly deadLetters: DeadLetters | undefined;
  readonly settleDeadline: Deadline;
  readonly refusedEvents: readonly RefusedEvent[];
}

/** Quarantines the refused events of an invocation. Each is extracted from its message as source text. */
export const quarantineRefused = async (run: QuarantinedRun): Promise<void> => {
  const { deadLetters, refusedEvents, ledger, settleDeadline } = run;
  if (deadLetters === undefined || refusedEvents.length === 0) return;
  await deliverAll(deadLettersOf(run), deadLetters, settleDeadline, ({ messageIndex }) =>
    ledger.quarantined(messageIndex),
  );
};

/**
 * Creates the dead letters one by one, because 50,000 of them would not fit into memory. Each body is parsed again once
 * for all its dead letters.
 */
function* deadLettersOf({
  messages,
  refusedEvents,
  deadLetterContext,
}: QuarantinedRun): Generator<Addressed<RefusedEvent>> {
  const inOrder = [...refusedEvents].sort((a, b) => a.messageIndex - b.messageIndex || a.eventIndex - b.eventIndex);
  let current: { readonly messageIndex: number; readonly create: (event: RefusedEvent) => DeadLetter } | undefined;
  for (const event of inOrder) {
    const { messageIndex } = event;
    if (current?.messageIndex !== messageIndex) {
      const message = messages[messageIndex] as Message;
      current = { messageIndex, create: deadLetterFactory(message, deadLetterContext) };
    }
    yield { letter: current.create(event), owner: event };
  }
}

/** A message that is quarantined unchanged. */
export interface WholeMessage {
  readonly message: Message;
  readonly refusal: Refusal;
  readonly sinkVersion: string;
}

/** Quarantines a message whose body must not be read. It counts as one event. */
export const quarantineWhole = async (
  { message, refusal, sinkVersion }: WholeMessage,
  deadLetters: DeadLetters | undefined,
  deadline: Deadline,
): Promise<SinkReport> => {
  const ledger = new Ledger(1);
  ledger.begin(0, 1);
  if (deadLetters !== undefined) {
    const letter = wholeMessageLetter(message, refusal, sinkVersion);
    await deliverAll([{ letter, owner: 0 }], deadLetters, deadline, (index) => ledger.quarantined(index));
  }
  const returned = ledger.isSettled(0) ? [] : [0];
  return {
    ...ledger.close(returned),
    returned,
    valuesAltered: 0,
    implausibleTimes: 0,
    fieldsOmitted: 0,
    branchesIgnored: 0,
    pointsReplaced: 0,
    conflictsResolved: 0,
    refusals: { [refusal.code]: 1 },
    unwritten: {},
    largestBatch: 0,
  };
};
