/** Type-checked only, in the consumer of `installed.test.ts`: types of the library are neither missing nor `any`. */

import {
  createConverter,
  createIngestHandler,
  type Outcome,
  parseMapping,
  readConfig,
  type Writer,
} from 'opengemini-sqs-sink';
import { buildMessage, convertBodies, convertMessages } from 'opengemini-sqs-sink/testing';

/** A writer of a user. */
export const writer: Writer = { write: async (): Promise<Outcome> => ({ kind: 'written' }) };
convertBodies([], readConfig({}));

// @ts-expect-error An outcome is an object.
export const wrongWriter: Writer = { write: async () => 'written' };

// @ts-expect-error A mapping is parsed first.
convertMessages([buildMessage({})], { mapping: { version: 1 } });
// @ts-expect-error A converter needs options.
createConverter();
// @ts-expect-error The result is a mapping or faults.
parseMapping({}).mapping;
// @ts-expect-error The first parameter is an SQS event.
createIngestHandler()('event', {});
// @ts-expect-error The package does not export its files.
export type Internal = typeof import('opengemini-sqs-sink/dist/lib/src/sink/sink.js');
