/** Types of settings that users write as text: environment variables of the sink and parameters of its deployment. */

import { databaseNameFault } from '../sink/mapping/name-rules.ts';

/**
 * Reads the text of a setting. A fault is the end of a sentence that begins with the name of the setting, without the
 * period.
 */
type Read<T> = (text: string) => { readonly value: T } | { readonly fault: string };

/** A setting: the reader of its text, and its description for the documentation. */
export interface Setting<T> {
  readonly read: Read<T>;
  /** The default, as a user would write it. Undefined if there is none. */
  readonly default: string | undefined;
  /** Valid values, for the documentation. */
  readonly range: string;
  /** Complete sentences, for the documentation. */
  readonly meaning: string;
  /** Faults do not show the value, because it may contain a password by mistake. */
  readonly secret?: true;
  /** Whether it must be set. Such a setting has no default. */
  readonly required?: true;
}

/** A table of settings by name. */
export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** The type of the value of a setting. */
export type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** Returns a setting that must be set. */
export const required = <T>(setting: Setting<T>): Setting<T> & { readonly required: true } => ({
  ...setting,
  default: undefined,
  required: true,
});

/** A setting that always has a value. */
type WithDefault<T> = Setting<T> & { readonly default: string };

/** Any text, not empty. */
export const text: {
  (meaning: string): Setting<string>;
  (meaning: string, fallback: string): WithDefault<string>;
} = (meaning: string, fallback?: string) =>
  ({ read: (value: string) => ({ value }), default: fallback, range: 'text', meaning }) as WithDefault<string>;

/** Path of a PEM file. A fault does not show the value, because it may be the contents of a key by mistake. */
export const pemFile = (meaning: string): Setting<string> => ({
  read: (value) =>
    isPem(value) ? { fault: 'must be the path of a file in the package, not the contents of the file' } : { value },
  default: undefined,
  range: 'path',
  meaning,
  secret: true,
});

/** Name of a secret. A fault does not show the value, because it may be the secret itself by mistake. */
export const secretName = (meaning: string): Setting<string> => ({
  read: (value) =>
    /^[\w:/+=.@-]+$/.test(value) ? { value } : { fault: 'must be the ARN of a secret, not the secret itself' },
  default: undefined,
  range: 'ARN',
  meaning,
  secret: true,
});

/** Whether a value that should be a path is the contents of a PEM file. */
export const isPem = (value: string): boolean => /-----BEGIN|\n/.test(value);

/** Name of a database or a retention policy. */
export const databaseName = (meaning: string): Setting<string> => ({
  read: (value) => {
    const fault = databaseNameFault(value);
    return fault === undefined ? { value } : { fault };
  },
  default: undefined,
  range: 'name',
  meaning,
});

/** A whole number from `min` to `max`, in decimal digits, with a sign if it is negative. */
export const integer = (meaning: string, fallback: number, min: number, max: number): WithDefault<number> => ({
  read: (value) =>
    /^-?\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max
      ? { value: Number(value) }
      : { fault: `must be a whole number from ${min} to ${max}` },
  default: String(fallback),
  range: `${min} to ${max}`,
  meaning,
});

/** One of several values. The first one is the default. Aliases are accepted, but not listed. */
export const choice = <const T extends string>(
  meaning: string,
  choices: readonly T[],
  aliases: Readonly<Record<string, T>> = {},
): WithDefault<T> => ({
  read: (value) => {
    const chosen = choices.find((one) => one === (aliases[value] ?? value));
    return chosen === undefined ? { fault: `must be one of ${choices.join(', ')}` } : { value: chosen };
  },
  default: choices[0] as T,
  range: choices.join(', '),
  meaning,
});

/** `true` or `false`. */
export const flag = (meaning: string, fallback: boolean): WithDefault<boolean> => ({
  read: (value) =>
    value === 'true' || value === 'false' ? { value: value === 'true' } : { fault: 'must be true or false' },
  default: String(fallback),
  range: 'true, false',
  meaning,
});

/** HTTP addresses, separated by commas. Faults never show an address that may contain a password. */
export const urls = (meaning: string): Setting<readonly string[]> => ({
  read: (value) => {
    const list = value.split(',').map((url) => url.trim());
    const faults = list.map((url, index) => urlFault(url) ?? repetitionFault(url, list.slice(0, index)));
    const fault = faults.find((found) => found !== undefined);
    if (fault === undefined) return { value: list };
    const wrong = [...list.keys()].filter((index) => faults[index] === fault);
    return { fault: [`${fault.rule}${wrongText(list, wrong, value)}`, ...fault.advice].join('. ') };
  },
  default: undefined,
  range: 'http or https',
  meaning,
  secret: true,
});

/** An address of host, port and path in plain letters. It cannot contain a user, a password, or a query with either. */
const PLAIN_URL = /^(?:[a-z]+:\/\/)?[\w.-]*(?::\d*)?(?:\/[\w./-]*)?$/i;

/** Returns the positions of the wrong addresses, and their text unless any part of the whole value may be secret. */
const wrongText = (list: readonly string[], wrong: readonly number[], whole: string): string => {
  const shown = (index: number): string | undefined =>
    !/[@?#]/.test(whole) && PLAIN_URL.test(list[index] as string) ? JSON.stringify(list[index]) : undefined;
  if (list.length === 1) return shown(0) === undefined ? '' : `, got ${shown(0)}`;
  const named = wrong.map((index) => `${index + 1} of ${list.length}${shown(index) ? ` (${shown(index)})` : ''}`);
  return `. Wrong: address ${named.join(', address ')}`;
};

interface UrlFault {
  readonly rule: string;
  /** At most one sentence, without its period. */
  readonly advice: readonly string[];
}

const NO_ADDRESS: UrlFault = {
  rule: 'must be one or more addresses like http://host:8086, separated by commas',
  advice: [],
};
const HAS_USER: UrlFault = {
  rule: 'must not contain a user',
  advice: ['Set OPENGEMINI_USERNAME and OPENGEMINI_PASSWORD instead'],
};
const HAS_QUERY: UrlFault = {
  rule: 'must not contain a query',
  advice: ['Database and retention policy have separate variables'],
};
const IS_REPEATED: UrlFault = { rule: 'must name each address once', advice: [] };

/** Two addresses of one node would count as two healthy nodes, and a batch that failed on one would go to the other. */
const repetitionFault = (value: string, before: readonly string[]): UrlFault | undefined =>
  before.some((url) => URL.parse(url)?.href === new URL(value).href) ? IS_REPEATED : undefined;

/** The sink adds these paths itself. */
const HAS_ENDPOINT: UrlFault = {
  rule: 'must not end with /write or /query',
  advice: ['The sink adds the path itself'],
};

const urlFault = (value: string): UrlFault | undefined => {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol)) return NO_ADDRESS;
  if (url.username !== '' || url.password !== '') return HAS_USER;
  if (url.search !== '' || url.hash !== '') return HAS_QUERY;
  if (/\/(?:write|query)\/?$/.test(url.pathname)) return HAS_ENDPOINT;
  return undefined;
};

/** Names, separated by commas. */
export const list = (meaning: string): Setting<readonly string[]> => ({
  read: (value) => {
    const names = value.split(',').map((name) => name.trim());
    return names.includes('') ? { fault: 'must be non-empty names separated by commas' } : { value: names };
  },
  default: undefined,
  range: 'names, separated by commas',
  meaning,
});

/**
 * Declares environment variables of a program that extends the sink. `meaning` is one or more complete sentences, which
 * faults and the command `check` print.
 *
 * @example
 * const settings = {
 *   SITE: setting.required(setting.text('Site of all devices.')),
 *   MAX_DEPTH: setting.integer('Levels of nesting, at most.', 4, 1, 16),
 * };
 */
export const setting = { text, integer, choice, flag, list, required } as const;
