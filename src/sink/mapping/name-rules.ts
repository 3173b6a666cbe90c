/**
 * What openGemini takes as a name or a tag value, and how it is written on the wire. The rules are those of its parser
 * and of its check for new measurements; whatever breaks one of them is refused here, because the server drops such
 * lines without a word or writes them under another name.
 */

import { type Refusal, refuse } from '../refusal.ts';

export const MEASUREMENT_BYTES_MAX = 250;
export const KEY_BYTES_MAX = 255;

export type NameRole = 'measurement' | 'tag' | 'field';

// C0 and DEL. The server takes some of them and then groups its queries wrongly; others it strips from the front.
const CONTROL = /[\x00-\x1f\x7f]/;

// Go's unicode.IsPrint, which the server asks when it creates a measurement: letters, marks, numbers, punctuation,
// symbols and the ASCII space.
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

const MEASUREMENT_FORBIDDEN = /[,;/\\]/;

/** Says what is wrong with a name, or undefined. `where` names the place in the event or the mapping. */
export const checkName = (role: NameRole, name: string, where: string): Refusal | undefined => {
  if (name === '') return emptyName(role, where);
  const fault = characterFault(role, name);
  if (fault !== undefined) return refuse('name-characters', `${where}: ${fault}`);
  if (role === 'measurement' ? name === '.' || name === '..' : name === 'time') {
    return refuse('reserved-name', `${where}: openGemini reserves the name "${name}" for itself`);
  }
  const max = role === 'measurement' ? MEASUREMENT_BYTES_MAX : KEY_BYTES_MAX;
  const bytes = Buffer.byteLength(name);
  if (bytes > max)
    return refuse('name-too-long', `${where}: the ${role} name has ${bytes} bytes, at most ${max} are taken`);
  return undefined;
};

const emptyName = (role: NameRole, where: string): Refusal =>
  role === 'measurement'
    ? refuse('measurement-missing', `${where}: the measurement is empty`)
    : refuse('name-characters', `${where}: the ${role} name is empty`);

const characterFault = (role: NameRole, name: string): string | undefined => {
  if (CONTROL.test(name)) return `a ${role} name cannot hold line breaks or other control characters`;
  if (!name.isWellFormed()) return `a ${role} name cannot hold a lone surrogate`;
  if (role === 'field' && name.includes('"')) return 'a field name cannot hold a double quote';
  if (role !== 'measurement') return undefined;
  if (name.startsWith('#')) return 'a measurement cannot begin with "#", the server takes such a line for a comment';
  if (MEASUREMENT_FORBIDDEN.test(name)) return 'a measurement cannot hold any of , ; / \\';
  if (UNPRINTABLE.test(name)) return 'a measurement cannot hold unprintable characters';
  return undefined;
};

/** Says what is wrong with a tag value, or undefined. Its length is bounded by that of all tags together. */
export const checkTagValue = (value: string, where: string): Refusal | undefined => {
  if (CONTROL.test(value)) {
    return refuse('name-characters', `${where}: a tag value cannot hold line breaks or other control characters`);
  }
  if (!value.isWellFormed()) return refuse('name-characters', `${where}: a tag value cannot hold a lone surrogate`);
  return undefined;
};

/** openGemini keeps names of databases and retention policies shorter than this. */
const DATABASE_CHARACTERS_MAX = 255;

/** What is wrong with the name of a database or retention policy, as the end of a sentence (`meta/validator.go`). */
export const databaseNameFault = (name: string): string | undefined => {
  if (name === '') return 'must not be empty';
  if (/[,:;./\\]/.test(name) || UNPRINTABLE.test(name))
    return 'must not hold any of , : ; . / \\ nor unprintable characters';
  return name.length > DATABASE_CHARACTERS_MAX ? `must have at most ${DATABASE_CHARACTERS_MAX} characters` : undefined;
};

const ESCAPED_IN_NAMES = /[\\ ,=]/g;

/** Names and tag values: backslash, space, comma and equals sign get a backslash (InfluxDB leaves the first alone). */
export const escapeName = (name: string): string => name.replace(ESCAPED_IN_NAMES, '\\$&');

const ESCAPED_IN_STRINGS = /[\\"]/g;

/** String field values, without the quotes around them. Line breaks must be gone by then: nothing can express them. */
export const escapeString = (value: string): string => value.replace(ESCAPED_IN_STRINGS, '\\$&');
