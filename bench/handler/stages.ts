/**
 * Parts of the handler's work, each with the parts before it. The differences between them are the stages of its
 * profile. They call the same code as the handler.
 */

import { gzipSync } from 'node:zlib';
import type { SQSEvent } from 'aws-lambda';
import { systemClock } from '../../src/adapters/clock.ts';
import { openGemini } from '../../src/adapters/opengemini.ts';
import { createOurs } from '../conversion/ours.ts';
import { ROOT } from '../conversion/root.ts';
import { dataSet } from '../data.ts';
import { dataOf, type EventSize } from './event.ts';
import type { Invoke } from './invoke.ts';

/** Nested parts of the work, in their order. */
export const PARTS = ['convert', 'compress', 'write'] as const;
/** Part of the work, with those before it. */
export type Part = (typeof PARTS)[number];

/** Lines per request (default of `SINK_BATCH_LINES_INITIAL`). */
const BATCH_LINES = 500;
/** Requests in flight (default of `SINK_IN_FLIGHT_MAX`). */
const IN_FLIGHT_MAX = 4;
const DEADLINE_MS = 30_000;
const TARGET = { database: 'bench', retentionPolicy: undefined };

const NO_CREDENTIALS = { current: async () => undefined, renew: async () => undefined };

/** Returns what is done with the lines of each batch. */
const afterConversion = (part: Part, url: string): ((lines: Uint8Array) => unknown) => {
  if (part === 'convert') return ({ length }) => length;
  // As the writer does with bodies of this size (`src/adapters/opengemini.ts`).
  if (part === 'compress') return (lines) => gzipSync(lines, { level: 1 }).length;
  const server = openGemini({
    urls: [url],
    credentials: NO_CREDENTIALS,
    ca: undefined,
    clientCertificate: undefined,
    timeoutMs: DEADLINE_MS,
    gzip: 'on',
    clock: systemClock,
  });
  return async (body) => {
    const deadline = systemClock.deadlineIn(DEADLINE_MS);
    const { kind } = await server.write({ target: TARGET, body, lines: BATCH_LINES }, deadline);
    deadline.release();
    if (kind !== 'written') throw new Error(`A batch was not written: ${kind}.`);
  };
};

/** Returns a function that does a part of the handler's work. */
export const createPart = async (
  part: Part,
  size: EventSize,
  url: string,
  events: readonly SQSEvent[],
): Promise<Invoke> => {
  const data = dataSet(dataOf(size));
  const texts = events.flatMap(({ Records }) => Records.map(({ body }) => body));
  const encode = await createOurs(data, texts, { root: ROOT, converter: 'line' });
  const after = afterConversion(part, url);
  const step = BATCH_LINES / size.events;
  return async (event) => {
    const start = events.indexOf(event) * size.messages;
    const end = start + size.messages;
    let inFlight: unknown[] = [];
    for (let first = start; first < end; first += step) {
      inFlight.push(after(encode(first, Math.min(first + step, end))));
      if (inFlight.length < IN_FLIGHT_MAX) continue;
      await Promise.all(inFlight);
      inFlight = [];
    }
    await Promise.all(inFlight);
  };
};
