/** Where a benchmark converts to: one buffer for all lines. An event that is refused ends it. */

import type { LineBuffers } from '../src/sink/convert/converter.ts';
import { LineBuffer } from '../src/sink/lines/line-buffer.ts';
import type { Target } from '../src/sink/ports.ts';

export const oneBuffer = (target: Target): { readonly buffer: LineBuffer; readonly output: LineBuffers } => {
  const buffer = new LineBuffer(target);
  const output = {
    bufferFor: () => buffer,
    isFull: () => false,
    refused: () => {
      throw new Error('An event of the benchmark was refused');
    },
  };
  return { buffer, output };
};
