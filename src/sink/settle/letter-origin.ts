/** What a dead letter says of the event it holds, written into and read back from its attribute `origin`. */

import { gunzipSync, gzipSync } from 'node:zlib';
import {
  type Cut,
  type DeadLetterForm,
  type LetterOrigin,
  type Message,
  type MessageAttribute,
  placeInFirst,
} from '../message.ts';

export const ORIGIN_ATTRIBUTE = 'origin';

/** Most bytes of one of our attributes: they stay readable, and leave the body its room. */
export const ATTRIBUTE_BYTES_MAX = 1024;

const FORMS: readonly DeadLetterForm[] = ['text', 'gzip', 'canonical', 'enclosed'];

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
  readonly form: DeadLetterForm;
  readonly cut?: { readonly unit?: 'json' | 'line'; readonly wraps?: number };
  readonly partlyStored?: true;
}

/** Origin of one event of a message, seen through to the first message when this one is a letter itself. */
export const originOf = (
  message: Message,
  eventIndex: number,
  form: DeadLetterForm,
  cut: Cut | undefined,
): LetterOrigin => ({
  messageId: message.origin?.messageId ?? message.id,
  sentAtMs: message.origin?.sentAtMs ?? message.sentAtMs,
  eventIndex: placeInFirst(message, eventIndex),
  firstReceivedAtMs: message.origin?.firstReceivedAtMs ?? message.firstReceivedAtMs,
  groupId: message.origin?.groupId ?? message.groupId,
  attributes: message.origin?.attributes ?? message.attributes,
  form,
  // A letter of a letter is what the first one was, unless it was cut again.
  cut: cut ?? message.origin?.cut,
});

export const originJson = (origin: LetterOrigin, notes: LetterNotes): string => {
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
    ...(origin.cut === undefined ? {} : { cut: writtenCut(origin.cut) }),
    ...(notes.partlyStored ? { partlyStored: true } : {}),
  };
  return printable(JSON.stringify(written));
};

const writtenCut = ({ unit, wraps }: Cut): NonNullable<WrittenOrigin['cut']> => ({
  ...(unit === undefined ? {} : { unit }),
  ...(wraps === 0 ? {} : { wraps }),
});

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

/** Whether it says of itself that its body must be opened before anything is known of it. */
export const isEnclosed = ({ attributes }: Message): boolean =>
  parseOrigin(attributes[ORIGIN_ATTRIBUTE]?.value)?.form === 'enclosed';

const parseOrigin = (text: string | undefined): WrittenOrigin | undefined => {
  if (text === undefined || !text.startsWith('{')) return undefined;
  try {
    return checkedOrigin(JSON.parse(text));
  } catch {
    return undefined;
  }
};

/** The last millisecond whose every nanosecond the server takes. */
const TIME_MS_MAX = 9_223_372_036_853;
const EVENT_INDEX_MAX = 1e12;

const isWhole = (value: unknown, max: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;

const isOptionalText = (value: unknown): boolean => value === undefined || typeof value === 'string';

const isAttribute = (value: unknown): boolean => {
  if (typeof value === 'string') return true;
  const { type, value: text } = (value ?? {}) as Partial<MessageAttribute>;
  return typeof type === 'string' && typeof text === 'string';
};

const isCut = (value: unknown): boolean => {
  if (value === undefined) return true;
  if (typeof value !== 'object' || value === null) return false;
  const { unit, wraps = 0 } = value as NonNullable<WrittenOrigin['cut']>;
  return (unit === undefined || unit === 'json' || unit === 'line') && isWhole(wraps, 10);
};

/** Anybody can write such an attribute: what is not wholly ours is none, for times and names are made of it. */
const checkedOrigin = (value: Partial<WrittenOrigin>): WrittenOrigin | undefined =>
  typeof value.messageId === 'string' &&
  isWhole(value.sentAt, TIME_MS_MAX) &&
  isWhole(value.eventIndex, EVENT_INDEX_MAX) &&
  isWhole(value.firstSeen, TIME_MS_MAX) &&
  typeof value.sinkVersion === 'string' &&
  FORMS.includes(value.form as DeadLetterForm) &&
  isOptionalText(value.groupId) &&
  (value.attributes === undefined ||
    (typeof value.attributes === 'object' &&
      value.attributes !== null &&
      Object.values(value.attributes).every(isAttribute))) &&
  isCut(value.cut)
    ? (value as WrittenOrigin)
    : undefined;

const originFrom = (written: WrittenOrigin): LetterOrigin => ({
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
  cut: written.cut === undefined ? undefined : { unit: written.cut.unit, wraps: written.cut.wraps ?? 0 },
});

const openEnclosed = (body: string, bytesMax: number): { body: string; origin: LetterOrigin } | undefined => {
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
