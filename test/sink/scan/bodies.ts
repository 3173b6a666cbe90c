/** Generates bodies for the comparison of the scanner with the ordinary path: events, and texts that are nearly events. */

import { type Random, randomFrom } from '../../../local/workload/random.ts';
import type { Mapping } from '../../../src/sink/mapping/mapping.ts';
import { parseMapping } from '../../../src/sink/mapping/parse-mapping.ts';

const MAPPINGS: readonly object[] = [
  {
    timestamp: { path: 'ts', precision: 'ms' },
    tags: { a: 'a', b: { path: 'b', default: 'none' } },
    fields: {
      t: 'temperature',
      n: { path: 'n', type: 'integer' },
      note: { path: 'note', type: 'string' },
      x: 'deep.x y',
      ok: { path: 'deep.ok', type: 'boolean' },
    },
  },
  {
    timestamp: { path: 'ts', precision: 'ms' },
    tags: { a: { path: 'a', required: true }, n: 'n', t: 'temperature' },
    fields: { note: { path: 'note', type: 'string' }, v: { path: 'temperature', type: 'float' }, k: 'deep.ok' },
  },
  {
    timestamp: { path: 'ts', precision: 'us', missing: 'message' },
    nulls: 'refuse',
    fields: { n: { path: 'n', type: 'float' }, b: { path: 'b', type: 'string' } },
  },
  {
    timestamp: { path: 'ts', precision: 's' },
    tags: { a: 'a' },
    fields: { c: { path: 'n', type: 'integer' }, d: { path: '$root.temperature', type: 'float' } },
    mismatch: 'omit',
  },
  {
    timestamp: { path: 'ts', precision: 'ns' },
    fields: { c: { path: 'n', type: 'integer' }, t: 'temperature' },
    mismatch: 'coerce',
  },
  { fields: { t: 'temperature', note: { path: 'note', type: 'string' } }, newlines: 'refuse' },
  {
    timestamp: { path: 'ts', precision: 'ms' },
    tags: { a: 'a', temperature: 'b' },
    fields: { n: { path: 'n', type: 'integer' }, x: 'deep.x y' },
    otherFields: 'include',
  },
  { timestamp: { path: 'ts', precision: 'ms' }, tags: { a: 'a' }, fields: { '*': '$root' }, names: 'repair' },
];

/** Mappings that the scanner can follow. */
export const scannedMappings = (): Mapping[] =>
  MAPPINGS.map((declared) => {
    const parsed = parseMapping({ version: 1, measurement: 'm', ...declared });
    if ('faults' in parsed) throw new Error(parsed.faults.join('\n'));
    return parsed.mapping;
  });

const ODD_NUMBERS = [
  ...['-0', '0', '0.0', '-0.0', '1e5', '1E-7', '1.5e+300', '1e400', '-1e400', '1e-400', '3.0', '4.20', '100.00'],
  ...['0.0000001', '0.000001', '-0.0000012', '0.0000009', '123456789012345678', '9007199254740993', '999999999999999'],
  ...[
    '9999999999999999',
    '-123456789012345',
    '1780000000000000001',
    '1780000000000',
    '1780000000',
    '9223372036854775807',
  ],
];
/** Texts that are not numbers of JSON. */
const NO_NUMBERS = [
  ...['01', '1.', '.5', '+1', '-', '1e', '1e+', '1.e5', '--1', '0x10', 'NaN', 'Infinity', '-Infinity', 'nan', '1_000'],
];
const LETTERS = ['a', 'b', 'Z', '0', '-', '_', '#', '.', '{', '[', ':'];
const ODD_LETTERS = [
  ...[' ', ',', '=', '\\"', '\\\\', '\\/', '\\n', '\\t', '\\u00e9', '\\u0041', '\\ud83d\\ude00', '\\ud800', 'é', '漢'],
  ...['😀', '\x7f', '\n', '\x01', '\ud800', '\udc00', '\\x', '\\u12', '\ufffd', '\u2028'],
];
const ODD_KEYS = [
  ...['"x y"', '"Type"', '"Records"', '"Event"', '"messageType"', '"detail-type"', '"é"', '"__proto__"', '"0"', '""'],
  ...['"\\u0061"', '"a\\""', '"\\\\"', '"constructor"', '"a"', '"n"', '"deep"', '"ts"', 'a', "'a'"],
];
const SPACES = [' ', '  ', '\n', '\t', '\r\n', '\u00a0', '\x0b', '\ufeff'];

/** Generates one body after the other. The same seed gives the same bodies. */
export class Bodies {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  /** Returns a body, of 33 of which 32 are events, or were until a character was changed. */
  next(): string {
    const body = this.#chance(0.97) ? this.#event() : this.#object(3);
    return this.#chance(0.97) ? body : this.#changed(body);
  }

  #chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  #below(limit: number): number {
    return this.#random.below(limit);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }

  #event(): string {
    const members: string[] = [];
    const add = (key: string, value: () => string): void => {
      if (this.#chance(0.15)) return;
      members.push(this.#member(`"${key}"`, this.#chance(0.97) ? value() : this.#value(2)));
    };
    add('a', () => this.#text());
    add('b', () => this.#text());
    add('temperature', () => this.#number());
    add('n', () => String(this.#below(1_000_000)));
    add('note', () => this.#text());
    add('ts', () => (this.#chance(0.8) ? String(1_780_000_000_000 + this.#below(1e9)) : this.#number()));
    add('deep', () => this.#inner());
    add('extra', () => this.#value(2));
    if (this.#chance(0.2)) members.reverse();
    if (this.#chance(0.03)) members.push(this.#member(this.#pick(ODD_KEYS), this.#value(1)));
    const after = this.#chance(0.005) ? this.#pick(['x', '{}', '\0', ',']) : '';
    return `${this.#space()}{${members.join(',')}}${this.#space()}${after}`;
  }

  #inner(): string {
    const number = this.#chance(0.9) ? this.#number() : this.#value(1);
    return `{${this.#space()}"x y":${number},"ok":${this.#pick(['true', 'false', 'null'])}${this.#space()}}`;
  }

  #member(key: string, value: string): string {
    return `${this.#space()}${key}${this.#space()}:${this.#space()}${value}${this.#space()}`;
  }

  #object(depth: number): string {
    const members = Array.from({ length: this.#below(7) }, () =>
      this.#member(this.#pick(ODD_KEYS), this.#value(depth)),
    );
    const separator = this.#chance(0.02) ? this.#pick([',,', '', ';']) : ',';
    return `{${members.join(separator)}${this.#chance(0.02) ? ',' : ''}}`;
  }

  #value(depth: number): string {
    const kind = this.#random.next();
    if (kind < 0.35) return this.#number();
    if (kind < 0.65) return this.#text();
    if (kind < 0.75 || depth <= 0)
      return this.#pick(['true', 'false', 'null', 'nul', 'True', 'tru', 'falsee', 'nulll']);
    if (kind < 0.92) return this.#object(depth - 1);
    const elements = Array.from({ length: this.#below(4) }, () => `${this.#space()}${this.#value(depth - 1)}`);
    return `[${elements.join(',')}${this.#space()}]`;
  }

  #number(): string {
    const kind = this.#random.next();
    const value = this.#random.next();
    if (kind < 0.2) return String(this.#below(1_000));
    if (kind < 0.4) return (value * 100).toFixed(this.#below(7));
    if (kind < 0.55) return String(value * 10 ** (this.#below(20) - 6));
    if (kind < 0.65) return (value * 100).toPrecision(15 + this.#below(4));
    if (kind < 0.7) return `-${value}`;
    if (kind < 0.75) return (value * 10 ** this.#below(18)).toFixed(this.#below(10));
    return this.#pick(this.#chance(0.9) ? ODD_NUMBERS : NO_NUMBERS);
  }

  #text(): string {
    let text = '';
    const length = this.#below(12) * (this.#chance(0.05) ? 20 : 1);
    for (let i = 0; i < length; i++) text += this.#pick(this.#chance(0.985) ? LETTERS : ODD_LETTERS);
    return `"${text}"`;
  }

  #space(): string {
    return this.#chance(0.985) ? '' : this.#pick(SPACES);
  }

  /** Removes or adds one character, or replaces a token by another. */
  #changed(body: string): string {
    const tokens = [...body.matchAll(/[,:{}[\]"]/g)];
    if (tokens.length > 0 && this.#chance(0.3)) {
      const { index } = this.#pick(tokens);
      return body.slice(0, index) + this.#pick([...',:{}[]"']) + body.slice(index + 1);
    }
    const at = this.#below(body.length + 1);
    if (this.#chance(0.5)) return body.slice(0, at) + body.slice(at + 1);
    const added = this.#pick([...'"\\,{}[]:0e.- ', '\u2028', 'é', '\0', '\ud800']);
    return body.slice(0, at) + added + body.slice(at);
  }
}
