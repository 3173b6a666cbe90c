/** Converts a message with the scanner and without it, and compares everything that can be seen of the results. */

import type { ConversionObserver } from '../../../src/sink/convert/conversion-observer.ts';
import { type Converter, type ConverterOptions, createConverter } from '../../../src/sink/convert/converter.ts';
import { LineBuffer } from '../../../src/sink/lines/line-buffer.ts';
import type { Mapping } from '../../../src/sink/mapping/mapping.ts';
import type { Message } from '../../../src/sink/message.ts';

const TARGET = { database: 'db', retentionPolicy: undefined };

/** What became of one message. */
interface Conversion {
  readonly isScanned: boolean;
  /** Lines, refusals, and counters. */
  readonly seen: readonly unknown[];
}

/** Both conversions of one message. */
export interface Comparison {
  readonly isScanned: boolean;
  readonly scanned: readonly unknown[];
  readonly decoded: readonly unknown[];
}

/** Converts messages of one mapping on both paths. */
export class BothPaths {
  readonly #scanning: Converter;
  readonly #decoding: Converter;
  readonly #buffer = new LineBuffer(TARGET);

  constructor(mapping: Mapping, options: Partial<ConverterOptions> = {}) {
    const all: ConverterOptions = {
      mapping,
      converter: 'line',
      decode: { input: 'auto', messageBytesMax: 1_000_000 },
      target: TARGET,
      ...options,
    };
    this.#scanning = createConverter(all);
    this.#decoding = createConverter({ ...all, scan: false });
  }

  compare(message: Message): Comparison {
    const { isScanned, seen } = this.#convert(this.#scanning, message);
    return { isScanned, scanned: seen, decoded: this.#convert(this.#decoding, message).seen };
  }

  #convert(converter: Converter, message: Message): Conversion {
    const buffer = this.#buffer;
    const seen: unknown[] = [];
    const observer: ConversionObserver = {
      refused: ({ eventIndex, refusal, measurement }) => seen.push(['refused', eventIndex, refusal, measurement]),
      converted: ({ altered, omitted, implausibleTimes }) => seen.push(['changed', altered, omitted, implausibleTimes]),
      dropped: () => seen.push('dropped'),
      replaced: () => seen.push('replaced'),
      conflictsResolved: () => seen.push('conflict'),
    };
    const decoded = converter.decode(message, 0);
    const { isScanned } = decoded;
    const buffers = { bufferFor: () => buffer, isFull: () => false, takeFull: () => [] };
    for (const _batch of converter.convert(decoded, buffers, observer)) throw new Error('The buffer is never full.');
    seen.push([decoded.count, decoded.bytes, decoded.isControl], buffer.bytes.toString('utf8', 0, buffer.length));
    buffer.length = 0;
    buffer.lines = 0;
    return { isScanned, seen };
  }
}
