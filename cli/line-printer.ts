/** Prints lines as they are converted. A comment names the target of lines that do not go to the configured one. */

import type { LineBuffers } from '../src/sink/convert/converter.ts';
import { UNLIMITED } from '../src/sink/lines/batch.ts';
import { LineBuffer } from '../src/sink/lines/line-buffer.ts';
import { type Target, targetKey } from '../src/sink/ports.ts';

/** Prints lines in their order of conversion. A change of target prints the lines of the previous one. */
export interface LinePrinter extends LineBuffers {
  /** Prints the lines converted since the last call. */
  flush(): void;
}

/** Creates a printer. The output is valid line protocol, because parsers of line protocol skip comments. */
export const createLinePrinter = (configured: Target, write: (text: string | Uint8Array) => void): LinePrinter => {
  let buffer = new LineBuffer(configured);
  let shown = configured;
  const flush = (): void => {
    if (buffer.lines === 0) return;
    if (targetKey(buffer.target) !== targetKey(shown)) write(`# ${placeText(buffer.target, configured)}\n`);
    shown = buffer.target;
    write(buffer.flush(UNLIMITED).body);
  };
  return {
    bufferFor(target) {
      if (targetKey(target) === targetKey(buffer.target)) return buffer;
      flush();
      buffer = new LineBuffer(target);
      return buffer;
    },
    isFull: () => false,
    takeFull: () => [],
    flush,
  };
};

const placeText = ({ database, retentionPolicy }: Target, configured: Target): string => {
  const named = database === configured.database ? 'as configured' : database;
  return `database ${named}${retentionPolicy === undefined ? '' : `, retention policy ${retentionPolicy}`}`;
};
