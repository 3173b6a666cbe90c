/**
 * Preset `senml`: converts packs of SenML (RFC 8428). Base fields hold until a later record of the pack changes them, so
 * a pack is one unit. Sums of numbers and times are decimal and exact.
 */

import type { MessageInfo } from '../custom/hooks.ts';
import { addDecimals, compareDecimals, type Decimal, decimalText, multiplyDecimals, parseDecimal } from '../decimal.ts';
import {
  isObject,
  type Json,
  type JsonObject,
  kindOf,
  memberOf,
  numberOf,
  SourceNumber,
  sourceOf,
} from '../json/json.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { type PresetConverter, type PresetEvent, refused } from './preset.ts';

/** Labels that a record may contain. Those of `BASE` hold for later records. */
const REGULAR = ['n', 'u', 't', 'ut', 'v', 'vs', 'vb', 'vd', 's'];
const BASE = ['bn', 'bt', 'bu', 'bv', 'bs', 'bver'];

/**
 * Greatest version that is read, without the bits of known features. RFC 9100 adds 16 to 10 for secondary units, which
 * change no number.
 */
const VERSION_MAX = 10;
const SECONDARY_UNITS = 16;

/** Times below 2^28 s count from the time of the message (RFC 8428, 4.5.3). */
const RELATIVE_BELOW: Decimal = { digits: 2n ** 28n, exponent: 0 };

const NANOS_PER_SECOND: Decimal = { digits: 1n, exponent: 9 };
const NANOS_PER_MS: Decimal = { digits: 1n, exponent: 6 };

/** Values of the base fields that hold for a record, by label, as the pack contains them. */
type Base = Map<string, Json>;

/** Converts a pack: an array of records, or one record. */
export const convertSenml: PresetConverter = (root, message) => {
  const base: Base = new Map();
  return (Array.isArray(root) ? (root as readonly Json[]) : [root]).flatMap((record, index) => {
    if (!isObject(record))
      return [refused(refuse('undecodable', `record ${index}: expected an object, found ${kindOf(record)}`))];
    for (const [label, value] of Object.entries(record)) {
      if (value !== null && (BASE.includes(label) || isUnknownBase(label))) base.set(label, value);
    }
    const kind = kindOfRecord(record);
    if (kind === 'base') return [];
    if (kind === 'unknown') return [refused(refuse('no-mapping', `record ${index}: the object is no record of SenML`))];
    return [eventOf({ record, base, message, place: `record ${index}` })];
  });
};

/** An unknown label that ends with `_` must be understood. If it begins with `b`, it holds for later records, too. */
const isUnknown = (label: string): boolean => label.endsWith('_');
const isUnknownBase = (label: string): boolean => isUnknown(label) && label.startsWith('b');

/**
 * A record with base fields only is no event. An object without any label of SenML is no record, nor is one with base
 * fields and an array or object, such as the pack `{"bn":"a","e":[...]}` of the drafts before RFC 8428.
 */
const kindOfRecord = (record: JsonObject): 'event' | 'base' | 'unknown' => {
  const labels = Object.keys(record);
  if (labels.some((label) => REGULAR.includes(label) || (isUnknown(label) && !isUnknownBase(label)))) return 'event';
  if (!labels.some((label) => BASE.includes(label) || isUnknownBase(label))) return 'unknown';
  return labels.some((label) => !BASE.includes(label) && isContainer(record[label])) ? 'unknown' : 'base';
};

const isContainer = (value: Json | undefined): boolean => Array.isArray(value) || isObject(value);

/** A record with everything that its meaning depends on. */
interface RecordContext {
  readonly record: JsonObject;
  readonly base: Base;
  readonly message: MessageInfo;
  readonly place: string;
}

const eventOf = (context: RecordContext): PresetEvent => {
  const fault = versionFault(context) ?? labelFault(context);
  if (fault !== undefined) return refused(fault);
  const name = nameOf(context);
  if (isRefusal(name)) return refused(name);
  const unit = textOf(context, memberOf(context.record, 'u') === undefined ? 'bu' : 'u');
  if (isRefusal(unit)) return refused(unit);
  const fields = fieldsOf(context);
  if (isRefusal(fields)) return refused(fields);
  const time = timeOf(context);
  if (isRefusal(time)) return refused(time);
  return {
    kind: 'point',
    event: {
      measurement: 'senml',
      tags: unit === '' ? { name } : { name, unit },
      fields,
      ...(time === undefined ? {} : { timestamp: time }),
    },
  };
};

/** Returns the value that holds for a record under a label. */
const found = ({ record, base }: RecordContext, label: string): Json | undefined =>
  BASE.includes(label) ? base.get(label) : memberOf(record, label);

const mismatch = ({ place }: RecordContext, label: string, expected: string, value: Json): Refusal =>
  refuse('field-type', `${place}.${label}: expected ${expected}, found ${kindOf(value)}`);

const versionFault = (context: RecordContext): Refusal | undefined => {
  const version = found(context, 'bver');
  if (version === undefined) return undefined;
  if (typeof version !== 'number' && !(version instanceof SourceNumber))
    return mismatch(context, 'bver', 'a number', version);
  const base = numberOf(version) > VERSION_MAX ? numberOf(version) - SECONDARY_UNITS : numberOf(version);
  return base > VERSION_MAX || base < 1
    ? refuse('no-mapping', `${context.place}: the version of SenML (bver) is greater than ${VERSION_MAX}`)
    : undefined;
};

const labelFault = ({ record, base, place }: RecordContext): Refusal | undefined => {
  const label = [...Object.keys(record), ...base.keys()].find(isUnknown);
  return label === undefined
    ? undefined
    : refuse(
        'no-mapping',
        `${place}: a label that ends with "_" must be understood (RFC 8428), and "${label}" is not known`,
      );
};

/** Returns a text; an empty one if it is absent. */
const textOf = (context: RecordContext, label: string): string | Refusal => {
  const value = found(context, label) ?? '';
  return typeof value === 'string' ? value : mismatch(context, label, 'text', value);
};

const nameOf = (context: RecordContext): string | Refusal => {
  const base = textOf(context, 'bn');
  if (isRefusal(base)) return base;
  const own = textOf(context, 'n');
  if (isRefusal(own)) return own;
  return base + own === ''
    ? refuse('tag-missing', `${context.place}: the record has no name (n), and no base name (bn) holds for it`)
    : base + own;
};

/** Fields that are no numbers, by label. */
const PLAIN = [
  ['vs', 'stringValue', 'string'],
  ['vb', 'boolValue', 'boolean'],
  ['vd', 'dataValue', 'string'],
] as const;

const fieldsOf = (context: RecordContext): JsonObject | Refusal => {
  const fields: Record<string, Json> = {};
  const isValueless = !['v', 'vs', 'vb', 'vd', 's'].some((label) => found(context, label) !== undefined);
  for (const [label, base, name] of [
    ['v', 'bv', 'value'],
    ['s', 'bs', 'sum'],
  ] as const) {
    // In a record without any value, a base value alone is the value: the missing one counts as zero.
    const isGiven = found(context, label) !== undefined || (isValueless && found(context, base) !== undefined);
    const sum = isGiven ? sumOf(context, [base, label]) : undefined;
    if (isRefusal(sum)) return sum;
    if (sum !== undefined) fields[name] = sum.decimal === undefined ? sum.double : Number(decimalText(sum.decimal));
  }
  for (const [label, name, type] of PLAIN) {
    const value = found(context, label);
    if (value === undefined) continue;
    if (typeof value !== type) return mismatch(context, label, type === 'string' ? 'text' : 'a boolean', value);
    fields[name] = value;
  }
  return fields;
};

/** A sum. It has no decimal if a number is not finite, or beyond the limits of `parseDecimal`. */
interface Sum {
  readonly decimal: Decimal | undefined;
  readonly double: number;
}

const ZERO: Decimal = { digits: 0n, exponent: 0 };

/** Adds the numbers that are present. */
const sumOf = (context: RecordContext, labels: readonly string[]): Sum | Refusal => {
  let sum: Sum = { decimal: ZERO, double: 0 };
  for (const label of labels) {
    const value = found(context, label);
    if (value === undefined) continue;
    if (typeof value !== 'number' && !(value instanceof SourceNumber))
      return mismatch(context, label, 'a number', value);
    const decimal = parseDecimal(sourceOf(value));
    sum = {
      decimal: decimal === undefined || sum.decimal === undefined ? undefined : addDecimals(sum.decimal, decimal),
      double: sum.double + numberOf(value),
    };
  }
  return sum;
};

/** Returns nanoseconds since 1970 as text; `undefined` for the time of the message. */
const timeOf = (context: RecordContext): string | undefined | Refusal => {
  const sum = sumOf(context, ['bt', 't']);
  if (isRefusal(sum)) return sum;
  if (sum.decimal === undefined)
    return refuse('timestamp-range', `${context.place}: the time is not a number in range`);
  if (sum.decimal.digits === 0n) return undefined;
  const nanos = multiplyDecimals(sum.decimal, NANOS_PER_SECOND);
  if (compareDecimals(sum.decimal, RELATIVE_BELOW) >= 0) return decimalText(nanos);
  const sentAt = multiplyDecimals({ digits: BigInt(Math.floor(context.message.sentAtMs)), exponent: 0 }, NANOS_PER_MS);
  return decimalText(addDecimals(sentAt, nanos));
};
