/**
 * Finds points of one message that replace each other: openGemini keeps one point of a series and a time. Only hashes of
 * series and times are compared, and no fields, because this runs for every line.
 */

import type { LineBuffer } from './line-buffer.ts';

const SPACE = 32;

/** The series and times of the lines of one message. */
export class WrittenPoints {
  /** Hashes in pairs, by open addressing. A slot with two zeros is free. */
  readonly #table: Int32Array;
  readonly #mask: number;

  /** @param count - Lines, at most. */
  constructor(count: number) {
    const slots = 2 ** Math.ceil(Math.log2(2 * count));
    this.#table = new Int32Array(2 * slots);
    this.#mask = slots - 1;
  }

  /**
   * Adds the last committed line of a buffer. Returns whether an earlier line has the same series and time in the same
   * target. Two hashes of 32 bits make an error less likely than one in 10^9 for a message of 100,000 lines.
   */
  add({ bytes, lastStart, length, seriesEnd, targetHash }: LineBuffer): boolean {
    let one = targetHash;
    let other = targetHash;
    for (let at = lastStart; at < seriesEnd; at++) {
      const byte = bytes[at] as number;
      one = Math.imul(one ^ byte, 0x01000193);
      other = Math.imul(other + byte, 0x85ebca6b);
    }
    // Separates the series from the digits of the time.
    one = Math.imul(one ^ SPACE, 0x01000193);
    other = Math.imul(other + SPACE, 0x85ebca6b);
    for (let at = length - 2; bytes[at] !== SPACE; at--) {
      const byte = bytes[at] as number;
      one = Math.imul(one ^ byte, 0x01000193);
      other = Math.imul(other + byte, 0x85ebca6b);
    }
    return this.#insert(one ^ (one >>> 15) || 1, other ^ (other >>> 13));
  }

  #insert(one: number, other: number): boolean {
    const table = this.#table;
    for (let slot = (one ^ other) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = 2 * slot;
      if (table[at] === 0 && table[at + 1] === 0) {
        table[at] = one;
        table[at + 1] = other;
        return false;
      }
      if (table[at] === one && table[at + 1] === other) return true;
    }
  }
}
