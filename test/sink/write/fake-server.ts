/**
 * A writer with the rules of openGemini that isolation depends on: one type per column, and one time boundary for
 * expiry.
 */

import { lineText } from '../../../src/sink/lines/batch.ts';
import { parseOwnLine } from '../../../src/sink/lines/parse-own-line.ts';
import type { Outcome } from '../../../src/sink/outcome.ts';
import type { OwnedBatch, Writer } from '../../../src/sink/ports.ts';

/** A server, and the requests that it received. */
export interface FakeServer extends Writer {
  /** Stored lines. A line that was acknowledged several times appears as many times. */
  readonly stored: string[];
  readonly requests: { readonly lines: number; readonly bytes: number; readonly outcome: Outcome['kind'] }[];
}

const splitLines = (body: Uint8Array): string[] => Buffer.from(body).toString('utf8').split('\n').slice(0, -1);

/**
 * Creates a server. `fault` returns the outcome of a refused line, or `undefined`. The response names the last refused
 * line of a body; all other lines are stored.
 */
export const fakeServer = (fault: (line: string) => Outcome | undefined): FakeServer => {
  const stored: string[] = [];
  const requests: FakeServer['requests'] = [];
  return {
    stored,
    requests,
    async write({ body, lines }) {
      const faults = splitLines(body).map((line) => fault(line));
      stored.push(...splitLines(body).filter((_, index) => faults[index] === undefined));
      const outcome = faults.findLast((one) => one !== undefined) ?? { kind: 'written' };
      requests.push({ lines, bytes: body.length, outcome: outcome.kind });
      return outcome;
    },
  };
};

/** The conflict of a line that writes another type into the float column `v`. */
export const conflict = (line: string): Outcome | undefined => {
  const { measurement, fields } = parseOwnLine(line);
  const failing = fields.find(([name, value]) => name === 'v' && value.type !== 'float');
  if (failing === undefined) return undefined;
  const text = `partial write: field type conflict: input field "v" on measurement "${measurement}" is type ${failing[1].type}, already exists as type float dropped=${fields.length === 1 ? 1 : 0}`;
  return { kind: 'refused', code: 'type-conflict', text };
};

/** Returns the lines of a batch as text. */
export const linesIn = (batch: OwnedBatch): string[] =>
  Array.from({ length: batch.lines }, (_, index) => lineText(batch, index));
