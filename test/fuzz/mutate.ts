/** Changes an input of the corpus a little: its bytes, its text, or the structure of its JSON. */

import type { Random } from '../../local/workload/random.ts';

/** What mutations draw from. */
export interface Material {
  readonly random: Random;
  /** Literals and member names of the instrumented files. */
  readonly words: readonly string[];
  /** Another input of the corpus. */
  readonly other: Uint8Array;
  /** Bytes before the text of an input that select settings. */
  readonly selectors: number;
  /** Bytes of an input, at most. */
  readonly bytesMax: number;
}

type Mutation = (input: Buffer, material: Material) => Buffer | undefined;

/** Texts on which parsers disagree more often than on others. */
const ODD_TEXTS = [
  ...[
    '\\',
    '"',
    '\\"',
    '\\\\',
    ',',
    '=',
    ' ',
    '\n',
    '\r\n',
    '\t',
    '\0',
    '\x7f',
    '\u00e9',
    '\u2028',
    '\ufeff',
    '\ufffd',
  ],
  ...['\u{1f600}', '\\ud800', '\\udc00', '\\u0000', '\\n', '__proto__', 'constructor', 'toString', '{', '}', '[', ']'],
  ...[
    'null',
    'true',
    'NaN',
    'Infinity',
    '-0',
    '1e400',
    '1e-400',
    '{}',
    '[]',
    '""',
    '[[',
    '{"":',
    '# ',
    'i ',
    '"" ',
    '\v',
  ],
];
const ODD_NUMBERS = [
  ...[
    '0',
    '-0',
    '-1',
    '1',
    '0.1',
    '255',
    '256',
    '65535',
    '65536',
    '2147483647',
    '2147483648',
    '4294967295',
    '4294967296',
  ],
  ...['9007199254740991', '9007199254740993', '9223372036854775807', '9223372036854775808', '-9223372036854775808'],
  ...[
    '1e3',
    '1e21',
    '1e400',
    '1E-7',
    '1.50',
    '00',
    '1780000000000',
    '1780000000',
    '1780000000000000001',
    '123456789012345678',
  ],
];
const ODD_BYTES = [0, 1, 9, 10, 13, 32, 34, 44, 61, 92, 127, 128, 192, 224, 237, 240, 247, 255];
const DIGITS = /\d+/g;
/** Bytes that one mutation inserts, copies, or removes, at most. */
const RANGE_MAX = 64;

const concat = (...parts: readonly (Uint8Array | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));

const placeIn = (input: Buffer, { random }: Material): number => random.below(input.length + 1);

const lengthIn = (input: Buffer, at: number, { random }: Material): number =>
  1 + random.below(Math.max(1, Math.min(RANGE_MAX, input.length - at)));

const insertText = (input: Buffer, material: Material, text: Uint8Array | string): Buffer => {
  const at = placeIn(input, material);
  return concat(input.subarray(0, at), text, input.subarray(at));
};

const overwriteText = (input: Buffer, material: Material, text: string): Buffer => {
  const at = placeIn(input, material);
  return concat(input.subarray(0, at), text, input.subarray(Math.min(input.length, at + Buffer.byteLength(text))));
};

const BYTE_MUTATIONS: readonly Mutation[] = [
  (input, { random }) => {
    const changed = Buffer.from(input);
    if (changed.length > 0) changed[random.below(changed.length)]! ^= 1 << random.below(8);
    return changed;
  },
  (input, { random }) => {
    const changed = Buffer.from(input);
    if (changed.length > 0) changed[random.below(changed.length)] = random.pick(ODD_BYTES);
    return changed;
  },
  (input, { random }) => {
    const changed = Buffer.from(input);
    if (changed.length > 0) changed[random.below(changed.length)] = random.below(256);
    return changed;
  },
  (input, material) => insertText(input, material, Uint8Array.of(material.random.below(256))),
  (input, material) => {
    const at = placeIn(input, material);
    return concat(input.subarray(0, at), input.subarray(at + lengthIn(input, at, material)));
  },
  (input, material) => {
    const at = placeIn(input, material);
    const part = input.subarray(at, at + lengthIn(input, at, material));
    return insertText(input, material, material.random.below(4) === 0 ? concat(part, part, part, part) : part);
  },
  (input, material) => concat(input.subarray(0, placeIn(input, material))),
  (input, material) => {
    const { other } = material;
    const from = Buffer.from(other.buffer, other.byteOffset, other.byteLength);
    return concat(input.subarray(0, placeIn(input, material)), from.subarray(placeIn(from, material)));
  },
  // The selectors of an input decide what its text is read as.
  (input, { random, selectors }) => {
    const changed = Buffer.from(input);
    if (selectors > 0 && changed.length >= selectors) changed[random.below(selectors)] = random.below(256);
    return changed;
  },
];

const TEXT_MUTATIONS: readonly Mutation[] = [
  (input, material) => insertText(input, material, material.random.pick(ODD_TEXTS)),
  (input, material) => overwriteText(input, material, material.random.pick(ODD_TEXTS)),
  (input, material) =>
    material.words.length === 0 ? undefined : insertText(input, material, material.random.pick(material.words)),
  (input, material) =>
    material.words.length === 0 ? undefined : overwriteText(input, material, material.random.pick(material.words)),
  (input, { random }) => {
    const text = input.toString('latin1');
    const runs = [...text.matchAll(DIGITS)];
    if (runs.length === 0) return undefined;
    const run = random.pick(runs);
    const changed = random.below(2) === 0 ? random.pick(ODD_NUMBERS) : String(Number(run[0]) + random.below(3) - 1);
    return Buffer.from(text.slice(0, run.index) + changed + text.slice(run.index + run[0].length), 'latin1');
  },
];

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** A place in a JSON value: a member of an object or an element of an array. */
interface Place {
  readonly parent: Record<string, Json>;
  readonly key: string;
}

/** Returns all places below a value. An array counts as an object with numbers as names. */
const placesIn = (value: Json, places: Place[] = []): Place[] => {
  if (typeof value !== 'object' || value === null) return places;
  for (const key of Object.keys(value)) {
    const parent = value as Record<string, Json>;
    places.push({ parent, key });
    placesIn(parent[key] as Json, places);
  }
  return places;
};

const parsed = (bytes: Uint8Array): Json | undefined => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Json;
  } catch {
    return undefined;
  }
};

/** Returns a value without levels, or with one. */
const scalar = ({ random, words }: Material): Json => {
  const word = words.length === 0 ? '' : random.pick(words);
  return random.pick<() => Json>([
    () => null,
    () => random.below(2) === 0,
    () => Number(random.pick(ODD_NUMBERS)),
    () => random.pick(ODD_NUMBERS),
    () => random.pick(ODD_TEXTS),
    () => word,
    () => word,
    () => [],
    () => ({}),
    () => ({ [word]: word }),
    () => [word],
  ])();
};

const set = (parent: Record<string, Json>, key: string, value: Json): void => {
  // An assignment would not create a member for the name `__proto__`.
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
};

const changeJson = (root: Json, material: Material): Json => {
  const { random, words, other, selectors } = material;
  const places = placesIn(root);
  if (places.length === 0)
    return random.pick<Json>([[root], { [random.pick(['v', ...words])]: root }, scalar(material)]);
  const { parent, key } = random.pick(places);
  const value = parent[key] as Json;
  const fromOther = (): Json => {
    const there = placesIn(parsed(other.subarray(selectors)) ?? null);
    if (there.length === 0) return scalar(material);
    const place = random.pick(there);
    return structuredClone(place.parent[place.key] as Json);
  };
  random.pick<() => void>([
    () => set(parent, key, scalar(material)),
    () => set(parent, key, fromOther()),
    () => (Array.isArray(parent) ? parent.splice(Number(key), 1) : Reflect.deleteProperty(parent, key)),
    () =>
      Array.isArray(parent) ? parent.push(structuredClone(value)) : set(parent, `${key}2`, structuredClone(value)),
    () => set(parent, Array.isArray(parent) ? key : random.pick(['v', ...words, ...ODD_TEXTS]), value),
    () => set(parent, Array.isArray(parent) ? String(parent.length) : random.pick(['v', ...words]), scalar(material)),
    () => {
      const there = random.pick(places);
      const moved = structuredClone(there.parent[there.key] as Json);
      set(parent, key, moved);
    },
    () => set(parent, key, [value]),
    () => set(parent, key, { [random.pick(['v', ...words])]: value }),
    () => set(parent, key, JSON.stringify(value)),
    () => set(parent, key, typeof value === 'string' ? `${value}${random.pick(ODD_TEXTS)}` : JSON.stringify(value)),
    () =>
      set(
        parent,
        key,
        Array.from({ length: 1 + random.below(20) }, () => structuredClone(value)),
      ),
  ])();
  return root;
};

const jsonMutation: Mutation = (input, material) => {
  const root = parsed(input.subarray(material.selectors));
  if (root === undefined) return undefined;
  return concat(input.subarray(0, material.selectors), JSON.stringify(changeJson(root, material)));
};

/** Returns a changed copy of an input. */
export const mutated = (input: Uint8Array, material: Material): Buffer => {
  const { random, bytesMax } = material;
  let changed: Buffer = Buffer.from(input);
  do {
    const kind = random.below(10);
    const mutation = kind < 4 ? jsonMutation : random.pick(kind < 7 ? TEXT_MUTATIONS : BYTE_MUTATIONS);
    changed = mutation(changed, material) ?? random.pick(BYTE_MUTATIONS)(changed, material) ?? changed;
  } while (random.below(2) === 0);
  return changed.subarray(0, bytesMax);
};
