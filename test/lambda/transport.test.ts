/** TLS and credentials, through the whole handler. Covers `lambda/compose.ts` and `adapters/opengemini.ts`. */

import { expect, test } from 'vitest';
import { toRecord } from '../../local/event-source/sqs-event.ts';
import { useAwsEnvironment } from '../adapters/aws-access.ts';
import { hasOpenssl, selfSigned } from '../adapters/certificates.ts';
import { startNode, written } from '../adapters/nodes.ts';
import { useQueues } from '../local/source.ts';
import { catchOutput, ingestWith } from './invoking.ts';

const { endpoint, createQueues, sendBodies, receive } = useQueues();
useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_SQS: endpoint() }));

const EVENT = '{"measurement":"m","fields":{"v":1},"timestamp":"1780000000000000000"}';

const setUp = async (variables: Readonly<Record<string, string>>) => {
  const queues = await createQueues({ visibilityTimeoutSeconds: 600 });
  const output = catchOutput();
  const invoke = ingestWith({
    OPENGEMINI_DATABASE: 'db',
    SINK_RETRY_ATTEMPTS_MAX: '1',
    DEAD_LETTER_QUEUE_URL: queues.deadLetterQueueUrl,
    AWS_ENDPOINT_URL_SQS: endpoint(),
    ...variables,
  });
  const records = async () => {
    await sendBodies(queues.queueUrl, [EVENT]);
    return (await receive(queues.queueUrl)).map((message) =>
      toRecord(message, 'arn:aws:sqs:eu-central-1:000000000000:q'),
    );
  };
  return { invoke, records, output };
};

const WARNING = 'The password crosses the network in readable form, because an address begins with http.';

test('an instance warns once that a public address would receive the password without TLS', async () => {
  const node = await startNode(written);
  // The system connects to this machine, but the address is neither loopback nor private.
  const url = node.url.replace('127.0.0.1', '0.0.0.0');
  const credentials = { OPENGEMINI_USERNAME: 'writer', OPENGEMINI_PASSWORD: 'right' };
  const { invoke, records, output } = await setUp({ OPENGEMINI_URL: url, ...credentials });
  for (let i = 0; i < 2; i++) expect(await invoke(await records())).toEqual({ batchItemFailures: [] });
  const warnings = output.logs().filter(({ message }) => message === WARNING);
  expect(warnings).toMatchObject([{ level: 'WARN', nodes: [new URL(url).host] }]);
});

test('an instance does not warn of a private address, or without a password', async () => {
  const node = await startNode(written);
  const credentials = { OPENGEMINI_USERNAME: 'writer', OPENGEMINI_PASSWORD: 'right' };
  for (const variables of [
    { OPENGEMINI_URL: node.url, ...credentials },
    { OPENGEMINI_URL: node.url.replace('127.0.0.1', '0.0.0.0') },
  ]) {
    const { invoke, records, output } = await setUp(variables);
    expect(await invoke(await records())).toEqual({ batchItemFailures: [] });
    expect(output.text()).not.toContain(WARNING);
  }
});

test.skipIf(!hasOpenssl)(
  'a server with an unknown certificate receives nothing, and the message is returned (needs the openssl command)',
  async () => {
    const node = await startNode(written, selfSigned());
    const { invoke, records, output } = await setUp({ OPENGEMINI_URL: node.url });
    const [record] = await records();
    if (record === undefined) throw new Error('no message');
    expect(await invoke([record])).toEqual({ batchItemFailures: [{ itemIdentifier: record.messageId }] });
    expect(node.seen).toEqual([]);
    expect(output.text()).toContain('DEPTH_ZERO_SELF_SIGNED_CERT: self-signed certificate');
  },
);
