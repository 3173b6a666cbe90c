/** `MaximumConcurrency` of an event source mapping, read and moved over the protocol of Lambda. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type LambdaApi, startLambdaApi } from '../../local/lambda-api.ts';
import { eventSourceMapping } from '../../src/adapters/event-source-mapping.ts';
import type { EventSourceMapping } from '../../src/flush/concurrency-limit.ts';
import { soonEnough } from '../contract/state-table/made-up.ts';
import { useAwsEnvironment } from './aws-access.ts';

const ACTS_AFTER_MS = 100;

let api: LambdaApi;
let mapping: EventSourceMapping;
const source = {
  concurrency: 20,
  limitTo(concurrency: number): void {
    this.concurrency = concurrency;
  },
};

beforeAll(async () => {
  api = await startLambdaApi(source, ACTS_AFTER_MS);
});
afterAll(() => api.close());
useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_LAMBDA: api.endpoint }));
beforeEach(() => {
  mapping = eventSourceMapping(api.mappingId);
});

test('the limit is read and changed, and cannot be changed again until the change takes effect', async () => {
  expect(await mapping.maximumConcurrency(soonEnough())).toBe(20);
  expect(await mapping.limitTo(35, soonEnough())).toBe(true);
  expect([await mapping.maximumConcurrency(soonEnough()), source.concurrency]).toEqual([35, 20]);
  expect(await mapping.limitTo(40, soonEnough())).toBe(false);
  await sleep(2 * ACTS_AFTER_MS);
  expect([await mapping.maximumConcurrency(soonEnough()), source.concurrency]).toEqual([35, 35]);
});

test.each([
  ['setting a limit that the event source refuses', () => mapping.limitTo(1, soonEnough())],
  ['reading the limit of a missing mapping', () => eventSourceMapping('another').maximumConcurrency(soonEnough())],
])('%s fails with an error', async (_, call) => {
  await expect(call()).rejects.toThrow();
});
