/** Sends refused events to the dead-letter queue and counts those that the queue has confirmed, one by one. */

import type { Deadline } from './deadline.ts';
import type { Ledger } from './ledger.ts';
import {
  LETTER_BYTES_MAX,
  type Letter,
  type LetterContext,
  letterBytes,
  letterCutter,
  type Refused,
} from './letter.ts';
import type { Message } from './message.ts';

/** The port to the dead-letter queue. Neither call throws: what is not confirmed is false. */
export interface DeadLetters {
  /** At most ten letters and 1 MiB together; true for each letter that the queue has confirmed. */
  send(letters: readonly Letter[], deadline: Deadline): Promise<readonly boolean[]>;
  /** Keeps a letter that is too large for the queue; true once it is safe. */
  keep(letter: Letter, deadline: Deadline): Promise<boolean>;
}

const LETTERS_PER_CALL = 10;
const CALLS_AT_ONCE = 8;

interface Parcel {
  readonly letters: Letter[];
  readonly owners: Refused[];
  bytes: number;
}

/** Letters are cut as they are sent: 50,000 of them would not fit the memory at once. */
export const quarantine = async (
  refused: readonly Refused[],
  messages: readonly Message[],
  context: LetterContext,
  deadLetters: DeadLetters,
  ledger: Ledger,
  deadline: Deadline,
): Promise<void> => {
  const parcels = parcelsOf(refused, messages, context);
  const worker = async (): Promise<void> => {
    for (const parcel of parcels) {
      // Without time for an answer the letters are not sent: they would come twice.
      if (deadline.remainingMs() <= 0) return;
      const confirmed = await deliver(parcel, deadLetters, deadline);
      parcel.owners.forEach((owner, index) => {
        if (confirmed[index] === true) ledger.quarantined(owner.messageIndex);
      });
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, worker));
};

const deliver = async (
  { letters, bytes }: Parcel,
  deadLetters: DeadLetters,
  deadline: Deadline,
): Promise<readonly boolean[]> => {
  const [only] = letters;
  if (only !== undefined && bytes > LETTER_BYTES_MAX) return [await deadLetters.keep(only, deadline)];
  return deadLetters.send(letters, deadline);
};

/** One generator serves all workers in turn. */
function* parcelsOf(
  refused: readonly Refused[],
  messages: readonly Message[],
  context: LetterContext,
): Generator<Parcel> {
  let parcel: Parcel = { letters: [], owners: [], bytes: 0 };
  let cutter: { readonly messageIndex: number; readonly cut: (refused: Refused) => Letter } | undefined;
  for (const one of [...refused].sort((a, b) => a.messageIndex - b.messageIndex || a.eventIndex - b.eventIndex)) {
    if (cutter?.messageIndex !== one.messageIndex) {
      cutter = { messageIndex: one.messageIndex, cut: letterCutter(messages[one.messageIndex] as Message, context) };
    }
    const letter = cutter.cut(one);
    const bytes = letterBytes(letter);
    if (
      parcel.letters.length === LETTERS_PER_CALL ||
      (parcel.letters.length > 0 && parcel.bytes + bytes > LETTER_BYTES_MAX)
    ) {
      yield parcel;
      parcel = { letters: [], owners: [], bytes: 0 };
    }
    parcel.letters.push(letter);
    parcel.owners.push(one);
    parcel.bytes += bytes;
  }
  if (parcel.letters.length > 0) yield parcel;
}
