/** Writes and reads the attribute `origin` of dead letters. docs/refusals.md describes its members. */

import { gunzipSync, gzipSync } from 'node:zlib';
import {
  type Cut,
  type DeadLetterForm,
  type LetterOrigin,
  type Message,
  type MessageAttribute,
  placeInFirst,
} from '../message.ts';

/** Name of the attribute. */
export const ORIGIN_ATTRIBUTE = 'origin';

/** Bytes of each attribute of a dead letter, at most. Attributes stay easy to read, and leave space for the body. */
export const ATTRIBUTE_BYTES_MAX = 1024;

const FORMS: readonly DeadLetterForm[] = ['text', 'gzip', 'canonical', 'enclosed'];

/** Members of the attribute that describe the dead letter itself. They are not read back. */
export interface LetterNotes {
  /** Measurement of the event; `undefined` if it is unknown. */
  readonly measurement: string | undefined;
  /** Version of the sink that refused the event. */
  readonly sinkVersion: string;
  /** Whether the server may have stored other fields of the line. */
  readonly partlyStored: boolean;
}

/** An attribute of the first message. One of type String is written as its text. */
type WrittenAttribute = string | MessageAttribute;

/** The JSON of the attribute. Its member names are stored and never change. */
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
  readonly cut?: {
    readonly unit?: 'json' | 'line';
    readonly wraps?: number;
    readonly event?: number;
    readonly index?: number;
    readonly levels?: readonly number[];
  };
  readonly partlyStored?: true;
}

/**
 * Returns the origin of one event of a message. If the message is itself a dead letter, the origin is that of the first
 * message.
 */
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
  // A dead letter of a dead letter keeps the first cut, unless an event was extracted again (docs/decisions/0018).
  cut: cut ?? message.origin?.cut,
});

/** Returns the attribute `origin`: JSON in printable ASCII. It may be longer than `ATTRIBUTE_BYTES_MAX`. */
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

const writtenCut = ({ unit, wraps, event, index, levels }: Cut): NonNullable<WrittenOrigin['cut']> => ({
  ...(unit === undefined ? {} : { unit }),
  ...(wraps === 0 ? {} : { wraps }),
  ...(event === undefined ? {} : { event }),
  ...(index === undefined ? {} : { index }),
  ...(levels === undefined ? {} : { levels }),
});

/** Returns JSON in printable ASCII. Other characters become escapes, which JSON parses as the same text. */
export const printable = (json: string): string =>
  json.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Returns a body that contains an origin too long for an attribute (docs/decisions/0004). */
export const enclose = (originText: string, body: string): string =>
  gzipSync(JSON.stringify({ origin: JSON.parse(originText), body })).toString('base64');

/**
 * Restores the first identity of a message that is a dead letter of the sink. Returns any other message unchanged,
 * including one whose attribute `origin` was not written by the sink.
 *
 * @param enclosedBytesMax - Limit of an enclosed body, `SINK_MESSAGE_BYTES_MAX`. Up to twice as many bytes are
 *   decompressed, because the JSON around the body adds escapes and the origin.
 */
export const restoreOrigin = (message: Message, enclosedBytesMax: number): Message => {
  const written = parseOrigin(message.attributes[ORIGIN_ATTRIBUTE]?.value);
  if (written === undefined) return message;
  if (written.form !== 'enclosed') return { ...message, origin: originFrom(written) };
  const enclosed = openEnclosed(message.body, enclosedBytesMax);
  return enclosed === undefined ? message : { ...message, body: enclosed.body, origin: enclosed.origin };
};

/** Whether the body of a message must be decompressed before its origin is known. */
export const isEnclosed = ({ attributes }: Message): boolean =>
  parseOrigin(attributes[ORIGIN_ATTRIBUTE]?.value)?.form === 'enclosed';

/** Parses the attribute. Returns `undefined` if the sink has not written it. */
const parseOrigin = (text: string | undefined): WrittenOrigin | undefined => {
  if (text === undefined || !text.startsWith('{')) return undefined;
  try {
    return checkedOrigin(JSON.parse(text));
  } catch {
    return undefined;
  }
};

/** Last millisecond in which openGemini accepts every nanosecond (corpus: `ts-max`). */
const TIME_MS_MAX = 9_223_372_036_853;
/**
 * Largest valid index of an event. `placeInFirst` adds about 10^10 at most each time that a dead letter is sent back.
 */
const EVENT_INDEX_MAX = 1e12;
/** Levels of events in an origin, at most. No mapping has that many. */
const LEVELS_MAX = 100;

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
  const { unit, wraps = 0, event = 0, index = 0, levels = [] } = value as NonNullable<WrittenOrigin['cut']>;
  return (
    (unit === undefined || unit === 'json' || unit === 'line') &&
    isWhole(wraps, 10) &&
    isWhole(event, EVENT_INDEX_MAX) &&
    isWhole(index, EVENT_INDEX_MAX) &&
    Array.isArray(levels) &&
    levels.length <= LEVELS_MAX &&
    levels.every((at) => isWhole(at, EVENT_INDEX_MAX))
  );
};

/**
 * Validates the JSON of the attribute. Any producer can send such an attribute, and points get
 * times and names from it, so one invalid member makes the whole origin invalid.
 */
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
  cut:
    written.cut === undefined ? undefined : { ...written.cut, unit: written.cut.unit, wraps: written.cut.wraps ?? 0 },
});

/** Decompresses an enclosed body. Returns `undefined` if the sink has not written it. */
const openEnclosed = (body: string, bytesMax: number): { body: string; origin: LetterOrigin } | undefined => {
  try {
    const opened = JSON.parse(gunzipSync(Buffer.from(body, 'base64'), { maxOutputLength: 2 * bytesMax }).toString());
    const origin = checkedOrigin(opened.origin);
    // The form of an enclosed origin is that of the enclosed body. The sink encloses no body twice, so that it could not
    // read a dead letter of such a body again.
    return origin === undefined || origin.form === 'enclosed' || typeof opened.body !== 'string'
      ? undefined
      : { body: opened.body, origin: originFrom(origin) };
  } catch {
    return undefined;
  }
};
