/** Tests of `check --live` with the stand-in, the emulators, and servers that fail. Covers `cli/live-check/`. */

import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Finding, findingsOf } from '../../cli/live-check/finding.ts';
import { expiryCheck } from '../../cli/live-check/table-checks.ts';
import { targetsOf } from '../../cli/live-check/targets.ts';
import { type StandIn, startStandIn } from '../../local/opengemini/server.ts';
import { createDatabase } from '../../local/opengemini-client.ts';
import { type QueueService, type Queues, startQueueService } from '../../local/queue/queue.ts';
import { startTableService, type TableService } from '../../local/table.ts';
import { readConfig } from '../../src/config/config.ts';
import { useAwsEnvironment } from '../adapters/aws-access.ts';
import { hasOpenssl, selfSigned } from '../adapters/certificates.ts';
import { type Answer, startNode } from '../adapters/nodes.ts';
import { openTable } from '../adapters/open-table.ts';
import { folderWith } from './folder.ts';
import { run } from './running.ts';

const CREDENTIALS = { username: 'writer', password: 'right' };

let standIn: StandIn;
let queues: QueueService;
let tables: TableService;
beforeAll(async () => {
  standIn = await startStandIn({ credentials: CREDENTIALS });
  await createDatabase({ url: standIn.url, credentials: CREDENTIALS }, 'd', 'week');
  queues = await startQueueService();
  tables = await startTableService();
});
afterAll(async () => {
  await standIn.close();
  await queues.close();
  await tables.close();
});
useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_DYNAMODB: tables.endpoint }));

const variables = (more: Readonly<Record<string, string>> = {}) => ({
  OPENGEMINI_URL: standIn.url,
  OPENGEMINI_DATABASE: 'd',
  OPENGEMINI_USERNAME: 'writer',
  OPENGEMINI_PASSWORD: 'right',
  SINK_MEASUREMENT: 'm',
  ...more,
});

interface Checked {
  readonly code: number;
  readonly findings: readonly Finding[];
  /** State of each check by its name. */
  readonly states: Readonly<Record<string, string>>;
  readonly faults: readonly Finding[];
}

const check = async (env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Checked> => {
  const { code, out, err } = await run(['check', '--live', '--json', ...args], '', env, folderWith({}));
  expect(err).toBe('');
  const findings: readonly Finding[] = JSON.parse(out).live;
  return {
    code,
    findings,
    states: Object.fromEntries(
      findings.map(({ part, check: name, state }) => [`${part.replace(/^http.*/, 'server')}, ${name}`, state]),
    ),
    faults: findings.filter(({ state }) => state === 'fault'),
  };
};

describe('the server', () => {
  test('a reachable server with database and retention policy passes all checks that it permits', async () => {
    const { code, states } = await check(variables({ OPENGEMINI_RETENTION_POLICY: 'week' }));
    expect(code).toBe(0);
    expect(states).toEqual({
      'server, name': 'ok',
      'server, connection': 'ok',
      'server, version': 'not checked',
      'server, limits': 'not checked',
      'server, authentication': 'ok',
      'server, database d': 'ok',
      'server, right to write': 'ok',
      'server, retention policy week of d': 'ok',
      'event queue, settings': 'not checked',
      'dead-letter queue, settings': 'not checked',
      'state table, settings': 'not checked',
      'roles, rights': 'not checked',
    });
  });

  test.each<[Readonly<Record<string, string>>, string, string]>([
    [{ OPENGEMINI_PASSWORD: 'wrong' }, 'authentication', 'authorization failed'],
    [{ OPENGEMINI_DATABASE: 'none' }, 'database none', 'database not found: "none"'],
    [
      { OPENGEMINI_RETENTION_POLICY: 'month' },
      'retention policy month of d',
      'does not exist. There are autogen, week',
    ],
    [{ OPENGEMINI_URL: 'http://127.0.0.1:9' }, 'connection', 'ECONNREFUSED'],
    [{ OPENGEMINI_URL: 'http://host.invalid:8086' }, 'name', 'host.invalid'],
    [{ OPENGEMINI_URL: 'https://127.0.0.1:9' }, 'connection', 'ECONNREFUSED'],
  ])('with %j it has one fault, and the exit code is 1', async (more, name, detail) => {
    const { code, faults } = await check(variables(more));
    expect([code, faults.length]).toEqual([1, 1]);
    expect(faults[0]).toMatchObject({
      check: name,
      detail: expect.stringContaining(detail),
      remedy: expect.any(String),
    });
  });

  test('a server without TLS is no fault of a certificate', async () => {
    const { faults } = await check(variables({ OPENGEMINI_URL: standIn.url.replace('http:', 'https:') }));
    expect(faults).toMatchObject([
      {
        check: 'connection',
        detail: 'no TLS (ERR_SSL_WRONG_VERSION_NUMBER)',
        remedy: expect.stringContaining('http://'),
      },
    ]);
  });

  test('a missing database that the sink creates is no fault', async () => {
    const env = variables({ OPENGEMINI_DATABASE: 'none', OPENGEMINI_CREATE_DATABASE: 'true' });
    expect(await check(env)).toMatchObject({ code: 0, states: { 'server, database none': 'ok' } });
  });

  test('denied credentials are sent once, because openGemini locks the user after five', async () => {
    const denied: Answer = ({ path }, response) => response.writeHead(path === '/ping' ? 204 : 401).end();
    const nodes = [await startNode(denied), await startNode(denied)];
    const url = nodes.map((node) => node.url).join(',');
    const rules = ['d', 'e'].map((database) => ({ also: true, database, measurement: 'm', fields: { v: 'v' } }));
    const SINK_MAPPING = JSON.stringify({ version: 1, mappings: rules });
    const { SINK_MEASUREMENT: _, ...env } = variables({ OPENGEMINI_URL: url, SINK_MAPPING });
    const { code, faults } = await check(env);
    expect([code, faults.map(({ check: name }) => name)]).toEqual([1, ['authentication']]);
    expect(nodes.flatMap(({ seen }) => seen).filter(({ headers }) => headers.authorization !== undefined)).toHaveLength(
      1,
    );
  });

  test('a user without the right to write, a version, and a refused query are reported', async () => {
    const node = await startNode(({ path, params }, response) => {
      if (path === '/ping') response.end('{"version":"1.4.0"}');
      else if (path === '/query') response.writeHead(403).end('{"error":"not authorized to execute"}');
      else if (params.get('db') === 'd')
        response.writeHead(403).end('{"error":"\\"writer\\" user is not authorized to write to database \\"d\\""}');
      else response.writeHead(204).end();
    });
    const mapping = {
      version: 1,
      mappings: [
        { also: true, database: 'd', measurement: 'a', fields: { v: 'v' } },
        { database: 'e', retentionPolicy: 'week', measurement: 'a', fields: { v: 'v' } },
      ],
    };
    const env = variables({ OPENGEMINI_URL: node.url, SINK_MAPPING: JSON.stringify(mapping) });
    const { SINK_MEASUREMENT: _, ...mapped } = env;
    const { findings, faults } = await check(mapped);
    expect(findings).toContainEqual(expect.objectContaining({ check: 'version', state: 'ok', detail: '1.4.0' }));
    expect(faults).toMatchObject([
      { check: 'right to write', detail: expect.stringContaining('is not authorized to write') },
    ]);
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'retention policy week of e',
        state: 'not checked',
        detail: expect.stringContaining('not authorized to execute'),
      }),
    );
    expect(findings).toContainEqual(expect.objectContaining({ check: 'database e', state: 'ok' }));
  });

  test.skipIf(!hasOpenssl).each([
    [30, 'ok'],
    [3, 'fault'],
  ])('a certificate that is valid for %d days is %s (needs the openssl command)', async (days, state) => {
    const tls = selfSigned(days);
    const node = await startNode((_, response) => response.writeHead(204).end(), tls);
    const trusting = await check(variables({ OPENGEMINI_URL: node.url, OPENGEMINI_CA_FILE: tls.certFile }));
    const detail = expect.stringMatching(`^valid until .*, ${days - 1} days left$`);
    expect(trusting.findings).toContainEqual(expect.objectContaining({ check: 'certificate', state, detail }));
    // A certificate that expires soon does not prevent the other checks.
    expect(trusting.states['server, right to write']).toBe('ok');
    const distrusting = await check(variables({ OPENGEMINI_URL: node.url }));
    expect(distrusting.faults).toMatchObject([{ check: 'certificate', detail: expect.stringMatching(/self.signed/i) }]);
  });

  test.skipIf(!hasOpenssl)(
    'a server that requires a client certificate is checked with it (needs the openssl command)',
    async () => {
      const [server, client] = [selfSigned(30), selfSigned(30)];
      const tls = { key: server.key, cert: server.cert, ca: client.cert, requestCert: true };
      const node = await startNode((_, response) => response.writeHead(204).end(), tls);
      const env = variables({ OPENGEMINI_URL: node.url, OPENGEMINI_CA_FILE: server.certFile });
      const files = { OPENGEMINI_CERT_FILE: client.certFile, OPENGEMINI_KEY_FILE: client.keyFile };
      const { code, states } = await check({ ...env, ...files });
      expect([code, states['server, right to write']]).toEqual([0, 'ok']);
      const without = await check(env);
      expect(without).toMatchObject({
        code: 1,
        faults: [{ check: 'connection', remedy: expect.stringContaining('set OPENGEMINI_CERT_FILE and') }],
      });
    },
  );
});

let made = 0;

describe('the queues', () => {
  const createQueues = (more: object = {}): Promise<Queues> =>
    queues.createQueues({
      name: `checked-${made++}`,
      fifo: false,
      visibilityTimeoutSeconds: 365,
      maxReceiveCount: 1_000,
      retentionSeconds: 14 * 24 * 3_600,
      ...more,
    });
  const checkQueues = ({ queueUrl, deadLetterQueueUrl }: Queues, ...args: readonly string[]) =>
    check(variables(), '--queue-url', queueUrl, '--dead-letter-queue-url', deadLetterQueueUrl, ...args);

  test('queues with the settings of the template pass', async () => {
    const { code, states } = await checkQueues(await createQueues(), '--timeout', '60');
    expect(code).toBe(0);
    const names = ['exists', 'visibility timeout', 'retention', 'redrive policy', 'maxReceiveCount', 'type'];
    for (const name of names) expect(states[`event queue, ${name}`], name).toBe('ok');
    expect(states['dead-letter queue, retention']).toBe('ok');
    expect((await checkQueues(await createQueues())).states['event queue, visibility timeout']).toBe('not checked');
  });

  test.each<[string, object, string]>([
    ['visibility timeout', { visibilityTimeoutSeconds: 359 }, '359 s, at least 360 s are needed (6 x 60 s)'],
    ['retention', { retentionSeconds: 345_600 }, '345600 s, 14 days are 1209600 s'],
    ['maxReceiveCount', { maxReceiveCount: 999 }, '999, 1000 are needed'],
  ])('a wrong %s is a fault', async (name, more, detail) => {
    const { code, faults } = await checkQueues(await createQueues(more), '--timeout', '60');
    expect([code, faults]).toMatchObject([1, [{ part: 'event queue', check: name, detail }]]);
  });

  test('a dead-letter queue of another type, or another one than in the redrive policy, is a fault', async () => {
    const [standard, fifo] = [await createQueues(), await createQueues({ fifo: true })];
    const { faults } = await checkQueues({ ...standard, deadLetterQueueUrl: fifo.deadLetterQueueUrl });
    expect(faults.map(({ check: name }) => name)).toEqual(['redrive policy', 'type']);
    expect((await checkQueues(fifo)).faults).toEqual([]);
  });

  test('a queue that does not exist is a fault', async () => {
    const existing = await createQueues();
    const { faults } = await checkQueues({ ...existing, queueUrl: `${existing.queueUrl}-missing` });
    expect(faults).toMatchObject([{ part: 'event queue', check: 'exists' }]);
  });
});

describe('the state table', () => {
  const checkTable = (name: string) => check(variables(), '--table', name, '--endpoint', tables.endpoint);

  test('a table with the keys of the template passes, and a missing one is a fault', async () => {
    const { name } = await openTable(tables);
    expect(await checkTable(name)).toMatchObject({
      code: 0,
      states: { 'state table, exists': 'ok', 'state table, keys': 'ok', 'state table, time to live': 'not checked' },
    });
    expect((await checkTable('missing')).faults).toMatchObject([{ part: 'state table', check: 'exists' }]);
  });

  test('a table with other keys is a fault', async () => {
    const { client } = await openTable(tables);
    const name = `keys-${made++}`;
    await client.send(
      new CreateTableCommand({
        TableName: name,
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'N' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    expect((await checkTable(name)).faults).toMatchObject([{ check: 'keys', detail: 'pk (HASH, N)' }]);
  });

  test.each<[object, string]>([
    [{ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' }, 'ok'],
    [{ TimeToLiveStatus: 'ENABLING', AttributeName: 'expiresAt' }, 'ok'],
    [{ TimeToLiveStatus: 'ENABLED', AttributeName: 'savedAtMs' }, 'fault'],
    [{ TimeToLiveStatus: 'DISABLED' }, 'fault'],
  ])('the time to live %j is %s', async (TimeToLiveDescription, state) => {
    // The emulator has no time to live.
    const client = { send: async () => ({ TimeToLiveDescription }) } as unknown as DynamoDBClient;
    expect((await expiryCheck(client, 't', findingsOf('state table'))).state).toBe(state);
  });

  test('a time to live that must not be read is not checked', async () => {
    const send = async (): Promise<never> => {
      throw new Error('not authorized');
    };
    const found = await expiryCheck({ send } as unknown as DynamoDBClient, 't', findingsOf('state table'));
    expect(found).toMatchObject({ state: 'not checked', detail: 'DescribeTimeToLive failed: not authorized' });
  });
});

test('the targets are those that the rules of the mapping can name', () => {
  const targetsFor = (mappings: readonly object[]) => {
    const rules = mappings.map((rule) => ({ also: true, measurement: 'm', fields: { v: 'v' }, ...rule }));
    const SINK_MAPPING = JSON.stringify({ version: 1, mappings: rules });
    const { SINK_MEASUREMENT: _, ...env } = variables({ OPENGEMINI_RETENTION_POLICY: 'week', SINK_MAPPING });
    return targetsOf(readConfig(env)).map(({ database, retentionPolicy }) => `${database}/${retentionPolicy ?? ''}`);
  };
  expect(targetsFor([{}, {}])).toEqual(['d/week']);
  expect(targetsFor([{ database: 'e' }, { retentionPolicy: 'year' }])).toEqual(['e/', 'd/year']);
  const named = { path: 'site', allow: ['e', 'f'], default: 'd' };
  expect(targetsFor([{ database: named }])).toEqual(['e/', 'f/', 'd/week']);
});

test('the text has a line for each check with its remedy, and a summary', async () => {
  const { code, out } = await run(['check', '--live'], '', variables({ OPENGEMINI_DATABASE: 'none' }), folderWith({}));
  expect(code).toBe(1);
  expect(out).toMatch(/^The configuration is valid\.\n/);
  expect(out).toMatch(/^ok {11}http:\S+, authentication: the server did not refuse the request$/m);
  expect(out).toMatch(
    /^fault {8}http:\S+, database none: database not found: "none"\. Create the database, or set OPENGEMINI_CREATE_DATABASE=true\.$/m,
  );
  expect(out).toMatch(/^not checked {2}roles, rights: the roles of the functions are not simulated$/m);
  expect(out).toMatch(/\n\n3 checks passed, 1 failed, 6 were not made\.\n$/);
});

test.each([
  ['--stack', 's'],
  ['--queue-url', 'http://127.0.0.1:9/q'],
  ['--dead-letter-queue-url', 'http://127.0.0.1:9/q'],
  ['--table', 't'],
  ['--endpoint', 'http://127.0.0.1:9'],
  ['--timeout', '60'],
])('%s has no effect without --live, and is refused', async (option, value) => {
  const { code, err } = await run(['check', option, value], '', variables());
  expect([code, err]).toEqual([2, expect.stringContaining(`${option} belongs to --live. Add --live.`)]);
});

test('a mapping alone cannot be checked live', async () => {
  const { code, err } = await run(['check', '--live', '--mapping', 'preset:telegraf']);
  expect([code, err]).toEqual([2, expect.stringContaining('--live needs the server. Set OPENGEMINI_URL')]);
});
