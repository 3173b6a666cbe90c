/**
 * Format 1: gzip of one line of JSON with the owners, followed by the lines. It stays readable forever. No code has written
 * it since format 2; its writer is in the tests.
 */

import type { Target } from '../../sink/ports.ts';
import { unpack } from './codec.ts';
import { ownedLines } from './owned-lines.ts';
import type { Segment, Trace } from './segment.ts';

/** Contents of the line of JSON. */
export interface Owners {
  readonly traces: readonly Trace[];
  /** For each line: the index of its trace, and the index of its event. */
  readonly owners: readonly (readonly [trace: number, event: number])[];
}

const NEWLINE = 10;

/**
 * Reads a segment.
 *
 * @throws If the bytes are damaged.
 */
export const readFormat1 = (data: Uint8Array, target: Target): Segment => {
  const content = Buffer.from(unpack(data));
  const end = content.indexOf(NEWLINE);
  const { traces, owners } = JSON.parse(content.toString('utf8', 0, end)) as Owners;
  const lines = ownedLines(
    target,
    content.subarray(end + 1),
    Uint32Array.from(owners, ([trace]) => trace),
    Uint32Array.from(owners, ([, event]) => event),
  );
  return { lines, traces };
};
