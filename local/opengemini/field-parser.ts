/** Parses the fields of a line as the server does. */

import { type ByteText, quote } from './byte-text.ts';
import { indexOfUnescaped, indexOfUnquoted, unescapeName, unescapeString } from './line-scan.ts';
import { isFloatShaped, type Parsed, parseFloatLoosely, parseInteger, throughFloat } from './number-token.ts';
import { type Field, KEY_BYTES_MAX, NO_FIELDS, tooLong } from './row.ts';

const parseString = (text: ByteText): Parsed<ByteText> => {
  if (text[0] !== '"') return { value: '' }; // With anything before the opening quote the server loses the whole value.
  if (text.length < 2 || !text.endsWith('"')) {
    return { error: `missing closing quote for quoted field value ${text}` };
  }
  return { value: unescapeString(text.slice(1, -1)) };
};

type Value = Pick<Field, 'type' | 'value'>;

const parseNumber = (text: ByteText): Parsed<Value> => {
  if (text === '') return { error: 'field value cannot be empty' };
  if (text.endsWith('i')) {
    const integer = parseInteger(text.slice(0, -1));
    return 'error' in integer ? integer : { value: { type: 'integer', value: throughFloat(integer.value) } };
  }
  if (text.endsWith('u')) return { error: 'invalid number' };
  if (text.endsWith('f') && text.length > 1) {
    return { value: { type: 'float', value: parseFloatLoosely(text.slice(0, -1)) } };
  }
  if (/^(?:t|T|true|True|TRUE)$/.test(text)) return { value: { type: 'boolean', value: true } };
  if (/^(?:f|F|false|False|FALSE)$/.test(text)) return { value: { type: 'boolean', value: false } };
  if (!isFloatShaped(text)) return { error: 'invalid field value' };
  const value = parseFloatLoosely(text);
  return Number.isFinite(value) ? { value: { type: 'float', value } } : { error: 'invalid number' };
};

const parseValue = (text: ByteText, isString: boolean): Parsed<Value> => {
  if (!isString) return parseNumber(text);
  if (text === '') return { error: 'field value cannot be empty' };
  const string = parseString(text);
  return 'error' in string ? string : { value: { type: 'string', value: string.value } };
};

const parseField = (text: ByteText, lineHasQuotes: boolean): Parsed<Field> => {
  const equals = indexOfUnescaped(text, '=');
  if (equals < 0) return { error: NO_FIELDS };
  const key = unescapeName(text.slice(0, equals));
  if (key === '') return { error: 'field key cannot be empty' };
  if (key.length > KEY_BYTES_MAX) return { error: tooLong('field name is:', key, KEY_BYTES_MAX, key.length) };
  const isString = lineHasQuotes && indexOfUnescaped(text.slice(equals), '"') >= 0;
  const value = parseValue(text.slice(equals + 1), isString);
  if ('error' in value) return { error: `cannot parse field value for ${quote(key)}: ${value.error}` };
  return { value: { key, ...value.value } };
};

/**
 * Parses the fields of a line.
 *
 * @param lineHasQuotes - Whether an unescaped quote occurs after the series. Otherwise the server does not search for
 * strings.
 */
export const parseFields = (text: ByteText, lineHasQuotes: boolean): Parsed<Field[]> => {
  const find = lineHasQuotes ? indexOfUnquoted : indexOfUnescaped;
  const fields: Field[] = [];
  for (let rest = text; ; ) {
    const comma = find(rest, ',');
    const field = parseField(comma < 0 ? rest : rest.slice(0, comma), lineHasQuotes);
    if ('error' in field) return field;
    fields.push(field.value);
    if (comma < 0) return { value: fields };
    rest = rest.slice(comma + 1);
  }
};
