/** Kinds of faults of a mapping that only its reader finds, and `mapping.schema.json` does not. */

/** A kind of fault that only the reader finds, with an example that the schema accepts. */
interface ReaderOnly {
  /** Matches the sentences of the reader. */
  readonly sentence: RegExp;
  readonly example: object;
}

const ONE = { version: 1, measurement: 'm', fields: { v: 'v' } };
const withField = (field: object): object => ({ ...ONE, fields: { v: field } });
const WHEN = { path: 'a', exists: true };

/** All kinds of faults that the schema does not express, because they depend on several places, bytes, or data. */
export const READER_ONLY: Readonly<Record<string, ReaderOnly>> = {
  'a name of a level or an opened value that does not exist': {
    sentence: /begins with "\$.*", which is not known/,
    example: withField({ path: '$other.v' }),
  },
  'a key where no level walks an object': {
    sentence: /uses \$key, but no "events"|has the step \$(?:key|index)\b.*, which \$\S+ does not have/,
    example: withField({ path: '$key' }),
  },
  'a name that is defined twice': {
    sentence: /uses the name ".*" a second time/,
    example: {
      ...ONE,
      events: [
        { path: 'a', as: 'x' },
        { path: 'b', as: 'x' },
      ],
    },
  },
  'two columns of one name': {
    sentence: /is also the name of a tag\.|for more than one field\./,
    example: { ...ONE, tags: { v: 'v' } },
  },
  'two rules of one measurement that treat conflicts differently': {
    sentence: /all rules of a measurement need the same\.$/,
    example: {
      version: 1,
      mappings: [
        { when: WHEN, measurement: 'm', fields: { v: 'v' }, conflict: 'suffix' },
        { measurement: 'm', fields: { w: 'w' } },
      ],
    },
  },
  'a column that two rules write differently': {
    sentence: /A column can have one type only\.$/,
    example: {
      version: 1,
      mappings: [
        { ...ONE, version: undefined, when: WHEN },
        { measurement: 'm', fields: { v: { path: 'v', type: 'string' } } },
      ],
    },
  },
  'a rule that takes every event before others': {
    sentence: /has no "when", so it takes every event/,
    example: { version: 1, mappings: [{ drop: true }, { measurement: 'm', fields: { v: 'v' } }] },
  },
  'a rule without a field that overrides "otherFields" of the top': {
    sentence: /must name at least one field/,
    example: { version: 1, otherFields: 'include', mappings: [{ measurement: 'm', otherFields: 'ignore' }] },
  },
  'names that are too long in bytes': {
    sentence: /has \d+ bytes, the limit is|must have at most 255 bytes/,
    example: { ...ONE, measurement: 'é'.repeat(126) },
  },
  'characters that are not ASCII, and half of a surrogate pair': {
    sentence: /lone surrogate|unprintable characters/,
    example: { ...ONE, measurement: 'a\u200bb' },
  },
  'a measurement that its prefix and its default make invalid together': {
    sentence:
      /measurement\.default: (?:a measurement cannot begin with "#"|openGemini reserves|the measurement is empty)/,
    example: { ...ONE, measurement: { path: 'a', prefix: '', default: '#' } },
  },
  'a prefix or a default of a measurement that is invalid after its replacements': {
    sentence: /measurement\.(?:prefix|default) with its replacements: /,
    example: { ...ONE, measurement: { path: 'a', prefix: 'p;', replace: { '/': '_' } } },
  },
  'values of "lookup" without a "type" that have different types': {
    sentence: /lookup\..* must be a number, as the type of the field/,
    example: withField({ path: 'a', lookup: { on: 1, off: 'no' } }),
  },
  'a "default" of another type than its "lookup", or without a name for its type': {
    sentence: /\.default must be .*, as the type of the field|\.default must have a type of "by/,
    example: withField({ path: 'a', lookup: { on: 1 }, default: 'no' }),
  },
  'steps of "decode" in an order that does not work': {
    sentence:
      /decode (?:has a step after|has the step \w+ where there is text|ends with \w+, which gives bytes|changes nothing)/,
    example: withField({ path: 'a', decode: ['base64', 'text', 'json'] }),
  },
  'steps of "mismatch" in an order that does not work, from the third on': {
    sentence: /mismatch has a step after/,
    example: { ...ONE, mismatch: ['coerce', 'omit', 'coerce'] },
  },
  'a zone that does not exist': {
    sentence: /must be an offset such as/,
    example: { ...ONE, timestamp: { path: 't', precision: 'auto', zone: 'Europe/Nowhere' } },
  },
};
