/** Restores lines with their owners from the bytes of the lines. */

import type { OwnedBatch, Target } from '../../sink/ports.ts';

const NEWLINE = 10;

/**
 * Finds the lines in their bytes. Each line break ends a line, because no line contains one.
 *
 * @throws If the numbers of lines and owners differ.
 */
export const ownedLines = (
  target: Target,
  body: Uint8Array,
  messageOf: Uint32Array,
  eventOf: Uint32Array,
): OwnedBatch => {
  const lines = messageOf.length;
  const lineEnds = new Uint32Array(lines);
  let at = 0;
  for (let line = 0; line < lines; line++) {
    at = body.indexOf(NEWLINE, at) + 1;
    if (at === 0) throw new Error('there are fewer lines than owners');
    lineEnds[line] = at;
  }
  if (at !== body.length) throw new Error('there are more lines than owners');
  return { target, body, lines, lineEnds, messageOf, eventOf };
};
