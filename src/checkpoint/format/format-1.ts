/**
 * Format 1: gzip of a line of JSON with the owners, then the lines. Anything can read it. It is read for ever, and
 * written by nobody since format 2.
 */

import type { Target } from '../../sink/ports.ts';
import { packGzip, unpack } from './codec.ts';
import { ownedLines } from './owned-lines.ts';
import type { Segment, Trace } from './segment.ts';

interface Owners {
  readonly traces: readonly Trace[];
  /** For each line: its trace, and its event. */
  readonly owners: readonly (readonly [trace: number, event: number])[];
}

const NEWLINE = 10;

export const writeFormat1 = ({ lines, traces }: Segment): Uint8Array => {
  const owners: Owners = {
    traces,
    owners: Array.from(lines.messageOf, (trace, line) => [trace, lines.eventOf[line] as number]),
  };
  return packGzip(Buffer.concat([Buffer.from(`${JSON.stringify(owners)}\n`), lines.body]));
};

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
