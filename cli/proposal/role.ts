/** Decides whether a member of sample events becomes a tag or a field, and gives the reason. */

import { decimalIn } from '../../src/sink/values/decimal-text.ts';
import { counted } from '../counted.ts';
import type { Leaf } from './leaves.ts';
import { containsTimes } from './likely-time.ts';

/** Role of a column with its reason, which becomes a comment. */
export interface Role {
  readonly role: 'tag' | 'field';
  readonly reason: string;
  /** Whether the field is a number that is written as text in some events, so that the mapping must convert it. */
  readonly isCoerced: boolean;
  /** Whether only some texts of the field are numbers, so that the mapping must choose a field by the text. */
  readonly isByText?: boolean;
}

/** Objects that have the member. */
export interface Owners {
  readonly objects: number;
  /** Whether they are elements of an array. Otherwise they are bodies. */
  readonly isArray: boolean;
}

const ID = /(?:^|[_-])(?:id|key|code|name|host|serial|mac)$|Id$|ID$/i;
/** Identifiers that may be of an event instead of a device. */
const KEY = /(?:^|[_-])(?:id|key|guid)$|(?:Id|ID|Key|Guid|GUID)$/;
/** Identifiers of what sends events. Two samples often come from two senders, so they stay tags. */
const SENDERS =
  'device|dev|sensor|station|node|gateway|gw|host|meter|machine|asset|site|room|zone|channel|unit|plant|line|vehicle|thing|client|tenant|customer|user|account|app|application|profile|project|location|building|entity|property|server|container|pod|cluster|instance|region';
const SENDER = new RegExp(`(?:${SENDERS})s?[_-]?(?:id|key|guid)$`, 'i');
/** Names of texts that consist of digits and are no measured values. */
const DIGITS = new RegExp(
  `(?:^|[_-])(?:${SENDERS}|floor|port|model|type|version|fw|hw|sw|zip|no|nr)s?$|(?:eui|addr|address|serial(?:[_-]?no)?|number|code|version|firmware|phone|imei|imsi|iccid|msisdn|uuid)$`,
  'i',
);
const FREE_TEXT =
  /(?:message|msg|text|note|remark|title|description|comment|reason|error|url|uri|query|trace|span|request|session|uuid|token|correlation|hash|checksum|signature|nonce|dedup|(?:up|down)link_?id|(?:event|packet|frame|record|transaction|invocation|execution)[_-]?id$)/i;
const PAYLOAD = /(?:^|[_-])(?:data|raw|bytes|blob|body|content)$|payload$/i;
/** Longest text that is rather a tag than a field, in characters. */
export const TAG_LENGTH_MAX = 64;
/** With fewer values, a text is a tag although every event has another value. */
const FEW_VALUES = 10;
/** Digits of an integer that is rather an identifier than a measured value, at least. */
const LONG_INTEGER = 10;

/** Returns the role of a member. Tags identify a series, so a tag must have few values. Measured values are fields. */
export const roleOf = (leaf: Leaf, owners: Owners): Role => {
  const { kinds, values, segments } = leaf;
  const name = segments.at(-1) ?? '';
  if (!leaf.finite) return { role: 'field', reason: 'number, not finite in some events', isCoerced: false };
  if (isNumericText(leaf))
    return { role: 'field', reason: 'number in a text; make it a tag if it is an identifier', isCoerced: true };
  if (isPartlyNumeric(leaf))
    return {
      role: 'field',
      reason: 'number in some texts, and another text in others',
      isCoerced: false,
      isByText: true,
    };
  const found = `${counted(values.size, 'value')} in ${counted(owners.objects, 'event')}`;
  if (!kinds.has('string') && !(kinds.has('number') && ID.test(name) && leaf.fitsTag))
    return { role: 'field', reason: typeReason(kinds), isCoerced: false };
  const reason = reasonAgainstTag(leaf, owners, found);
  if (reason !== undefined) return { role: 'field', reason, isCoerced: false };
  const origin = kinds.has('number') ? 'the name of an identifier' : 'text';
  return { role: 'tag', reason: `${origin}, ${found}`, isCoerced: false };
};

/**
 * Whether all texts of a member are measured numbers. Values that differ, or that have a fraction, show that. A single
 * text of digits, such as the number of a floor, does not.
 */
const isNumericText = (leaf: Leaf): boolean => {
  const texts = [...leaf.values];
  return mayBeMeasured(leaf) && texts.every(isMeasured) && isVaried(texts);
};

/** Whether most texts of a member are measured numbers, and the others are words for a missing number or a state. */
const isPartlyNumeric = (leaf: Leaf): boolean => {
  const numbers = [...leaf.values].filter(isMeasured);
  return leaf.kinds.size === 1 && mayBeMeasured(leaf) && 2 * numbers.length >= leaf.values.size && isVaried(numbers);
};

/** Whether a member has texts that may be numbers, and its name is not that of an identifier. */
const mayBeMeasured = ({ kinds, segments }: Leaf): boolean => {
  const name = segments.at(-1) ?? '';
  const isNamed = ID.test(name) || KEY.test(name) || DIGITS.test(name);
  return kinds.has('string') && !kinds.has('boolean') && !isNamed;
};

/** Whether numbers differ, or one has a fraction. */
const isVaried = (texts: readonly string[]): boolean => texts.length > 1 || texts.some((text) => text.includes('.'));

/** Whether the sink converts a text to a float, and the text is not the number of a thing, such as `007`. */
const isMeasured = (text: string): boolean => {
  const decimal = decimalIn(text);
  if (decimal === undefined || !Number.isFinite(Number(decimal)) || /^-?0\d/.test(decimal)) return false;
  return !/^-?\d+$/.test(decimal) || decimal.replace('-', '').length < LONG_INTEGER;
};

/** Returns why a text or an identifier is no tag, or undefined if it can be one. */
const reasonAgainstTag = (leaf: Leaf, owners: Owners, found: string): string | undefined => {
  const { kinds, values, present, segments } = leaf;
  const name = segments.at(-1) ?? '';
  if (containsTimes(leaf)) return 'a time, which would make every event a series of its own';
  if (!leaf.fitsTag || leaf.longest > TAG_LENGTH_MAX) return 'long text, which would make every series different';
  if ([...values].some((text) => /^\s*[{[]/.test(text))) return 'JSON in a text, which has ever new values';
  if (FREE_TEXT.test(name)) return 'the name of a text with ever new values';
  if (kinds.has('string') && isEncoded(leaf)) return 'encoded bytes, which would make every event a series of its own';
  if (values.size > FEW_VALUES && values.size > present / 2) return `${found}, too many for a tag`;
  if (isOfEvent(leaf, owners)) return 'a new value in every event; make it a tag if it identifies the sender';
  return kinds.size > 1 ? 'values of several types' : undefined;
};

/** Whether an identifier is different in every event, and does not name what sends them. */
const isOfEvent = ({ values, present, segments }: Leaf, { isArray }: Owners): boolean => {
  const name = segments.at(-1) ?? '';
  if (present < 2 || values.size < present || !KEY.test(name)) return false;
  // The name `id` alone belongs to the object around it. In an array it is often the only difference between two events.
  const isShort = /^(?:id|key|guid)$/i.test(name);
  if (isShort && isArray) return false;
  return !SENDER.test(isShort ? segments.slice(-2).join('_') : name);
};

/** Whether the texts are bytes in base64, by their name or their form. */
const isEncoded = ({ values, segments }: Leaf): boolean => {
  const texts = [...values];
  if (!texts.every((text) => /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/.test(text))) return false;
  if (PAYLOAD.test(segments.at(-1) ?? '') || texts.some((text) => text.endsWith('='))) return true;
  return texts.every((text) => text.length >= 16 && [/[a-z]/, /[A-Z]/, /\d/].every((part) => part.test(text)));
};

const typeReason = (kinds: Leaf['kinds']): string => {
  if (kinds.size > 1) return 'values of several types';
  return kinds.has('boolean') ? 'true or false' : 'number';
};
