/** Sends refused events to the dead-letter queue and counts those that the queue has confirmed, one by one. */

import type { Deadline } from '../deadline.ts';
import type { Ledger } from '../ledger.ts';
import type { Message } from '../message.ts';
import { sideBySide } from '../write/side-by-side.ts';
import {
  LETTER_BYTES_MAX,
  type Letter,
  type LetterContext,
  letterBytes,
  letterCutter,
  type Refused,
} from './dead-letter.ts';

/** The port to the dead-letter queue. Neither call throws: what is not confirmed is false. */
export interface DeadLetters {
  /** At most ten letters and 1 MiB together; true for each letter that the queue has confirmed. */
  send(letters: readonly Letter[], deadline: Deadline): Promise<readonly boolean[]>;
  /** Keeps a letter that is too large for the queue; true once it is safe. */
  keep(letter: Letter, deadline: Deadline): Promise<boolean>;
}

const LETTERS_PER_CALL = 10;
const CALLS_AT_ONCE = 8;

/** A letter, and whatever its sender knows it by. */
export interface Addressed<T> {
  readonly letter: Letter;
  readonly owner: T;
}

interface Parcel<T> {
  readonly letters: Letter[];
  readonly owners: T[];
  bytes: number;
}

/** Sends letters, several calls at once, and tells of each that is safe. They are made as they are sent. */
export const deliverAll = async <T>(
  letters: Iterable<Addressed<T>>,
  deadLetters: DeadLetters,
  deadline: Deadline,
  confirmed: (owner: T) => void,
): Promise<void> => {
  await sideBySide(parcelsOf(letters), CALLS_AT_ONCE, async (parcel) => {
    // Without time for an answer the letters are not sent: they would come twice.
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
  if (only !== undefined && bytes > LETTER_BYTES_MAX) return [await deadLetters.keep(only, deadline)];
  return deadLetters.send(letters, deadline);
};

/** At most ten letters and 1 MiB each; one generator serves all workers in turn. */
function* parcelsOf<T>(letters: Iterable<Addressed<T>>): Generator<Parcel<T>> {
  let parcel: Parcel<T> = { letters: [], owners: [], bytes: 0 };
  for (const { letter, owner } of letters) {
    const bytes = letterBytes(letter);
    if (
      parcel.letters.length === LETTERS_PER_CALL ||
      (parcel.letters.length > 0 && parcel.bytes + bytes > LETTER_BYTES_MAX)
    ) {
      yield parcel;
      parcel = { letters: [], owners: [], bytes: 0 };
    }
    parcel.letters.push(letter);
    parcel.owners.push(owner);
    parcel.bytes += bytes;
  }
  if (parcel.letters.length > 0) yield parcel;
}

/** Quarantines the refused events of an invocation, cut out of their messages as source text. */
export const quarantine = (
  refused: readonly Refused[],
  messages: readonly Message[],
  context: LetterContext,
  deadLetters: DeadLetters,
  ledger: Ledger,
  deadline: Deadline,
): Promise<void> =>
  deliverAll(cutLetters(refused, messages, context), deadLetters, deadline, ({ messageIndex }) =>
    ledger.quarantined(messageIndex),
  );

/** One by one, for 50,000 of them would not fit the memory at once; each body is read again once for all its letters. */
function* cutLetters(
  refused: readonly Refused[],
  messages: readonly Message[],
  context: LetterContext,
): Generator<Addressed<Refused>> {
  let cutter: { readonly messageIndex: number; readonly cut: (refused: Refused) => Letter } | undefined;
  for (const owner of [...refused].sort((a, b) => a.messageIndex - b.messageIndex || a.eventIndex - b.eventIndex)) {
    if (cutter?.messageIndex !== owner.messageIndex) {
      cutter = {
        messageIndex: owner.messageIndex,
        cut: letterCutter(messages[owner.messageIndex] as Message, context),
      };
    }
    yield { letter: cutter.cut(owner), owner };
  }
}
