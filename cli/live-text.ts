/** Text that replaces itself on a terminal. On another stream, every text follows the previous one. */

/** Moves to the beginning of the line `lines` lines above, and deletes everything after it. */
const rewind = (lines: number): string => `${lines > 0 ? `\u001b[${lines}A` : ''}\r\u001b[J`;

/** A stream that shows the text. */
export type LiveStream = Pick<NodeJS.WriteStream, 'write'> & Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>>;

/** Shows one text at a time. */
export class LiveText {
  readonly #stream: LiveStream;
  /** Rows of the terminal that the text takes, without the last one; undefined if none is shown. */
  #rowsAbove: number | undefined;

  constructor(stream: LiveStream) {
    this.#stream = stream;
  }

  /** Replaces the text. A text of several lines must fit into the terminal. */
  show(text: string): void {
    if (this.#stream.isTTY !== true) {
      this.#stream.write(`${text}\n`);
      return;
    }
    this.#stream.write(`${this.#rowsAbove === undefined ? '' : rewind(this.#rowsAbove)}${text}`);
    this.#rowsAbove = rowsOf(text, this.#stream.columns) - 1;
  }

  /** Writes a line that stays, before the next text. */
  line(text: string): void {
    this.end();
    this.#stream.write(`${text}\n`);
  }

  /** Removes the last text. */
  clear(): void {
    if (this.#rowsAbove !== undefined) this.#stream.write(rewind(this.#rowsAbove));
    this.#rowsAbove = undefined;
  }

  /** Keeps the last text, and continues on the next line. */
  end(): void {
    if (this.#rowsAbove !== undefined) this.#stream.write('\n');
    this.#rowsAbove = undefined;
  }
}

/** Escape sequences of colors take no column. */
const COLORS = /\u001b\[[0-9;]*m/g;

/** A terminal without a known width has 0 columns. */
const rowsOf = (text: string, columns: number | undefined): number => {
  const width = columns || Number.POSITIVE_INFINITY;
  return text
    .split('\n')
    .reduce((rows, line) => rows + Math.max(1, Math.ceil(line.replace(COLORS, '').length / width)), 0);
};
