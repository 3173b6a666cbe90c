/**
 * Reference for the cost of the conversion after `JSON.parse`: a table of columns, and loops that write bytes. It is no
 * alternative to the sink, because it checks nothing: no types, ranges, lengths, capacity, line breaks, absent members.
 */

/** Paths of the columns, by name. A time in milliseconds is a number, one in nanoseconds a text. */
export interface Columns {
  readonly tags: Readonly<Record<string, readonly string[]>>;
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly integers: readonly string[];
  readonly time: readonly string[];
}
/** Native writers of Buffer, which its type does not declare. */
type Bytes = Buffer & Readonly<Record<'utf8Write' | 'latin1Write', (text: string, start: number) => number>>;

/** Shorter strings are written by a loop. Longer ones are written by native code, unless they need escapes. */
const SHORT = 16;
/** Capacity for the largest step of the benchmark. */
const bytes = Buffer.allocUnsafeSlow(8 * 1024 * 1024) as Bytes;
const view = new DataView(bytes.buffer);
/** Characters that need a backslash: comma, space, equals sign, and backslash in tags; quote and backslash in texts. */
const IN_TAG = Uint8Array.from({ length: 128 }, (_, code) => Number([44, 32, 61, 92].includes(code)));
const IN_TEXT = Uint8Array.from({ length: 128 }, (_, code) => Number([34, 92].includes(code)));

const [TAG, TEXT] = [/[, =\\]/g, /["\\]/g];

const writeText = (text: string, from: number, special: Uint8Array, pattern: RegExp): number => {
  if (text.length >= SHORT && text.search(pattern) < 0) return from + bytes.utf8Write(text, from);
  let at = from;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return from + bytes.utf8Write(text.replace(pattern, '\\$&'), from);
    if (special[code] === 1) bytes[at++] = 92;
    bytes[at++] = code;
  }
  return at;
};
/** Writes an integer from 0 to 2^31 - 1. */
const writeDigits = (value: number, at: number): number => {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  for (let rest = value, i = at + digits - 1; i >= at; i--) {
    const tens = (rest / 10) | 0;
    bytes[i] = 48 + rest - tens * 10;
    rest = tens;
  }
  return at + digits;
};
/** Writes up to four decimals with integers, and other floats as JavaScript does. */
const writeFloat = (value: number, at: number): number => {
  const scaled = Math.round(value * 10_000);
  if (scaled < 0 || scaled >= 2 ** 31 || scaled / 10_000 !== value) return at + bytes.latin1Write(String(value), at);
  const whole = (scaled / 10_000) | 0;
  let end = writeDigits(whole, at);
  if (scaled === whole * 10_000) return end;
  // A leading 1 keeps the zeros after the point. The point then takes its place.
  writeDigits(10_000 + scaled - whole * 10_000, end);
  bytes[end] = 46;
  for (end += 5; bytes[end - 1] === 48; ) end--;
  return end;
};
const writeField = (value: unknown, at: number, isInteger: boolean): number => {
  if (typeof value === 'boolean') return value ? writeHeader(TRUE, 4, at) : writeHeader(FALSE, 5, at);
  if (typeof value === 'number' && !isInteger) return writeFloat(value, at);
  if (typeof value === 'string') bytes[at] = 34;
  const end = typeof value === 'number' ? writeDigits(value, at) : writeText(value as string, at + 1, IN_TEXT, TEXT);
  bytes[end] = typeof value === 'number' ? 105 : 34;
  return end + 1;
};
/** Returns a header in words of four bytes. Writing the last one may write up to three bytes too many, which follow later. */
const wordsOf = (header: string): Int32Array =>
  new Int32Array(Uint8Array.from(Buffer.from(header.padEnd(Math.ceil(header.length / 4) * 4))).buffer);
const writeHeader = (words: Int32Array, length: number, at: number): number => {
  for (let i = 0; i < words.length; i++) view.setInt32(at + 4 * i, words[i] as number, true);
  return at + length;
};
const [TRUE, FALSE, NANOS] = ['true', 'false', '000000'].map(wordsOf) as [Int32Array, Int32Array, Int32Array];
/** Writes a time in two halves, because integers beyond 2^31 are slow. */
const writeMs = (ms: number, at: number): number => {
  const high = Math.floor(ms / 10_000_000);
  const end = writeDigits(high, at);
  // A leading 1 keeps the zeros of the lower half. The last digit of the upper half then takes its place.
  const last = bytes[end - 1] as number;
  writeDigits(10_000_000 + ms - high * 10_000_000, end - 1);
  bytes[end - 1] = last;
  return writeHeader(NANOS, 6, end + 7);
};

const valueAt = (event: unknown, path: readonly string[]): unknown => {
  let value = event;
  for (let i = 0; i < path.length; i++) value = (value as Record<string, unknown>)[path[i] as string];
  return value;
};

/** Creates an encoder. `add` writes a line; `take` returns the lines since its last call, valid until the next line. */
export const createReference = (measurement: string, { tags, fields, integers, time }: Columns) => {
  const table = [...Object.entries(tags), ...Object.entries(fields)].map(([name, path], index) => {
    const header = `${index === Object.keys(tags).length ? ' ' : ','}${name}=`;
    const isTag = index < Object.keys(tags).length;
    return { words: wordsOf(header), length: header.length, path, isTag, isInteger: integers.includes(name) };
  });
  const start = wordsOf(measurement);
  let at = 0;
  const add = (event: unknown): void => {
    at = writeHeader(start, measurement.length, at);
    for (let i = 0; i < table.length; i++) {
      const { words, length, path, isTag, isInteger } = table[i] as (typeof table)[number];
      const value = valueAt(event, path);
      at = writeHeader(words, length, at);
      at = isTag ? writeText(value as string, at, IN_TAG, TAG) : writeField(value, at, isInteger);
    }
    const value = valueAt(event, time);
    bytes[at++] = 32;
    at = typeof value === 'string' ? writeText(value, at, IN_TAG, TAG) : writeMs(value as number, at);
    bytes[at++] = 10;
  };
  const take = (): Uint8Array => {
    const taken = bytes.subarray(0, at);
    at = 0;
    return taken;
  };
  return { add, take };
};
