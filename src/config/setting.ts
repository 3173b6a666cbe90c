/** Kinds of settings that people write as text: variables of the sink, parameters of its deployment. */

import { databaseNameFault } from '../sink/mapping/name-rules.ts';

/** Reads the text of a setting; a fault is the end of a sentence that begins with the setting's name. */
type Read<T> = (text: string) => { readonly value: T } | { readonly fault: string };

export interface Setting<T> {
  readonly read: Read<T>;
  /** As a user would write it; undefined when there is none. */
  readonly default: string | undefined;
  readonly range: string;
  readonly meaning: string;
  /** Its value is not shown in faults: it may hold a password by mistake. */
  readonly secret?: true;
}

export const text = (meaning: string, fallback?: string): Setting<string> => ({
  read: (value) => ({ value }),
  default: fallback,
  range: 'text',
  meaning,
});

/** A database or a retention policy. */
export const databaseName = (meaning: string): Setting<string> => ({
  read: (value) => {
    const fault = databaseNameFault(value);
    return fault === undefined ? { value } : { fault };
  },
  default: undefined,
  range: 'name',
  meaning,
});

export const integer = (meaning: string, fallback: number, min: number, max: number): Setting<number> => ({
  read: (value) =>
    /^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max
      ? { value: Number(value) }
      : { fault: `must be a whole number from ${min} to ${max}` },
  default: String(fallback),
  range: `${min} to ${max}`,
  meaning,
});

export const choice = <T extends string>(
  meaning: string,
  choices: readonly T[],
  aliases: Readonly<Record<string, T>> = {},
): Setting<T> => ({
  read: (value) => {
    const chosen = choices.find((one) => one === (aliases[value] ?? value));
    return chosen === undefined ? { fault: `must be one of ${choices.join(', ')}` } : { value: chosen };
  },
  default: choices[0],
  range: choices.join(', '),
  meaning,
});

export const flag = (meaning: string, fallback: boolean): Setting<boolean> => ({
  read: (value) =>
    value === 'true' || value === 'false' ? { value: value === 'true' } : { fault: 'must be true or false' },
  default: String(fallback),
  range: 'true, false',
  meaning,
});

export const urls = (meaning: string): Setting<readonly string[]> => ({
  read: (value) => {
    const list = value.split(',').map((url) => url.trim());
    const faults = list.map(urlFault);
    const fault = faults.find((found) => found !== undefined);
    if (fault === undefined) return { value: list };
    const wrong = [...list.keys()].filter((index) => faults[index] === fault);
    return { fault: `${fault}${wrongText(list, wrong, value)}` };
  },
  default: undefined,
  range: 'http or https',
  meaning,
  secret: true,
});

/** Nothing that could be a user, a password, or a query with them: host, port and path in plain letters. */
const PLAIN_URL = /^(?:[a-z]+:\/\/)?[\w.-]*(?::\d*)?(?:\/[\w./-]*)?$/i;

/** What was given, and which of several is wrong; not shown where any part of the whole may be secret. */
const wrongText = (list: readonly string[], wrong: readonly number[], whole: string): string => {
  const shown = (index: number): string | undefined =>
    !/[@?#]/.test(whole) && PLAIN_URL.test(list[index] as string) ? JSON.stringify(list[index]) : undefined;
  if (list.length === 1) return shown(0) === undefined ? '' : `, got ${shown(0)}`;
  const named = wrong.map((index) => `${index + 1} of ${list.length}${shown(index) ? ` (${shown(index)})` : ''}`);
  return `; wrong is number ${named.join(', number ')}`;
};

const urlFault = (value: string): string | undefined => {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol))
    return 'must be one or several addresses like http://host:8086, by comma';
  if (url.username !== '' || url.password !== '')
    return 'must not hold a user; set OPENGEMINI_USERNAME and OPENGEMINI_PASSWORD';
  if (url.search !== '' || url.hash !== '')
    return 'must not hold a query; database and retention policy have variables of their own';
  return undefined;
};

export const list = (meaning: string): Setting<readonly string[]> => ({
  read: (value) => {
    const names = value.split(',').map((name) => name.trim());
    return names.includes('') ? { fault: 'must be names by comma, none of them empty' } : { value: names };
  },
  default: undefined,
  range: 'names by comma',
  meaning,
});
