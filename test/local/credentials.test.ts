/**
 * The password of openGemini appears in no output: not in logs, messages, dead letters, stored items, error texts,
 * command output, or arguments of processes. Every case uses a password that nothing else contains, and searches for its
 * forms.
 */

import { readFileSync } from 'node:fs';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { expect, onTestFinished, test } from 'vitest';
import { readParameters } from '../../infra/parameters.ts';
import { plainTemplate } from '../../infra/plain-template.ts';
import { parameterWarnings } from '../../infra/warnings.ts';
import { LOCAL_DEFAULTS } from '../../local/local-defaults.ts';
import { emulatorAccess } from '../../local/loopback.ts';
import { type StandIn, startStandIn } from '../../local/opengemini/server.ts';
import { createDatabase } from '../../local/opengemini-client.ts';
import { openQueues } from '../../local/queue/queue-access.ts';
import { startLocalSystem } from '../../local/system.ts';
import { closedAddress, startNode } from '../adapters/nodes.ts';
import { folderWith } from '../cli/folder.ts';
import { run } from '../cli/running.ts';
import { startDev } from '../cli/running-dev.ts';

const USER = 'writer';
const PASSWORD = 'kanari+7f3/&= ö';
const CREDENTIALS = { username: USER, password: PASSWORD };
const VARIABLES = { OPENGEMINI_USERNAME: USER, OPENGEMINI_PASSWORD: PASSWORD, OPENGEMINI_DATABASE: 'd' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const FORMS = [
  PASSWORD,
  encodeURIComponent(PASSWORD),
  new URLSearchParams({ p: PASSWORD }).toString().slice(2),
  encodeURI(PASSWORD),
  base64(`${USER}:${PASSWORD}`),
  base64(PASSWORD),
  // The beginning suffices, in case that a text is cut.
  'kanari',
];

const formsIn = (text: string): readonly string[] => FORMS.filter((form) => text.includes(form));

const withPassword = async () => {
  const standIn = await startStandIn({ credentials: CREDENTIALS });
  onTestFinished(() => standIn.close());
  await createDatabase({ url: standIn.url, credentials: CREDENTIALS }, 'd', undefined);
  return standIn;
};

/** A proxy that quotes the headers of each request in its error page. */
const startQuoting = () =>
  startNode(({ headers }, response) => response.writeHead(502).end(`bad gateway: ${JSON.stringify(headers)}`));

const GOOD = '{"measurement":"m","fields":{"v":1},"timestamp":"1780000000000000000"}';
const BAD = '{"measurement":"m","fields":{}}';

/** Starts a server that works while the system starts. Returns its address, and a function that breaks it. */
type Start = () => Promise<{ readonly url: string; readonly fail: () => unknown }>;

const failing =
  (fail: (standIn: StandIn) => unknown): Start =>
  async () => {
    const standIn = await withPassword();
    return { url: standIn.url, fail: () => fail(standIn) };
  };

const quoting: Start = async () => {
  const databases = { results: [{ series: [{ name: 'databases', columns: ['name'], values: [['d']] }] }] };
  let fails = false;
  const node = await startNode(({ path, headers }, response) => {
    if (path === '/write' && !fails) response.writeHead(204).end();
    else if (path === '/query') response.end(JSON.stringify(databases));
    else response.writeHead(502).end(`bad gateway: ${JSON.stringify(headers)}`);
  });
  return {
    url: node.url,
    fail: () => {
      fails = true;
    },
  };
};

test.each<[string, string, Start]>([
  ['success', '"eventsWritten":1', failing(() => undefined)],
  ['a user that is locked', '"denied"', failing(({ faults }) => faults.set({ name: 'locked-user' }))],
  ['a server that does not respond', 'TimeoutError', failing(({ faults }) => faults.set({ name: 'hang' }))],
  ['a refused connection', 'ECONNREFUSED', failing((standIn) => standIn.close())],
  ['a proxy that quotes the headers', 'bad gateway', quoting],
])('the password is in no log, message, dead letter, item, or argument after %s', async (_, evidence, start) => {
  const { url, fail } = await start();
  const log: string[] = [];
  const variables = { OPENGEMINI_URL: url, OPENGEMINI_TIMEOUT_MS: '300', SINK_RETRY_ATTEMPTS_MAX: '1', ...VARIABLES };
  const system = await startLocalSystem({
    ...LOCAL_DEFAULTS,
    windowMs: 100,
    visibilitySeconds: 60,
    variables,
    onLogLine: (line) => log.push(line),
  });
  const queues = openQueues(system.addresses.sqsEndpoint);
  const table = new DynamoDBClient(emulatorAccess(system.addresses.dynamodbEndpoint));
  onTestFinished(async () => {
    queues.close();
    table.destroy();
    await system.close();
  });
  await fail();
  const { queueUrl, deadLetterQueueUrl } = system.addresses;
  await queues.send(queueUrl, [{ body: GOOD }, { body: BAD }]);
  await expect.poll(() => log.join('\n'), { timeout: 20_000 }).toContain(evidence);
  await expect.poll(() => queues.depth(deadLetterQueueUrl), { timeout: 20_000 }).toBe(1);
  const args = system.processes().map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  expect(args.length).toBeGreaterThan(0);
  const { Items = [] } = await table.send(new ScanCommand({ TableName: 'opengemini-sink-state' }));
  const letters = await queues.receiveAll(deadLetterQueueUrl);
  expect(letters).toHaveLength(1);
  const outputs = [log, args, Items, letters, await queues.receiveAll(queueUrl), system.addresses];
  for (const output of outputs) expect(formsIn(JSON.stringify(output))).toEqual([]);
});

test('the password is in no output of check, with a server that accepts it, refuses it, or quotes it', async () => {
  const standIn = await withPassword();
  const quoting = await startQuoting();
  const other = await startStandIn({ credentials: { username: USER, password: 'another' } });
  onTestFinished(() => other.close());
  for (const url of [standIn.url, other.url, quoting.url, await closedAddress(), 'http://public.example:8086'])
    for (const options of [[], ['--json'], ['--live'], ['--live', '--json']]) {
      const { out, err } = await run(['check', ...options], '', { ...VARIABLES, OPENGEMINI_URL: url }, folderWith({}));
      expect(out).toContain('valid');
      expect(formsIn(out + err)).toEqual([]);
    }
}, 60_000);

test.each<Readonly<Record<string, string>>>([
  { OPENGEMINI_URL: `http://${USER}:${encodeURIComponent(PASSWORD)}@opengemini.example:8086` },
  { OPENGEMINI_URL: `http://opengemini.example:8086/?u=${USER}&p=${encodeURIComponent(PASSWORD)}` },
  { OPENGEMINI_URL: `${USER}:${PASSWORD}@opengemini.example` },
  { OPENGEMINI_SECRET_ARN: JSON.stringify(CREDENTIALS), OPENGEMINI_USERNAME: '', OPENGEMINI_PASSWORD: '' },
  { OPENGEMINI_USERNAME: '' },
  { OPENGEMINI_PASWORD: PASSWORD },
  { OPENGEMINI_KEY_FILE: `-----BEGIN PRIVATE KEY-----\n${base64(PASSWORD)}` },
  { OPENGEMINI_CA_FILE: `-----BEGIN CERTIFICATE-----\n${PASSWORD}` },
])('the password is in no fault of the configuration %#', async (wrong) => {
  const variables = { OPENGEMINI_URL: 'http://127.0.0.1:8086', ...VARIABLES, ...wrong };
  for (const options of [[], ['--json']]) {
    const { code, out, err } = await run(['check', ...options], '', variables, folderWith({}));
    expect(code).toBe(2);
    expect(out + err).toMatch(/OPENGEMINI_/);
    expect(formsIn(out + err)).toEqual([]);
  }
});

test('the password is in no output of demo and dev', async () => {
  const standIn = await withPassword();
  const variables = { ...VARIABLES, OPENGEMINI_URL: standIn.url };
  const { code, out, err } = await run(['demo', '--messages', '1', '--events', '1'], '', variables, folderWith({}));
  expect([code, formsIn(out + err)]).toEqual([0, []]);
  // A server that refuses to work ends the command with its error text.
  const refused = await run(['demo'], '', { ...variables, OPENGEMINI_URL: (await startQuoting()).url }, folderWith({}));
  expect([refused.code === 0, formsIn(refused.out + refused.err)]).toEqual([false, []]);
  const dev = await startDev(folderWith({}), [], variables);
  await dev.end('SIGINT');
  expect(formsIn(JSON.stringify(dev.addresses) + dev.err())).toEqual([]);
}, 60_000);

const PLACE = { service: 's', stage: 'dev', region: 'eu-central-1', writesTemplate: true, toAws: true };
const PARAMETERS = { opengeminiUrl: 'https://opengemini.example:8086' };

test('the template contains a password that is a variable in the settings of the functions only, and warns of it', () => {
  const { OPENGEMINI_DATABASE: _, ...variables } = VARIABLES;
  const parameters = readParameters({ ...PARAMETERS, variables: JSON.stringify(variables) }, PLACE);
  const { Resources, ...others } = plainTemplate(parameters);
  for (const resource of Object.values(Resources)) {
    const expected = resource.Type === 'AWS::Lambda::Function' ? [PASSWORD, 'kanari'] : [];
    expect(formsIn(JSON.stringify(resource))).toEqual(expected);
  }
  expect(formsIn(JSON.stringify(others))).toEqual([]);
  expect(parameterWarnings(parameters)).toEqual([
    'The template contains OPENGEMINI_PASSWORD in plain text. Use secretArn instead.',
  ]);
});

test.each<Readonly<Record<string, string>>>([
  { opengeminiUrl: `https://${USER}:${encodeURIComponent(PASSWORD)}@opengemini.example` },
  { secretArn: JSON.stringify(CREDENTIALS) },
  { variables: `OPENGEMINI_PASSWORD=${PASSWORD}` },
  { variables: JSON.stringify({ OPENGEMINI_PASSWORD: PASSWORD, SINK_NAME: 's' }) },
  { variables: JSON.stringify({ OPENGEMINI_KEY_FILE: `-----BEGIN PRIVATE KEY-----\n${PASSWORD}` }) },
])('the password is in no fault of the parameters %#', (wrong) => {
  const fault = ((): string => {
    try {
      readParameters({ ...PARAMETERS, ...wrong }, PLACE);
      return 'none';
    } catch (error) {
      return String(error);
    }
  })();
  expect(fault).toContain('Invalid parameters');
  expect(formsIn(fault)).toEqual([]);
});
