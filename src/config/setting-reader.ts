/** Reads the settings of a table one by one and collects their faults, so that one error can list all of them. */

import { nearName } from '../sink/mapping/near-name.ts';
import type { Setting, Settings, ValueOf } from './setting.ts';

/** Reads text values that users have given. Never throws: every fault is added to `faults`. */
export class SettingReader<T extends Settings> {
  /** Sentences that name the setting, what is wrong, and what was given. */
  readonly faults: string[] = [];
  readonly #table: T;
  readonly #given: Readonly<Record<string, string | undefined>>;

  constructor(table: T, given: Readonly<Record<string, string | undefined>>) {
    this.#table = table;
    this.#given = given;
  }

  /**
   * Adds a fault if the table does not contain the name. Suggests a name of the table that differs by a few letters.
   *
   * @param kind - What the table contains, for the message: `variable`.
   * @param page - Documentation page that lists all names.
   */
  refuseUnknown(name: string, kind: string, page: string): void {
    if (Object.hasOwn(this.#table, name)) return;
    const close = nearName(name, Object.keys(this.#table));
    const hint = close === undefined ? `${page} lists all ${kind}s.` : `Did you mean ${close}?`;
    this.faults.push(`${name} is not a known ${kind}. ${hint}`);
  }

  /**
   * Returns whether a setting has a value. An empty text counts as absent, because templates pass unset parameters as
   * empty texts.
   */
  isSet(name: keyof T & string): boolean {
    return (this.#given[name] ?? '') !== '';
  }

  /** Returns the value, or the default. Undefined if there is neither, or if the value has a fault. */
  get<N extends keyof T & string>(name: N): ValueOf<T[N]> | undefined {
    const setting = this.#table[name] as Setting<ValueOf<T[N]>>;
    const text = this.isSet(name) ? this.#given[name] : setting.default;
    if (text === undefined) return undefined;
    const read = setting.read(text);
    if ('value' in read) return read.value;
    const shown = setting.secret === true ? '' : `, got ${JSON.stringify(text)}`;
    this.faults.push(`${name} ${read.fault}${shown}.`);
    return undefined;
  }

  /**
   * Returns the value of a setting that has a default. The value is missing only after a fault, and the caller then
   * refuses the configuration.
   */
  must<N extends keyof T & string>(name: N): ValueOf<T[N]> {
    return this.get(name) as ValueOf<T[N]>;
  }

  /**
   * Returns the value of a setting that must be set. Adds a fault if it is not.
   *
   * @param because - Reason why it is required, if it is not always required. It follows "must be set".
   */
  require<N extends keyof T & string>(name: N, because = ''): ValueOf<T[N]> {
    if (!this.isSet(name)) this.faults.push(`${name} must be set${because}. ${this.#meaningOf(name)}`);
    return this.get(name) as ValueOf<T[N]>;
  }

  #meaningOf(name: keyof T & string): string {
    return `Meaning: ${this.#table[name]?.meaning}`;
  }
}
