/** Prints lines as they are made. Where they go elsewhere than configured, a comment before them says where. */

import type { LineBuffers } from '../src/sink/convert/converter.ts';
import { UNLIMITED } from '../src/sink/lines/batch.ts';
import { LineBuffer } from '../src/sink/lines/line-buffer.ts';
import { type Target, targetKey } from '../src/sink/ports.ts';

export interface LinePrinter extends LineBuffers {
  /** Lines that were made since stay unseen until then. */
  flush(): void;
}

/** Whoever reads line protocol skips comments, so what is printed stays line protocol. */
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
