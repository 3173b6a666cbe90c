/** Output of the converter for benchmarks: one buffer for all lines. A refused event throws. */

import type { ConversionObserver } from '../src/sink/convert/conversion-observer.ts';
import type { LineBuffers } from '../src/sink/convert/converter.ts';
import { LineBuffer } from '../src/sink/lines/line-buffer.ts';
import type { Target } from '../src/sink/ports.ts';

/** A buffer, with the ports through which a converter writes to it. */
export interface OneBuffer {
  readonly buffer: LineBuffer;
  readonly buffers: LineBuffers;
  readonly observer: ConversionObserver;
}

/**
 * Creates an empty buffer.
 *
 * @param Buffer - Class of the buffer, if it is that of another commit.
 */
export const oneBuffer = (target: Target, Buffer: typeof LineBuffer = LineBuffer): OneBuffer => {
  const buffer = new Buffer(target);
  return {
    buffer,
    buffers: { bufferFor: () => buffer, isFull: () => false, takeFull: () => [] },
    observer: {
      refused: () => {
        throw new Error('An event of the benchmark was refused.');
      },
      converted: () => undefined,
      dropped: () => undefined,
      replaced: () => undefined,
      conflictsResolved: () => undefined,
    },
  };
};
