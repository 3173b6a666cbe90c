/** Reads the settings of a table one by one, and gathers what is wrong with them: all faults are told in one breath. */

import type { Setting } from './setting.ts';

export type Settings = Readonly<Record<string, Setting<unknown>>>;

type ValueOf<S> = S extends Setting<infer T> ? T : never;

export class SettingReader<T extends Settings> {
  readonly faults: string[] = [];
  readonly #table: T;
  readonly #given: Readonly<Record<string, string | undefined>>;

  constructor(table: T, given: Readonly<Record<string, string | undefined>>) {
    this.#table = table;
    this.#given = given;
  }

  /** A name that the table does not have, for the one who mistyped it. */
  refuseUnknown(name: string, kind: string, page: string): void {
    if (Object.hasOwn(this.#table, name)) return;
    const close = nearest(name, Object.keys(this.#table));
    this.faults.push(`${name} is not a ${kind}${close === undefined ? `; ${page} lists all` : `; is ${close} meant?`}`);
  }

  /** A template leaves parameters that are not given empty: an empty setting is an absent one. */
  isSet(name: keyof T & string): boolean {
    return (this.#given[name] ?? '') !== '';
  }

  /** Undefined when it is not set and has no default, or when it is wrong. */
  get<N extends keyof T & string>(name: N): ValueOf<T[N]> | undefined {
    const setting = this.#table[name] as Setting<ValueOf<T[N]>>;
    const text = this.isSet(name) ? this.#given[name] : setting.default;
    if (text === undefined) return undefined;
    const read = setting.read(text);
    if ('value' in read) return read.value;
    const shown = setting.secret === true ? '' : `, got ${JSON.stringify(text)}`;
    this.faults.push(`${name} ${read.fault}${shown}`);
    return undefined;
  }

  /** A setting with a default: only a fault leaves it without a value, and then the whole is refused. */
  must<N extends keyof T & string>(name: N): ValueOf<T[N]> {
    return this.get(name) as ValueOf<T[N]>;
  }

  /** `because` says what demands it where that is not always so. */
  require<N extends keyof T & string>(name: N, because = ''): ValueOf<T[N]> {
    if (!this.isSet(name)) this.faults.push(`${name} must be set${because}: ${this.#table[name]?.meaning}`);
    return this.get(name) as ValueOf<T[N]>;
  }
}

/** The name that differs by the fewest letters; capitals and small ones are the same here. */
const nearest = (name: string, known: readonly string[]): string | undefined => {
  const [close] = known
    .map((candidate) => ({ candidate, letters: distance(candidate.toLowerCase(), name.toLowerCase()) }))
    .filter(({ letters }) => letters <= 3)
    .sort((a, b) => a.letters - b.letters);
  return close?.candidate;
};

const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row.at(-1) as number;
};
