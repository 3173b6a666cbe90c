/** Credentials from Secrets Manager: cached, renewed on request, and read within a time limit. */

import { describe, expect, test, vi } from 'vitest';
import { secretCredentials } from '../../src/adapters/secrets.ts';
import { useAwsEnvironment } from './aws-access.ts';
import { type Answer, inTurn, startNode } from './nodes.ts';

useAwsEnvironment(() => ({}));

const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:writer';
const holding =
  (text: string): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ ARN, Name: 'writer', SecretString: text }));
  };
const secret = (password: string): string => JSON.stringify({ username: 'writer', password, other: 1 });

const start = async (...answers: readonly Answer[]) => {
  const node = await startNode(inTurn(...answers));
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', node.url);
  return node;
};

test('a secret is read once and cached, and renewal reads it again and caches the result', async () => {
  const node = await start(holding(secret('one')), holding(secret('two')));
  const source = secretCredentials(ARN, 1_000);
  expect(await source.current()).toEqual({ username: 'writer', password: 'one' });
  expect(await source.current()).toEqual({ username: 'writer', password: 'one' });
  expect(node.seen).toHaveLength(1);
  expect(JSON.parse(String(node.seen[0]?.body))).toMatchObject({ SecretId: ARN });
  expect(await source.renew()).toEqual({ username: 'writer', password: 'two' });
  expect(await source.current()).toEqual({ username: 'writer', password: 'two' });
  expect(node.seen).toHaveLength(2);
});

describe('faulty secrets', () => {
  test.each(['{"username":"u"}', '{"username":"u","password":7}', '[]', 'null', '"hush-hush"', 'hush-hush', '{hush'])(
    'a secret of another form is reported without its contents: %s',
    async (text) => {
      await start(holding(text));
      const failure = await secretCredentials(ARN, 1_000)
        .current()
        .then(String, (error: Error) => error.message);
      expect(failure).toBe(`The secret ${ARN} must be JSON with the strings "username" and "password".`);
    },
  );
  test('reading a secret fails at the time limit when the service does not respond', async () => {
    const node = await start(() => undefined);
    const started = performance.now();
    await expect(secretCredentials(ARN, 100).current()).rejects.toThrow(/100 ms/);
    expect(performance.now() - started).toBeLessThan(3_000);
    expect(node.seen.length).toBeGreaterThan(0);
  });
});
