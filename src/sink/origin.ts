/** What a dead letter says of the event it holds, written into and read back from its attribute `origin`. */

import { gunzipSync, gzipSync } from 'node:zlib';
import type { LetterForm, Message, MessageAttribute, Origin } from './message.ts';

export const ORIGIN_ATTRIBUTE = 'origin';

/** Most bytes of one of our attributes: they stay readable, and leave the body its room. */
export const ATTRIBUTE_BYTES_MAX = 1024;

const FORMS: readonly LetterForm[] = ['text', 'gzip', 'canonical', 'enclosed'];

/** Facts about the letter beside where its event came from. */
export interface LetterNotes {
  readonly measurement: string | undefined;
  readonly sinkVersion: string;
  readonly partlyStored: boolean;
}

type WrittenAttribute = string | MessageAttribute;

interface WrittenOrigin {
  readonly messageId: string;
  readonly sentAt: number;
  readonly eventIndex: number;
  readonly firstSeen: number;
  readonly groupId?: string;
  readonly attributes?: Record<string, WrittenAttribute>;
  readonly measurement?: string;
  readonly sinkVersion: string;
  readonly form: LetterForm;
  readonly partlyStored?: true;
}

/** Origin of one event of a message, seen through to the first message when this one is a letter itself. */
export const originOf = (message: Message, eventIndex: number, form: LetterForm): Origin => ({
  messageId: message.origin?.messageId ?? message.id,
  sentAtMs: message.origin?.sentAtMs ?? message.sentAtMs,
  eventIndex: (message.origin?.eventIndex ?? 0) + eventIndex,
  firstReceivedAtMs: message.origin?.firstReceivedAtMs ?? message.firstReceivedAtMs,
  groupId: message.origin?.groupId ?? message.groupId,
  attributes: message.origin?.attributes ?? message.attributes,
  form,
});

export const originJson = (origin: Origin, notes: LetterNotes): string => {
  const attributes = Object.entries(origin.attributes).map(([name, { type, value }]): [string, WrittenAttribute] => [
    name,
    type === 'String' ? value : { type, value },
  ]);
  const written: WrittenOrigin = {
    messageId: origin.messageId,
    sentAt: origin.sentAtMs,
    eventIndex: origin.eventIndex,
    firstSeen: origin.firstReceivedAtMs,
    ...(origin.groupId === undefined ? {} : { groupId: origin.groupId }),
    ...(attributes.length === 0 ? {} : { attributes: Object.fromEntries(attributes) }),
    ...(notes.measurement === undefined ? {} : { measurement: notes.measurement }),
    sinkVersion: notes.sinkVersion,
    form: origin.form,
    ...(notes.partlyStored ? { partlyStored: true } : {}),
  };
  return printable(JSON.stringify(written));
};

/** JSON in ASCII: what is not printable becomes an escape, which JSON reads back as the same text. */
export const printable = (json: string): string =>
  json.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** An origin too long for an attribute travels with the body, packed together. */
export const enclose = (originText: string, body: string): string =>
  gzipSync(JSON.stringify({ origin: JSON.parse(originText), body })).toString('base64');

/**
 * Gives a message that is one of our dead letters its first identity back. Any other message is returned as it is, also
 * one with an attribute of that name that is not ours.
 */
export const restoreOrigin = (message: Message, enclosedBytesMax: number): Message => {
  const written = parseOrigin(message.attributes[ORIGIN_ATTRIBUTE]?.value);
  if (written === undefined) return message;
  if (written.form !== 'enclosed') return { ...message, origin: originFrom(written) };
  const enclosed = openEnclosed(message.body, enclosedBytesMax);
  return enclosed === undefined ? message : { ...message, body: enclosed.body, origin: enclosed.origin };
};

const parseOrigin = (text: string | undefined): WrittenOrigin | undefined => {
  if (text === undefined || !text.startsWith('{')) return undefined;
  try {
    return checkedOrigin(JSON.parse(text));
  } catch {
    return undefined;
  }
};

const checkedOrigin = (value: Partial<WrittenOrigin>): WrittenOrigin | undefined =>
  typeof value.messageId === 'string' &&
  Number.isSafeInteger(value.sentAt) &&
  Number.isSafeInteger(value.eventIndex) &&
  Number.isSafeInteger(value.firstSeen) &&
  typeof value.sinkVersion === 'string' &&
  FORMS.includes(value.form as LetterForm)
    ? (value as WrittenOrigin)
    : undefined;

const originFrom = (written: WrittenOrigin): Origin => ({
  messageId: written.messageId,
  sentAtMs: written.sentAt,
  eventIndex: written.eventIndex,
  firstReceivedAtMs: written.firstSeen,
  groupId: written.groupId,
  attributes: Object.fromEntries(
    Object.entries(written.attributes ?? {}).map(([name, value]) => [
      name,
      typeof value === 'string' ? { type: 'String', value } : value,
    ]),
  ),
  form: written.form,
});

const openEnclosed = (body: string, bytesMax: number): { body: string; origin: Origin } | undefined => {
  try {
    const opened = JSON.parse(gunzipSync(Buffer.from(body, 'base64'), { maxOutputLength: 2 * bytesMax }).toString());
    const origin = checkedOrigin(opened.origin);
    return origin === undefined || typeof opened.body !== 'string'
      ? undefined
      : { body: opened.body, origin: originFrom(origin) };
  } catch {
    return undefined;
  }
};
