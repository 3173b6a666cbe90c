/**
 * The typed builder of a mapping: functions take the place of paths. It creates a mapping rule, so that the same
 * encoders convert its events: the fast path, and the point converter for values that need validation.
 */

import { repeatedNames } from './column-conflicts.ts';
import {
  DEFAULT_POLICY,
  type FieldRule,
  type FieldType,
  type Mapping,
  type MappingRule,
  PRECISIONS,
  type Precision,
  type TagRule,
} from './mapping.ts';
import { checkName, checkTagValue, type NameRole } from './name-rules.ts';
import type { Path } from './path.ts';

/** No value: the tag or field is left out. */
type Absent = null | undefined;

/** Treatment of a tag without a value. */
export interface TagOptions {
  /** Value if the function returns none; not empty. */
  readonly default?: string;
  /** Whether an event without a value is refused. By default the tag is left out. */
  readonly required?: boolean;
}

/** Treatment of an event without a time. */
export interface TimestampOptions {
  /** Refuse the event, which is the default, or give it the time of its message. */
  readonly missing?: 'refuse' | 'message';
}

/** Result of a builder, for events of any type. */
export interface BuiltConverter {
  /** The mapping that the functions stand for. */
  readonly mapping: Mapping;
}

/**
 * A converter under construction, for events of the type `T`. It is immutable: each method returns a new builder. The
 * functions receive one event and must be pure. If one throws, only its event is refused (`converter-error`).
 */
export interface LineConverterBuilder<T> extends BuiltConverter {
  /** Adds a tag. Numbers must be safe integers or have at most 15 digits, because a double keeps no more. */
  tag(
    name: string,
    read: (event: T) => string | number | bigint | boolean | Absent,
    options?: TagOptions,
  ): LineConverterBuilder<T>;
  /** Adds a field of type float. NaN and infinite values refuse the event. */
  float(name: string, read: (event: T) => number | Absent): LineConverterBuilder<T>;
  /** Adds a field of type integer, from -(2^53-1) to 2^53-1. A number with a fraction refuses the event. */
  integer(name: string, read: (event: T) => number | bigint | Absent): LineConverterBuilder<T>;
  /** Adds a field of type boolean. */
  boolean(name: string, read: (event: T) => boolean | Absent): LineConverterBuilder<T>;
  /** Adds a field of type string. A line break is written as the two characters `\n`, and counted. */
  string(name: string, read: (event: T) => string | Absent): LineConverterBuilder<T>;
  /** Sets the time. Without this call, points get the time of their message. */
  timestamp(read: (event: T) => Date | Absent, options?: TimestampOptions): LineConverterBuilder<T>;
  /** Sets the time from text according to RFC 3339. */
  timestamp(
    read: (event: T) => string | Absent,
    precision: 'iso8601',
    options?: TimestampOptions,
  ): LineConverterBuilder<T>;
  /**
   * Sets the time from a number or its digits as text. A double keeps 15 digits, which is too few for nanoseconds:
   * return these as `bigint` or text.
   */
  timestamp(
    read: (event: T) => number | bigint | string | Absent,
    precision: Exclude<Precision, 'iso8601'>,
    options?: TimestampOptions,
  ): LineConverterBuilder<T>;
}

/**
 * Begins a converter for events of the type `T`.
 *
 * @param measurement - Measurement of all points, or a function that returns the measurement of an event.
 * @throws TypeError for a name that openGemini does not accept, as every method of the builder does.
 * @example
 * interface Reading { device: { id: string }; temperature: number; at: number }
 * const converter = lineConverter<Reading>('telemetry')
 *   .tag('device', (reading) => reading.device.id)
 *   .float('temperature', (reading) => reading.temperature)
 *   .timestamp((reading) => reading.at, 'ms');
 */
export const lineConverter = <T>(measurement: string | ((event: T) => string | Absent)): LineConverterBuilder<T> =>
  new Builder<T>({
    ...DEFAULT_POLICY,
    when: undefined,
    also: false,
    events: [],
    database: undefined,
    retentionPolicy: undefined,
    measurement:
      typeof measurement === 'string'
        ? { constant: checked('measurement', measurement) }
        : { paths: [computed('measurement', measurement)], prefix: '', default: undefined },
    timestamp: undefined,
    tags: [],
    tagsFrom: [],
    fields: [],
    fieldsFrom: [],
    otherFields: undefined,
    onlyDefaults: false,
    noFields: 'refuse',
    conflict: 'refuse',
  });

/** Whether a value is a builder, whichever copy of the library created it. */
export const isLineConverterBuilder = (value: object): value is BuiltConverter =>
  'mapping' in value && 'tag' in value && 'timestamp' in value;

const checked = (role: NameRole, name: string): string => {
  const fault = typeof name === 'string' ? checkName(role, name, `${role} ${JSON.stringify(name)}`) : undefined;
  if (fault !== undefined) throw new TypeError(fault.detail);
  if (typeof name !== 'string') throw new TypeError(`The name of a ${role} must be text, got ${typeof name}.`);
  return name;
};

/** Programs in JavaScript have no compiler that finds a misspelled option. */
const checkOptions = (where: string, options: object, known: readonly string[]): void => {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`${where} has no option "${unknown}". Known options: ${known.join(', ')}.`);
};

/** Returns a path that calls a function. */
const computed = <T>(where: string, read: (event: T) => unknown): Path => {
  if (typeof read !== 'function') throw new TypeError(`${where} must have a function that reads it from an event.`);
  return { root: 'code', segments: [], text: 'its function', read: read as (event: unknown) => unknown, column: where };
};

class Builder<T> implements LineConverterBuilder<T> {
  readonly mapping: Mapping;
  readonly #rule: MappingRule;

  constructor(rule: MappingRule) {
    const [repeated] = repeatedNames(rule);
    if (repeated !== undefined) throw new TypeError(`The name "${repeated}" is used by two tags or fields.`);
    this.#rule = rule;
    this.mapping = { open: [], events: [], rules: [rule], readsCode: true };
  }

  tag(name: string, read: (event: T) => unknown, options: TagOptions = {}): Builder<T> {
    const where = `tag "${checked('tag', name)}"`;
    checkOptions(where, options, ['default', 'required']);
    const { default: fallback, required = false } = options;
    const fault = fallback === '' ? 'must not be empty' : checkTagValue(fallback ?? '', where)?.detail;
    if (fault !== undefined) throw new TypeError(`The default of ${where} is invalid: ${fault}.`);
    const tag: TagRule = { name, paths: [computed(where, read)], default: fallback, required };
    return this.#with({ tags: [...this.#rule.tags, tag].sort((a, b) => (a.name < b.name ? -1 : 1)) });
  }

  float(name: string, read: (event: T) => unknown): Builder<T> {
    return this.#field(name, 'float', read);
  }

  integer(name: string, read: (event: T) => unknown): Builder<T> {
    return this.#field(name, 'integer', read);
  }

  boolean(name: string, read: (event: T) => unknown): Builder<T> {
    return this.#field(name, 'boolean', read);
  }

  string(name: string, read: (event: T) => unknown): Builder<T> {
    return this.#field(name, 'string', read);
  }

  timestamp(
    read: (event: T) => unknown,
    precisionOrOptions: Precision | TimestampOptions = 'ms',
    options: TimestampOptions = {},
  ): Builder<T> {
    const [precision, chosen] =
      typeof precisionOrOptions === 'object' ? (['ms', precisionOrOptions] as const) : [precisionOrOptions, options];
    checkOptions('timestamp', chosen, ['missing']);
    const { missing = 'refuse' } = chosen;
    if (!PRECISIONS.includes(precision))
      throw new TypeError(
        `The precision of the timestamp must be one of ${PRECISIONS.join(', ')}, got ${JSON.stringify(precision)}.`,
      );
    if (missing !== 'refuse' && missing !== 'message')
      throw new TypeError(`"missing" of the timestamp must be refuse or message, got ${JSON.stringify(missing)}.`);
    const paths = [computed('timestamp', (event: T) => timeValue(read(event), precision))];
    return this.#with({ timestamp: { paths, precision, missing } });
  }

  #field(name: string, type: FieldType, read: (event: T) => unknown): Builder<T> {
    const where = `field "${checked('field', name)}"`;
    const field: FieldRule = { name, paths: [computed(where, read)], type, byType: undefined };
    return this.#with({ fields: [...this.#rule.fields, field] });
  }

  #with(changes: Partial<MappingRule>): Builder<T> {
    return new Builder<T>({ ...this.#rule, ...changes });
  }
}

/** Returns a date in the precision of the timestamp, and any other value unchanged. */
const timeValue = (value: unknown, precision: Precision): unknown => {
  if (!(value instanceof Date)) return value;
  const ms = value.getTime();
  if (Number.isNaN(ms)) throw new RangeError('the date is invalid');
  if (precision === 'iso8601') return value.toISOString();
  if (precision === 's') return ms / 1_000;
  // A double has too few digits for smaller units.
  return precision === 'ms' ? ms : `${ms}${precision === 'us' ? '000' : '000000'}`;
};
