/**
 * Moves the runs of digits of lines into columns: the first run of every line, the second of every line, and so on.
 * Lines of one measurement differ only in their digits, so the remaining text packs to almost nothing. A column of
 * digits also packs better than digits among text. Together this saves a third (measured: 28.2 -> 19.2 bytes per point;
 * docs/decisions/0013).
 */

const ZERO = 48;
const NINE = 57;
/** Ends a run in its column, and ends a line. */
const END = 10;
/** Replaces a run in the text. A text that contains this character is not split. */
const MARK = 1;
/** Number of columns. Further runs of a line share the last one. */
export const COLUMNS_MAX = 64;

/** A text that is split into digits and other characters. */
export interface SplitDigits {
  /** The lines without their digits. */
  readonly rest: Uint8Array;
  readonly columns: readonly Uint8Array[];
}

/** Bytes of a column at first. It doubles as it fills. */
const COLUMN_BYTES = 4_096;

/** A column that is being filled. */
interface Column {
  bytes: Uint8Array;
  end: number;
}

const doubled = (bytes: Uint8Array): Uint8Array => {
  const larger = new Uint8Array(bytes.length * 2);
  larger.set(bytes);
  return larger;
};

/**
 * Splits a text. Returns `undefined` if it contains the character `MARK`.
 *
 * One pass, with an inner loop each for digits and for other characters: half the time of two passes with one loop.
 */
export const splitDigits = (text: Uint8Array): SplitDigits | undefined => {
  if (text.includes(MARK)) return undefined;
  const columns: Column[] = [];
  const rest = new Uint8Array(text.length);
  let restEnd = 0;
  let column = 0;
  for (let at = 0; at < text.length; ) {
    let byte = text[at] as number;
    while (byte < ZERO || byte > NINE) {
      rest[restEnd++] = byte;
      if (byte === END) column = 0;
      if (++at === text.length) return split(rest, restEnd, columns);
      byte = text[at] as number;
    }
    rest[restEnd++] = MARK;
    const run = columns[column] ?? newColumn(columns);
    let { bytes, end } = run;
    while (byte >= ZERO && byte <= NINE) {
      // One byte is kept for the end of the run.
      if (end + 1 === bytes.length) bytes = doubled(bytes);
      bytes[end++] = byte;
      if (++at === text.length) break;
      byte = text[at] as number;
    }
    bytes[end++] = END;
    run.bytes = bytes.length === end ? doubled(bytes) : bytes;
    run.end = end;
    if (column < COLUMNS_MAX - 1) column++;
  }
  return split(rest, restEnd, columns);
};

const newColumn = (columns: Column[]): Column => {
  const column = { bytes: new Uint8Array(COLUMN_BYTES), end: 0 };
  columns.push(column);
  return column;
};

const split = (rest: Uint8Array, restEnd: number, columns: readonly Column[]): SplitDigits => ({
  rest: rest.subarray(0, restEnd),
  columns: columns.map(({ bytes, end }) => bytes.subarray(0, end)),
});

/**
 * Restores the text.
 *
 * @throws If a column has fewer runs than the text refers to.
 */
export const joinDigits = ({ rest, columns }: SplitDigits): Uint8Array => {
  const text = new Uint8Array(columns.reduce((sum, column) => sum + column.length, rest.length));
  const starts = new Uint32Array(columns.length);
  let length = 0;
  let column = 0;
  for (let at = 0; at < rest.length; at++) {
    let byte = rest[at] as number;
    while (byte !== MARK) {
      text[length++] = byte;
      if (byte === END) column = 0;
      if (++at === rest.length) return text.subarray(0, length);
      byte = rest[at] as number;
    }
    const run = columns[column];
    if (run === undefined) throw new Error('a run of digits is missing');
    let from = starts[column] as number;
    while (from < run.length && run[from] !== END) text[length++] = run[from++] as number;
    if (from === run.length) throw new Error('a column of digits ends too early');
    starts[column] = from + 1;
    if (column < COLUMNS_MAX - 1) column++;
  }
  return text.subarray(0, length);
};
