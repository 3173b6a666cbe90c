/** What an operator can do about each reason, in one sentence. docs/refusals.md has an example of each. */

import type { RefusalCode } from '../../src/sink/refusal.ts';
import { MOVED_BY_SQS } from './letter.ts';

const REMEDIES: Readonly<Record<RefusalCode | typeof MOVED_BY_SQS, string>> = {
  undecodable: 'Correct the producer, or set SINK_INPUT if bodies have a form that is not detected.',
  'not-telemetry': 'Visit the address in SubscribeURL to confirm the subscription, then purge this letter.',
  'payload-elsewhere': 'Let the producer send the payload itself, because the sink reads nothing from S3.',
  'too-large': 'Send smaller messages, or name the members that you need instead of "*".',
  'no-events': 'Correct the path of "events". If the array may be absent, set "missing": "ignore".',
  'no-mapping': 'Add a mapping for such events, or a rule with "drop": true to leave them out.',
  'no-fields': 'Correct the paths of the fields; often a member was renamed.',
  'measurement-missing': 'Add a default to the measurement, or correct the producer.',
  'tag-missing': 'Correct the producer, remove "required", or add a default.',
  'timestamp-missing': 'Correct the producer, or take the time of the message with "missing": "message".',
  'timestamp-range': 'Correct the precision of the timestamp; for devices without a clock set "invalid": "message".',
  'timestamp-format': 'Correct the precision or the producer, or set "zone" if only the zone is missing.',
  'field-type':
    'Correct the producer, set "mismatch": "coerce" or "omit" beside "fields" for all fields of the mapping, or name a field for each type with "byType".',
  'not-finite': 'Correct the producer, or leave out such fields with "nonFinite": "omit".',
  'integer-range': 'Map the number as text ("type": "string" with "mismatch": "coerce"), which keeps all digits.',
  'reserved-name': 'Rename the column in the mapping, leave it out with "except", or set "names": "repair".',
  'name-characters': 'Correct the producer, or set "names": "repair".',
  'name-too-long': 'Shorten the name in the mapping or at the producer.',
  'tag-too-long': 'Map a long text to a field instead of a tag.',
  'line-too-long': 'Shorten the text at the producer, or leave it out of the mapping.',
  'duplicate-name': 'Rename one of the two columns, or give the members of "*" a prefix.',
  'database-not-allowed': 'If the name is correct, add it to the "allow" list.',
  'converter-error': 'Correct the function of your own code that the detail names.',
  'type-conflict':
    'Set "conflict" beside "fields" in the mapping, write the value under another name, or correct the producer.',
  expired: 'The event is older than the retention policy keeps. If that is right, purge this letter.',
  'time-outside-range': 'The server accepts only a range of times. If the time is right, purge this letter.',
  'measurement-refused': 'Rename the measurement, or ask the operator of the server.',
  'line-refused': 'Read the detail, which is the text of the server.',
  'server-error': 'Read the log of the server, correct it or the event, and redrive the letter.',
  unfinished: 'Read the log of the ingest function; raise memoryMb or timeoutSeconds if they were too small.',
  [MOVED_BY_SQS]:
    'SQS itself moved this message after too many receives. Find out why invocations failed, then redrive it.',
};

/** Returns the remedy for a reason. A newer version of the sink may write reasons that this version does not know. */
export const remedyFor = (reason: string): string =>
  Object.hasOwn(REMEDIES, reason) ? REMEDIES[reason as RefusalCode] : 'This version does not know the reason.';
