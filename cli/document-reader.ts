/** Joins the lines of JSON that spans several lines into one message body. */

import { beginsJson, JsonScanner } from './json-scanner.ts';

/** A message body, and the lines that contain it. */
export interface LineRange {
  readonly text: string;
  /** Number of its first line in its file, from 1. Blank lines are counted, as in an editor. */
  readonly line: number;
  /** Number of its last line. */
  readonly lastLine: number;
  /** Why the lines are not one complete JSON document although the first one begins JSON. A clause without a period. */
  readonly fault?: string;
  /** Whether `text` is only the first line, because the whole is longer than any message. */
  readonly isTooLong?: boolean;
}

/** Returns why a body that begins JSON is not complete, as a clause without a period. Undefined if it is complete. */
export const incompleteJson = ({ line, fault }: LineRange): string | undefined =>
  fault === undefined ? undefined : `the JSON begins in line ${line}, but ${fault}`;

/** UTF-16 code units of one document over several lines, at most: the default limit of one body. */
export const DOCUMENT_LENGTH_MAX = 16 * 1024 * 1024;

/** Lines of an incomplete document, at most, that are read again to find complete documents among them. */
const LINES_AGAIN_MAX = 10_000;

/** Whether a line without indentation begins JSON. The lines inside a formatted document are indented. */
const beginsDocument = (line: string): boolean => /^[{[]/.test(line);

/**
 * Joins lines. A line that begins JSON and does not close it continues until its brackets are closed. If that never
 * happens, the document ends before the next line that begins JSON without indentation. One broken line of NDJSON
 * therefore costs only itself, and a broken formatted document is one body.
 */
export class DocumentReader {
  /** Lines read so far. */
  lines = 0;
  readonly #linesOnly: boolean;
  /** Lines of the open document; empty if none is open. */
  #open: string[] = [];
  /** Lines after an incomplete document, which are read again from the line `#start`. */
  #again: string[] = [];
  #length = 0;
  #isTooLong = false;
  #start = 0;
  #scanner = new JsonScanner();

  constructor(linesOnly = false) {
    this.#linesOnly = linesOnly;
  }

  /** Reads the next line. Returns the bodies that it completes. */
  push(line: string): readonly LineRange[] {
    this.lines += 1;
    return this.#read([line], this.lines);
  }

  /** Returns the bodies of the lines that are left at the end of the file. */
  end(): readonly LineRange[] {
    let ended: LineRange[] = [];
    while (this.#open.length > 0) {
      const resolved = this.#resolve('its brackets are never closed');
      const left = this.#again;
      this.#again = [];
      ended = ended.concat(resolved, this.#read(left, this.#start));
    }
    return ended;
  }

  /** @param first - Number of the first of these lines. */
  #read(lines: readonly string[], first: number): LineRange[] {
    let found: LineRange[] = [];
    let [queue, offset] = [lines, first];
    for (let index = 0; index < queue.length; index++) {
      const line = queue[index] as string;
      if (this.#open.length > 0) found = found.concat(this.#continue(line, offset + index));
      else if (line.trim() !== '') found = found.concat(this.#begin(line, offset + index));
      if (this.#again.length === 0) continue;
      [queue, offset] = [[...this.#again, ...queue.slice(index + 1)], this.#start];
      this.#again = [];
      index = -1;
    }
    return found;
  }

  #begin(line: string, number: number): LineRange[] {
    if (!this.#linesOnly && beginsJson(line)) {
      this.#scanner = new JsonScanner();
      if (this.#scanner.line(line) === 'open') {
        this.#open = [line];
        this.#length = line.length;
        this.#isTooLong = false;
        this.#start = number;
        return [];
      }
    }
    return [{ text: line, line: number, lastLine: number }];
  }

  #continue(line: string, number: number): LineRange[] {
    const state = this.#scanner.line(line);
    if (!this.#isTooLong) this.#keep(line);
    if (state === 'open') return [];
    if (this.#isTooLong) return [this.#take(this.#open.length, TOO_LONG, number)];
    return state === 'closed'
      ? [this.#take(this.#open.length)]
      : this.#resolve(`it breaks off in line ${number}: ${this.#scanner.fault}`);
  }

  #keep(line: string): void {
    this.#length += line.length + 1;
    this.#isTooLong = this.#length > DOCUMENT_LENGTH_MAX;
    if (this.#isTooLong) this.#open.length = 1;
    else this.#open.push(line);
  }

  /** Takes the first lines of the open document as one body. */
  #take(count: number, fault?: string, lastLine = this.#start + count - 1): LineRange {
    const text = this.#open.slice(0, count).join('\n');
    const more = { ...(fault === undefined ? {} : { fault }), ...(this.#isTooLong ? { isTooLong: true } : {}) };
    const taken = { text, line: this.#start, lastLine, ...more };
    this.#open = this.#open.slice(count);
    this.#start += count;
    if (this.#isTooLong) this.#open = [];
    return taken;
  }

  /** Takes the open document although it is not complete. The lines after it are read again. */
  #resolve(fault: string): LineRange[] {
    if (this.#isTooLong) return [this.#take(1, TOO_LONG, this.lines)];
    const next = this.#open.findIndex((line, index) => index > 0 && beginsDocument(line));
    const taken = this.#take(next < 0 ? this.#open.length : next, fault);
    const left = this.#open;
    this.#open = [];
    if (left.length > LINES_AGAIN_MAX) return [taken, ...eachLine(left, this.#start, fault)];
    this.#again = left;
    return [taken];
  }
}

/** Returns each line that is not blank as one body. */
const eachLine = (lines: readonly string[], first: number, fault: string): LineRange[] =>
  lines
    .map((text, index) => ({ text, line: first + index, lastLine: first + index, fault }))
    .filter(({ text }) => text.trim() !== '');

const TOO_LONG = `it has more than ${DOCUMENT_LENGTH_MAX / 1024 / 1024} MiB`;
