/** Parses one line of line protocol as the server does. */

import { type ByteText, quote, trimSpace } from './byte-text.ts';
import { parseFields } from './field-parser.ts';
import { indexOfUnescaped, indexOfUnquoted, unescapeName } from './line-scan.ts';
import { type Parsed, parseInteger } from './number-token.ts';
import { KEY_BYTES_MAX, NO_FIELDS, type Row, type Tag, tooLong } from './row.ts';

const MEASUREMENT_BYTES_MAX = 250;
const TAG_VALUE_BYTES_MAX = 65_536;

/** Error text of the server for a line that looks like an HTTP request. */
const HTTP_ON_TCP_PORT =
  'please switch from tcp to http protocol for data ingestion; do not set `-influxListenAddr` command-line flag, since it is needed for tcp protocol only';

const parseTag = (text: ByteText): Parsed<Tag> => {
  const equals = indexOfUnescaped(text, '=');
  if (equals < 0) return { error: `missing tag value for ${quote(text)}` };
  const key = unescapeName(text.slice(0, equals));
  if (key.length > KEY_BYTES_MAX) return { error: tooLong('tag name is:', key, KEY_BYTES_MAX, key.length) };
  const value = unescapeName(text.slice(equals + 1));
  if (value.length > TAG_VALUE_BYTES_MAX) {
    return { error: tooLong('tag value for tag named: ', key, TAG_VALUE_BYTES_MAX, value.length) };
  }
  return { value: [key, value] };
};

const parseTags = (text: ByteText): Parsed<Tag[]> => {
  const tags: Tag[] = [];
  for (let rest = text; ; ) {
    const comma = indexOfUnescaped(rest, ',');
    const tag = parseTag(comma < 0 ? rest : rest.slice(0, comma));
    if ('error' in tag) return tag;
    if (tag.value[0] !== '' && tag.value[1] !== '') tags.push(tag.value); // The server drops tags with an empty key or value without an error.
    if (comma < 0) break;
    rest = rest.slice(comma + 1);
  }
  return { value: tags.sort(([a], [b]) => (a < b ? -1 : Number(a > b))) };
};

const parseTimestamp = (text: ByteText): Parsed<bigint | undefined> => {
  const digits = trimSpace(text);
  if (digits === '') return { value: undefined };
  const integer = /^\d+$/.test(digits) ? parseInteger(digits) : { error: 'bad timestamp' };
  if (!('error' in integer)) return integer;
  return {
    error: text.startsWith('HTTP/') ? HTTP_ON_TCP_PORT : `cannot parse timestamp ${quote(text)}: ${integer.error}`,
  };
};

const parseSeries = (text: ByteText): Parsed<Pick<Row, 'measurement' | 'tags'>> => {
  const comma = indexOfUnescaped(text, ',');
  const tags = comma < 0 ? { value: [] } : parseTags(text.slice(comma + 1));
  if ('error' in tags) return tags;
  const measurement = unescapeName(comma < 0 ? text : text.slice(0, comma));
  if (measurement.length > MEASUREMENT_BYTES_MAX) {
    return { error: tooLong('measurement name is :', measurement, MEASUREMENT_BYTES_MAX, measurement.length) };
  }
  return { value: { measurement, tags: tags.value } };
};

/** Parses a line without its newline. The line must not be empty or a comment. */
export const parseLine = (line: ByteText): Parsed<Row> => {
  const text = line.replace(/^[ \t\0]+/, '');
  const seriesEnd = indexOfUnescaped(text, ' ');
  if (seriesEnd < 0) return { error: NO_FIELDS };
  const series = parseSeries(text.slice(0, seriesEnd));
  if ('error' in series) return series;

  const rest = text.slice(seriesEnd + 1).replace(/^ +/, '');
  const hasQuotes = indexOfUnescaped(rest, '"') >= 0;
  const fieldsEnd = (hasQuotes ? indexOfUnquoted : indexOfUnescaped)(rest, ' ');
  const fields = parseFields(fieldsEnd < 0 ? rest : rest.slice(0, fieldsEnd), hasQuotes);
  if ('error' in fields) {
    return fieldsEnd >= 0 && rest.startsWith('HTTP/', fieldsEnd + 1) ? { error: HTTP_ON_TCP_PORT } : fields;
  }
  const timestamp = fieldsEnd < 0 ? { value: undefined } : parseTimestamp(rest.slice(fieldsEnd + 1).replace(/^ +/, ''));
  if ('error' in timestamp) return timestamp;
  return { value: { ...series.value, fields: fields.value, timestamp: timestamp.value } };
};
