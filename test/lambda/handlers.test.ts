/** The handlers that the library exports: they are composed once, and only when needed. */

import { expect, onTestFinished, test, vi } from 'vitest';
import { createFlushHandler, createIngestHandler } from '../../src/lambda/handlers.ts';
import { context } from './context.ts';
import { catchOutput } from './invoking.ts';

test('load composes the ingest handler without reading the configuration', async () => {
  const output = catchOutput();
  const handler = createIngestHandler({ variables: { OPENGEMINI_URL: 'nope' } });
  await handler.load();
  expect(output.text()).toBe('');
  await expect(handler({ Records: [] }, context(30_000))).rejects.toThrow('OPENGEMINI_URL');
});

test('events that arrive while the services are being loaded share one ingest handler', async () => {
  vi.stubEnv('AWS_LAMBDA_INITIALIZATION_TYPE', 'on-demand');
  onTestFinished(() => void vi.unstubAllEnvs());
  const output = catchOutput();
  const handler = createIngestHandler({ variables: { OPENGEMINI_URL: 'nope' } });
  const event = { Records: [] };
  await Promise.allSettled([handler(event, context(30_000)), handler(event, context(30_000))]);
  const starts = output.logs().filter(({ message }) => message === 'The sink cannot start.');
  // A logger reports a cold start once. Two handlers would have two loggers, and so two cold starts.
  expect(starts.map(({ cold_start }) => cold_start).sort()).toEqual([false, true]);
});

test('the flush handler of the library fails with the faults of its configuration', async () => {
  catchOutput();
  const handler = createFlushHandler({ variables: { OPENGEMINI_URL: 'nope' } });
  await handler.load();
  await expect(handler({}, context(30_000))).rejects.toThrow('OPENGEMINI_URL');
});

test('the flush handler refuses messages, because Lambda would delete them unread', async () => {
  catchOutput();
  const handler = createFlushHandler({
    variables: { OPENGEMINI_URL: 'http://127.0.0.1:1', OPENGEMINI_DATABASE: 'db' },
  });
  const event = { Records: [{ messageId: 'a', body: '{}' }] };
  await expect(handler(event, context(30_000))).rejects.toThrow('Let the queue invoke the ingest function');
});

test('Lambda accepts the handlers of the library, which have no parameter for a callback', () => {
  expect([createIngestHandler({}).length, createFlushHandler({}).length]).toEqual([2, 2]);
});
