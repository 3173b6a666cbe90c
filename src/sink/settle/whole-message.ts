/** Quarantines a message that must not be looked into: its body as it came, counted as one event. */

import { Ledger } from '../ledger.ts';
import type { Message } from '../message.ts';
import type { DeadLetters, Deadline } from '../ports.ts';
import type { Refusal } from '../refusal.ts';
import type { SinkReport } from '../report.ts';
import { wholeMessageLetter } from './dead-letter.ts';
import { deliverAll } from './quarantine.ts';

export const quarantineWhole = async (
  message: Message,
  refusal: Refusal,
  sinkVersion: string,
  deadLetters: DeadLetters | undefined,
  deadline: Deadline,
): Promise<SinkReport> => {
  const ledger = new Ledger(1);
  ledger.begin(0, 1);
  if (deadLetters !== undefined) {
    const letter = wholeMessageLetter(message, refusal, sinkVersion);
    await deliverAll([{ letter, owner: 0 }], deadLetters, deadline, (index) => ledger.quarantined(index));
  }
  const failed = ledger.isSettled(0) ? [] : [0];
  return {
    ...ledger.close(failed),
    failed,
    valuesAltered: 0,
    implausibleTimes: 0,
    refusals: { [refusal.code]: 1 },
    unwritten: {},
    largestBatch: 0,
  };
};
