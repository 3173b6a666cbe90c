/** A dead letter as an operator sees it: a message of the dead-letter queue, or one that the state table keeps. */

import { gunzipSync } from 'node:zlib';
import type { Message as SqsMessage } from '@aws-sdk/client-sqs';
import type { KeptLetter } from '../../src/adapters/dynamodb/large-letters.ts';
import type { LetterOrigin, Message, MessageAttribute } from '../../src/sink/message.ts';
import { ORIGIN_ATTRIBUTE, restoreOrigin } from '../../src/sink/settle/letter-origin.ts';

/** A dead letter. */
export interface Letter {
  /** Id of the message in SQS, or the id in the state table. */
  readonly id: string;
  /** Where it is. A letter in the table is too large for a queue. */
  readonly place: 'queue' | 'table';
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  /** The attribute `reason`, or `MOVED_BY_SQS`. */
  readonly reason: string;
  /** The attribute `detail`, or an empty text. */
  readonly detail: string;
  /** Measurement of the event, if it was known. */
  readonly measurement: string | undefined;
  /** When the letter was sent, in ms since 1970; for a message that SQS moved, when it was sent first. */
  readonly sentAtMs: number;
  readonly firstReceivedAtMs: number;
  /** Receives in this queue, including this one. */
  readonly receiveCount: number;
  readonly groupId: string | undefined;
  /** Identifies its event in all letters that are written for it, or the message if the sink did not write it. */
  readonly identity: string;
  /** Whether openGemini may have stored other fields of the line. */
  readonly partlyStored: boolean;
}

/** Reason of messages without the attribute: SQS moved them after too many receives. */
export const MOVED_BY_SQS = 'moved-by-sqs';

/** Bytes to which the tools unpack a body. More than any `SINK_MESSAGE_BYTES_MAX` in use. */
const BODY_BYTES_MAX = 256 * 1024 * 1024;

/** Returns the letter of a received message. */
export const letterOfMessage = (message: SqsMessage): Letter => {
  const { MessageId: id = '', Body: body = '', Attributes: system = {}, MessageAttributes = {} } = message;
  const attributes = Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { DataType = 'String', StringValue, BinaryValue }]) => [
      name,
      { type: DataType, value: StringValue ?? Buffer.from(BinaryValue ?? []).toString('base64') },
    ]),
  );
  return letterOf({
    id,
    place: 'queue',
    body,
    attributes,
    sentAtMs: Number(system.SentTimestamp) || 0,
    firstReceivedAtMs: Number(system.ApproximateFirstReceiveTimestamp) || 0,
    receiveCount: Number(system.ApproximateReceiveCount) || 1,
    groupId: system.MessageGroupId,
  });
};

/** Returns the letter that the state table keeps. */
export const letterOfTable = ({ id, attributes }: KeptLetter, body: string): Letter => {
  const texts = Object.entries(attributes).map(([name, value]) => [name, { type: 'String', value }] as const);
  const letter = letterOf({
    id,
    place: 'table',
    body,
    attributes: Object.fromEntries(texts),
    sentAtMs: 0,
    firstReceivedAtMs: 0,
    receiveCount: 0,
    groupId: undefined,
  });
  // The table has no time of its own. The event was refused soon after its message was received.
  const origin = originOf(letter);
  return { ...letter, sentAtMs: origin?.firstReceivedAtMs ?? 0, firstReceivedAtMs: origin?.firstReceivedAtMs ?? 0 };
};

/** Returns the reason of a letter with these attributes. */
export const reasonOf = (attributes: Letter['attributes']): string => attributes.reason?.value ?? MOVED_BY_SQS;

/** Which letters a command means. Undefined means any. */
export interface LetterChoice {
  readonly reason: string | undefined;
  /** First characters of an id. */
  readonly id: string | undefined;
}

/** Returns whether a letter is meant. */
export const letterFilter =
  ({ reason, id = '' }: LetterChoice) =>
  (letter: Pick<Letter, 'reason' | 'id'>): boolean =>
    (reason === undefined || letter.reason === reason) && letter.id.startsWith(id);

type Raw = Omit<Letter, 'reason' | 'detail' | 'measurement' | 'identity' | 'partlyStored'>;

const letterOf = (raw: Raw): Letter => {
  const notes = notesOf(raw.attributes);
  const { messageId, eventIndex, measurement, partlyStored } = notes;
  return {
    ...raw,
    reason: reasonOf(raw.attributes),
    detail: raw.attributes.detail?.value ?? '',
    measurement: typeof measurement === 'string' ? measurement : undefined,
    identity: messageId === undefined ? raw.id : `${messageId} ${eventIndex}`,
    partlyStored: partlyStored === true,
  };
};

/** Members of the attribute `origin`, whether or not they are valid. */
type Notes = Readonly<Record<string, unknown>>;

const notesOf = (attributes: Letter['attributes']): Notes => {
  try {
    const notes: unknown = JSON.parse(attributes[ORIGIN_ATTRIBUTE]?.value ?? '{}');
    return typeof notes === 'object' && notes !== null ? (notes as Notes) : {};
  } catch {
    return {};
  }
};

/**
 * Returns the message that the function receives when the letter is sent back, with the identity of the first message of
 * its event.
 */
export const messageOf = (letter: Letter): Message => {
  const { id, body, attributes, sentAtMs, firstReceivedAtMs, receiveCount, groupId } = letter;
  const message = { id, body, attributes, sentAtMs, firstReceivedAtMs, receiveCount, groupId, origin: undefined };
  return restoreOrigin(message, BODY_BYTES_MAX);
};

/** Returns the first message of the event, or undefined if the sink did not write the letter. */
export const originOf = (letter: Letter): LetterOrigin | undefined => messageOf(letter).origin;

/** Returns the text of the event, unpacked. An unreadable body is returned as it is. */
export const textOf = (letter: Letter): string => {
  const { body, origin } = messageOf(letter);
  if (origin?.form === 'text' && !body.startsWith('H4sI')) return body;
  try {
    return gunzipSync(Buffer.from(body, 'base64'), { maxOutputLength: BODY_BYTES_MAX }).toString();
  } catch {
    return body;
  }
};
