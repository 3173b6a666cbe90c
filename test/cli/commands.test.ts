/** Tests of `cli/dev.ts` and `cli/send.ts` as processes, as users call them. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { folderWith } from './folder.ts';
import { run } from './running.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const responds = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  );

test('dev prints one line of JSON, and ends when the npm process that started it gets SIGTERM', async () => {
  const npm = spawn('npm', ['--prefix', ROOT, 'run', '--silent', 'sink', '--', 'dev', '--json'], {
    cwd: folderWith({}),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // Without effect if the test has already ended it.
  onTestFinished(() => {
    npm.kill('SIGTERM');
  });
  const [line] = await once(createInterface({ input: npm.stdout }), 'line');
  const addresses = JSON.parse(line);
  expect(Object.keys(addresses)).toEqual([
    'sqsEndpoint',
    'queueUrl',
    'deadLetterQueueUrl',
    'dynamodbEndpoint',
    'stateTable',
    'opengeminiUrl',
    'database',
    'lambdaEndpoint',
    'flushFunction',
    'console',
  ]);
  expect(await responds(`${addresses.opengeminiUrl}/ping`)).toBe(true);
  npm.kill('SIGTERM');
  await expect.poll(() => responds(`${addresses.opengeminiUrl}/ping`)).toBe(false);
});

test.each([
  [['dev', '--timeout', '0'], 'whole number from 1 to 900'],
  [['dev', '--timeout', '901'], 'whole number from 1 to 900'],
  [['dev', '--visibility', '0'], 'whole number from 1 to 43200'],
  [['dev', '--fifo', '--window', '5'], 'no batching window for FIFO queues'],
  [['dev', '--fifo', '--batch-size', '100'], 'whole number from 1 to 10 with --fifo, got "100"'],
  [['send', '--queue-url', 'nope'], 'must be the address of a queue'],
  [['send', '--queue-url', 'http://127.0.0.1:9/1/q'], 'Cannot send to the queue'],
])('the command reports the fault in the arguments %j in a sentence, without a stack', async (args, message) => {
  const { code, err } = await run(args, 'an event\n', {}, folderWith({}));
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  expect(err).not.toContain('    at ');
});
