/** Dead letters and visibility on the queue emulator, which enforces the limits of SQS. */

import type { Message } from '@aws-sdk/client-sqs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { changeVisibility } from '../../src/adapters/received-messages.ts';
import { sendLetters, sqsClient } from '../../src/adapters/sqs.ts';
import type { DeadLetter } from '../../src/sink/ports.ts';
import { useQueues } from '../local/source.ts';
import { useAwsEnvironment } from './aws-access.ts';
import { closedAddress, startNode, within } from './nodes.ts';

const { endpoint, createQueues, sendBodies, receive, depth } = useQueues();
useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_SQS: endpoint() }));

const client = (): ReturnType<typeof sqsClient> => {
  const opened = sqsClient();
  onTestFinished(() => opened.destroy());
  return opened;
};

const letter = (key: string, more: Partial<DeadLetter> = {}): DeadLetter => ({
  key,
  body: `{"event":"${key}"}`,
  attributes: { reason: 'field-type', detail: 'fields.v: text', origin: `{"eventIndex":"${key}"}` },
  groupId: undefined,
  deduplicationId: key.padEnd(64, '0'),
  ...more,
});

const receiveAll = async (queueUrl: string): Promise<Message[]> => {
  const all: Message[] = [];
  for (;;) {
    const some = await receive(queueUrl);
    if (some.length === 0) return all;
    all.push(...some);
  }
};

test('dead letters arrive unchanged, and each is confirmed', async () => {
  const { queueUrl } = await createQueues();
  const letters = Array.from({ length: 10 }, (_, i) => letter(String(i), { body: `body ${i} é 😀` }));
  expect(await sendLetters(client(), queueUrl, letters, within(5_000))).toEqual(letters.map(() => true));
  const received = await receiveAll(queueUrl);
  expect(received.map(({ Body }) => Body).sort()).toEqual(letters.map(({ body }) => body));
  for (const { Body, MessageAttributes } of received) {
    const sent = letters.find(({ body }) => body === Body) as DeadLetter;
    const values = Object.entries(MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]);
    expect(Object.fromEntries(values)).toEqual(sent.attributes);
  }
});

test('dead letters that the queue refuses are not confirmed, and the others of the call are', async () => {
  const { queueUrl } = await createQueues();
  const letters = [
    letter('a'),
    letter('b', { body: 'bell \u0007' }),
    letter('c', { attributes: { reason: '' } }),
    letter('d'),
  ];
  expect(await sendLetters(client(), queueUrl, letters, within(5_000))).toEqual([true, false, false, true]);
  expect(await receiveAll(queueUrl)).toHaveLength(2);
});

test('dead letters for a FIFO queue keep their groups, and are stored once when they are sent twice', async () => {
  const { queueUrl } = await createQueues({ fifo: true });
  const letters = [
    letter('a', { groupId: 'one' }),
    letter('b', { groupId: 'two' }),
    letter('c', { groupId: undefined }),
  ];
  for (let i = 0; i < 2; i++) {
    expect(await sendLetters(client(), queueUrl, letters, within(5_000))).toEqual([true, true, true]);
  }
  expect(await depth(queueUrl)).toEqual([3, 0]);
  const received = await receiveAll(queueUrl);
  const ids = received.map(({ Attributes = {} }) => [Attributes.MessageGroupId, Attributes.MessageDeduplicationId]);
  expect(ids).toEqual([
    ['one', 'a'.padEnd(64, '0')],
    ['two', 'b'.padEnd(64, '0')],
    ['none', 'c'.padEnd(64, '0')],
  ]);
});

test.each([
  ['events', ['Id', 'MessageAttributes', 'MessageBody']],
  ['events.fifo', ['Id', 'MessageAttributes', 'MessageBody', 'MessageDeduplicationId', 'MessageGroupId']],
])(
  'a dead letter for the queue %s has exactly the members %j, because a standard queue refuses others',
  async (name, members) => {
    const node = await startNode((_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{"Successful":[],"Failed":[]}');
    });
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', node.url);
    // A response without confirmations confirms none.
    expect(await sendLetters(client(), `${node.url}/1/${name}`, [letter('a')], within(5_000))).toEqual([false]);
    expect(Object.keys(JSON.parse(`${node.seen[0]?.body}`).Entries[0]).sort()).toEqual(members);
  },
);

test('sending dead letters throws if the call fails', async () => {
  const { queueUrl } = await createQueues();
  const eleven = Array.from({ length: 11 }, (_, i) => letter(String(i)));
  await expect(sendLetters(client(), queueUrl, eleven, within(5_000))).rejects.toThrow();
  expect(await receiveAll(queueUrl)).toEqual([]);
});

test('sending dead letters fails at the deadline when the queue does not respond', async () => {
  const node = await startNode(() => undefined);
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', node.url);
  const started = performance.now();
  await expect(sendLetters(client(), `${node.url}/1/q`, [letter('a')], within(100))).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(performance.now() - started).toBeLessThan(3_000);
  await expect.poll(() => node.closed).toEqual([0]);
});

describe('visibility', () => {
  const handlesOf = (messages: readonly Message[]): string[] => messages.map(({ ReceiptHandle }) => `${ReceiptHandle}`);

  test('visibility is set for more messages than one call can have', async () => {
    const { queueUrl } = await createQueues({ visibilityTimeoutSeconds: 600 });
    await sendBodies(
      queueUrl,
      Array.from({ length: 25 }, (_, i) => `message ${i}`),
    );
    const handles = handlesOf(await receiveAll(queueUrl));
    expect(handles).toHaveLength(25);
    expect(await receiveAll(queueUrl)).toEqual([]);
    const changes = handles.map((receiptHandle, i) => ({ receiptHandle, seconds: i === 24 ? 300 : 0 }));
    expect(await changeVisibility(client(), queueUrl, changes, within(5_000))).toBe(25);
    expect(await receiveAll(queueUrl)).toHaveLength(24);
  });

  test('visibility is set for the other messages when one fails, and only confirmed changes are counted', async () => {
    const { queueUrl } = await createQueues({ visibilityTimeoutSeconds: 600 });
    await sendBodies(queueUrl, ['a', 'b']);
    const handles = handlesOf(await receiveAll(queueUrl));
    const changes = [handles[0] as string, 'no such handle', handles[1] as string].map((receiptHandle) => ({
      receiptHandle,
      seconds: 0,
    }));
    expect(await changeVisibility(client(), queueUrl, changes, within(5_000))).toBe(2);
    expect(await receiveAll(queueUrl)).toHaveLength(2);
  });

  test('changing visibility does not throw when the queue is missing or unavailable, or after the deadline', async () => {
    const changes = [{ receiptHandle: 'x', seconds: 1 }];
    const { queueUrl } = await createQueues();
    expect(await changeVisibility(client(), `${queueUrl}-none`, changes, within(5_000))).toBe(0);
    const passed = within(5_000);
    expect(await changeVisibility(client(), queueUrl, changes, { ...passed, signal: AbortSignal.abort() })).toBe(0);
    expect(await changeVisibility(client(), queueUrl, [], within(5_000))).toBe(0);
    const closed = await closedAddress();
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', closed);
    expect(await changeVisibility(client(), `${closed}/1/q`, changes, within(5_000))).toBe(0);
  });
});

test('a call to AWS that hangs throws at its time limit, because otherwise the SDK only logs a warning', async () => {
  const opened = client();
  const { queueUrl } = await createQueues();
  await sendLetters(opened, queueUrl, [letter('a')], within(5_000));
  const { requestHandler } = opened.config as unknown as {
    readonly requestHandler: { httpHandlerConfigs(): Record<string, unknown> };
  };
  expect(requestHandler.httpHandlerConfigs()).toMatchObject({ requestTimeout: 5_000, throwOnRequestTimeout: true });
});
