/**
 * Rules of openGemini for names and tag values, and their escapes in line protocol. The rules are those of its parser
 * (`lib/util/lifted/vm/protoparser/influx/parser.go`) and of its validation of new measurements
 * (`lib/util/lifted/influx/meta/validator.go`). The sink refuses names that break a rule, because the server drops such
 * lines silently or stores them under another name.
 */

import { type Refusal, refuse } from '../refusal.ts';

/** Bytes of a measurement, at most (corpus: `mst-251`). */
export const MEASUREMENT_BYTES_MAX = 250;
/** Bytes of the name of a tag or field, at most (corpus: `tagkey-256`). */
export const KEY_BYTES_MAX = 255;

/** Kind of thing that a name belongs to. */
export type NameRole = 'measurement' | 'tag' | 'field';

// C0 and DEL. The server accepts some of them in names and then groups queries wrongly. It strips others from the front
// of a measurement. In an error header they make the whole response unreadable (corpus: `mst-control-char`).
const CONTROL = /[\x00-\x1f\x7f]/;

// The complement of Go's unicode.IsPrint, which the server applies when it creates a measurement: letters, marks,
// numbers, punctuation, symbols and the ASCII space are printable.
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

// The server applies this too when it creates a measurement (corpus: `mst-slash`, `mst-semicolon`,
// `mst-escaped-comma`).
const MEASUREMENT_FORBIDDEN = /[,;/\\]/;

/**
 * Validates a name. Returns a refusal, or `undefined` if the name is valid.
 *
 * The server silently drops a field named `time`, and drops a tag of that name from its point (corpus:
 * `field-key-time-dropped`, `tag-key-time`).
 *
 * @param where - Place in the event or the mapping, for the refusal.
 */
export const checkName = (role: NameRole, name: string, where: string): Refusal | undefined => {
  if (name === '') return emptyName(role, where);
  const fault = characterFault(role, name);
  if (fault !== undefined) return refuse('name-characters', `${where}: ${fault}`);
  if (role === 'measurement' ? name === '.' || name === '..' : name === 'time') {
    return refuse('reserved-name', `${where}: openGemini reserves the name "${name}" for itself`);
  }
  const max = role === 'measurement' ? MEASUREMENT_BYTES_MAX : KEY_BYTES_MAX;
  const bytes = Buffer.byteLength(name);
  if (bytes > max) return refuse('name-too-long', `${where}: the ${role} name has ${bytes} bytes, the limit is ${max}`);
  return undefined;
};

const emptyName = (role: NameRole, where: string): Refusal =>
  role === 'measurement'
    ? refuse('measurement-missing', `${where}: the measurement is empty`)
    : refuse('name-characters', `${where}: the ${role} name is empty`);

const characterFault = (role: NameRole, name: string): string | undefined => {
  if (CONTROL.test(name)) return `a ${role} name cannot contain line breaks or other control characters`;
  if (!name.isWellFormed()) return `a ${role} name cannot contain a lone surrogate`;
  if (role === 'field' && name.includes('"')) return 'a field name cannot contain a double quote';
  if (role !== 'measurement') return undefined;
  if (name.startsWith('#'))
    return 'a measurement cannot begin with "#", because the server reads such a line as a comment';
  if (MEASUREMENT_FORBIDDEN.test(name)) return 'a measurement cannot contain any of , ; / \\';
  if (UNPRINTABLE.test(name)) return 'a measurement cannot contain unprintable characters';
  return undefined;
};

/**
 * Validates a tag value. Returns a refusal, or `undefined` if the value is valid. Its length is limited together with
 * that of all tags (`SERIES_BYTES_MAX`).
 */
export const checkTagValue = (value: string, where: string): Refusal | undefined => {
  if (CONTROL.test(value)) {
    return refuse('name-characters', `${where}: a tag value cannot contain line breaks or other control characters`);
  }
  if (!value.isWellFormed()) return refuse('name-characters', `${where}: a tag value cannot contain a lone surrogate`);
  return undefined;
};

/**
 * Bytes of the name of a database or retention policy, at most. openGemini counts characters
 * (`lib/metaclient/meta_client.go`: fewer than 256), and then cannot create a folder of this name.
 */
const DATABASE_BYTES_MAX = 255;

/**
 * Validates the name of a database or retention policy (`lib/util/lifted/influx/meta/validator.go`). Returns the end of
 * a sentence about the fault, or `undefined` if the name is valid.
 */
export const databaseNameFault = (name: string): string | undefined => {
  if (name === '') return 'must not be empty';
  if (/[,:;./\\]/.test(name) || UNPRINTABLE.test(name))
    return 'must not contain any of , : ; . / \\ or unprintable characters';
  return Buffer.byteLength(name) > DATABASE_BYTES_MAX ? `must have at most ${DATABASE_BYTES_MAX} bytes` : undefined;
};

const ESCAPED_IN_NAMES = /[\\ ,=]/g;

/**
 * Escapes a name or tag value: backslash, space, comma and equals sign get a backslash. InfluxDB does not escape the
 * backslash; openGemini halves two of them (corpus: `esc-tag-double-backslash`).
 */
export const escapeName = (name: string): string => name.replace(ESCAPED_IN_NAMES, '\\$&');

const ESCAPED_IN_STRINGS = /[\\"]/g;

/**
 * Escapes a string field value, without the quotes around it. It must not contain a line break, because line protocol
 * has no escape for it (corpus: `string-newline-injection-SILENT`).
 */
export const escapeString = (value: string): string => value.replace(ESCAPED_IN_STRINGS, '\\$&');
