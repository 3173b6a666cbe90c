/** 10,000 dead letters are listed, tried, and sent back by a command that is killed 20 times. None is lost. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, onTestFinished, test } from 'vitest';
import { emulatorAccess } from '../../local/loopback.ts';
import { startQueueService } from '../../local/queue/queue.ts';
import { randomFrom } from '../../local/workload/random.ts';
import { buildMessage } from '../../src/testing/messages.ts';
import { bodyOf, CORRECTED, deadLettersOf, depths, newQueues, sendAll } from '../cli/dead-letters/letters.ts';
import { MAIN, run } from '../cli/running.ts';
import { pause, until } from './world.ts';

const LETTERS = 10_000;
const KILLS = 20;
const CONNECTIONS = 8;

test(`sends ${LETTERS} dead letters back while the command is killed ${KILLS} times`, async () => {
  const service = await startQueueService();
  onTestFinished(() => service.close());
  const client = new SQSClient(emulatorAccess(service.endpoint));
  onTestFinished(() => client.destroy());
  const { queueUrl, deadLetterQueueUrl } = await newQueues(service);
  const letters = Array.from({ length: LETTERS / 100 }, (_, message) =>
    deadLettersOf(
      buildMessage(bodyOf('hall', ...Array.from({ length: 100 }, (__, at) => `${at}.5`)), { id: `message ${message}` }),
    ),
  ).flat();
  expect(letters.length).toBe(LETTERS);
  await sendAll(client, deadLetterQueueUrl, letters);

  const dlq = async (command: string, ...args: readonly string[]) => {
    const started = performance.now();
    const { out } = await run(['dlq', command, '--json', '--dead-letter-queue-url', deadLetterQueueUrl, ...args]);
    return { seconds: ((performance.now() - started) / 1_000).toFixed(1), ...JSON.parse(out) };
  };
  const listed = await dlq('list');
  expect([listed.letters, listed.groups.length, listed.groups[0].count]).toEqual([LETTERS, 1, LETTERS]);
  const tried = await dlq('try', '--mapping', JSON.stringify(CORRECTED));
  expect([tried.letters, tried.written]).toEqual([LETTERS, LETTERS]);
  console.log(`list took ${listed.seconds} s, try ${tried.seconds} s`);

  const seed = Number(process.env.KILL_SEED ?? Date.now() % 1e6);
  const random = randomFrom(seed);
  const args = ['dlq', 'redrive', '--dead-letter-queue-url', deadLetterQueueUrl, '--to', queueUrl, '--wait', '0'];
  for (let kill = 0; kill < KILLS; kill++) {
    const before = (await depths(client, queueUrl)).visible;
    const child = spawn(process.execPath, [MAIN, ...args, '--connections', String(CONNECTIONS)], {
      env: { PATH: process.env.PATH },
      stdio: 'ignore',
    });
    await until(
      async () => (await depths(client, queueUrl)).visible > before || child.exitCode !== null,
      'a letter was sent',
      120_000,
    );
    await pause(random.next() * 100);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const atLastKill = (await depths(client, queueUrl)).visible;
  expect(atLastKill, 'the kills came before the end').toBeLessThan(LETTERS);
  // Letters that a killed command had received are hidden for a minute.
  const started = performance.now();
  await until(
    async () => {
      await run(args);
      const { visible, hidden } = await depths(client, deadLetterQueueUrl);
      return visible + hidden === 0;
    },
    'the dead-letter queue was empty',
    300_000,
  );
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);

  const identities: string[] = [];
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['origin'] }),
    );
    if (Messages.length === 0) break;
    for (const { MessageAttributes } of Messages) {
      const { messageId, eventIndex } = JSON.parse(MessageAttributes?.origin?.StringValue ?? '{}');
      identities.push(`${messageId} ${eventIndex}`);
    }
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
  const copies = identities.length - new Set(identities).size;
  console.log(
    `seed ${seed}: ${atLastKill} letters sent before the last of ${KILLS} kills, the rest ${seconds} s later; ${copies} sent twice`,
  );
  expect(new Set(identities).size).toBe(LETTERS);
  expect(copies).toBeLessThanOrEqual(KILLS * CONNECTIONS);
});
