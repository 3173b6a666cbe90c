/** Variable-length integers: seven bits per byte, the lowest first. */

/** Collects numbers as bytes. */
export class VarintWriter {
  readonly #bytes: number[] = [];

  /**
   * Writes a number.
   *
   * @param value - A whole number from 0 to 2^53-1.
   */
  write(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes.push(rest);
  }

  /** Writes a number of either sign, so that numbers close to 0 take few bytes. */
  writeSigned(value: number): void {
    this.write(value < 0 ? -2 * value - 1 : 2 * value);
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** Reads numbers one after the other. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  /** Offset of the next number. */
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  /**
   * Returns the next number.
   *
   * @throws At the end of the bytes, and for a number above 2^53-1.
   */
  read(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) throw new Error('it ends in the middle of a number');
      value += (byte & 0x7f) * factor;
      if (!Number.isSafeInteger(value)) throw new Error('a number is too large');
      if (byte < 0x80) return value;
    }
  }

  readSigned(): number {
    const value = this.read();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
