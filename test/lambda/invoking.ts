/** Calls the handler in process as Lambda does, and captures its output. */

import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { onTestFinished, vi } from 'vitest';
import type { SinkExtensions } from '../../src/config/handler-options.ts';
import { createIngestHandler } from '../../src/lambda/handlers.ts';
import { context } from './context.ts';

/** Captured output. */
export interface Output {
  /** Everything written to stdout and stderr. */
  text(): string;
  logs(): Record<string, unknown>[];
  /** Embedded metrics, one object per line. */
  metrics(): Metrics[];
}

/** Embedded metrics of one line. */
export interface Metrics {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly [
      {
        readonly Namespace: string;
        readonly Dimensions: readonly (readonly string[])[];
        readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
      },
    ];
  };
  readonly [name: string]: unknown;
}

/** Captures output until the end of the test. The handler's loggers write directly to the streams. */
export const catchOutput = (): Output => {
  let caught = '';
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((chunk: string | Uint8Array) => {
      caught += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      return true;
    }),
  );
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
  const lines = (): Record<string, unknown>[] =>
    caught
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  return {
    text: () => caught,
    logs: () => lines().filter((line) => !('_aws' in line)),
    metrics: () => lines().filter((line): line is Metrics => '_aws' in line),
  };
};

/** Invokes the handler with records. */
export type Invoke = (records: readonly SQSRecord[], remainingMs?: number) => Promise<SQSBatchResponse>;

/** One instance of the function. Its state persists from call to call. */
export const ingestWith = (variables: Record<string, string>, extensions: SinkExtensions = {}): Invoke => {
  const handler = createIngestHandler({ ...extensions, variables });
  return (records, remainingMs = 30_000) => handler({ Records: [...records] }, context(remainingMs));
};
