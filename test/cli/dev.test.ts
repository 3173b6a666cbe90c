/**
 * Tests of `cli/dev.ts` and `cli/dev-hints.ts`: printed commands work when pasted, and errors name the option or
 * variable to change.
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type StandIn, startStandIn } from '../../local/opengemini/server.ts';
import { openQueues } from '../../local/queue/queue-access.ts';
import { folderWith } from './folder.ts';
import { MAIN, run } from './running.ts';
import { startDev as startRunningDev } from './running-dev.ts';

let standIn: StandIn;

beforeAll(async () => {
  standIn = await startStandIn();
});

afterAll(() => standIn.close());

/** Starts `dev`, and returns its output and warnings once it is ready. It runs until the test has ended. */
const startDev = (variables: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<string> =>
  startDevIn(folderWith({}), variables, ...args);

const startDevIn = async (
  folder: string,
  variables: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<string> => {
  const child = spawn(process.execPath, [MAIN, 'dev', ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await once(child, 'close');
  });
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  let out = '';
  for await (const chunk of child.stdout) {
    out += chunk;
    if (/^Read state: .*\n/m.test(out)) break;
  }
  return `${err}${out}`;
};

const hint = (out: string, name: string): string => new RegExp(`^${name}: +(.*)$`, 'm').exec(out)?.[1] ?? '';

const shell = async (command: string): Promise<string> => {
  const child = spawn('sh', ['-c', command], { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'inherit'] });
  return text(child.stdout);
};

const hasCurl = spawnSync('curl', ['--version']).status === 0;

describe.skipIf(!hasCurl)('the output of dev', () => {
  test('the commands that dev prints send an event and read its point, a dead letter, and the state', async () => {
    const out = await startDev({}, '--window', '0.2');
    expect(out).toContain('(stand-in), database telemetry\n');
    const send = hint(out, 'Send events');
    expect(await shell(send)).toBe('1 message sent\n');
    await shell(send.replace('"measurement"', '"nothing"'));
    const read = (name: string) => () => shell(hint(out, name));
    await expect.poll(read('Read points')).toContain('"name":"cpu"');
    await expect.poll(read('Read dead letters')).toContain('measurement-missing');
    expect(await read('Read dead letters')(), 'a second read finds it again').toContain('measurement-missing');
    expect(await read('Read state')()).toContain('circuit breakers    closed');
  });

  test('dev prints commands that fit the mapping, and states when it has created a database on the server of the user', async () => {
    const variables = {
      OPENGEMINI_URL: standIn.url,
      OPENGEMINI_DATABASE: 'mine',
      OPENGEMINI_RETENTION_POLICY: 'week',
      SINK_MEASUREMENT: `it's "here"`,
    };
    const [first, second] = [await startDev(variables), await startDev(variables)];
    expect(first).toContain(`${standIn.url}, database mine (created now, because it did not exist)\n`);
    expect(second).toContain(`${standIn.url}, database mine\n`);
    expect(hint(first, 'Send events')).toMatch(
      /^npm --prefix \S+ run --silent sink -- send --queue-url \S+ < FILE {2}# one/,
    );
    const commands = [...first.matchAll(/^(?:Send|Read) .*?: +(.*)$/gm)].map(([, command]) => command);
    expect(commands).toHaveLength(4);
    for (const command of commands) expect(spawnSync('sh', ['-n'], { input: command }).status, command).toBe(0);
    const line = 'it\'s\\ "here" v=1 5';
    const write = `${standIn.url}/write?db=mine&rp=week`;
    expect((await fetch(write, { method: 'POST', body: line })).status).toBe(204);
    expect(await shell(hint(first, 'Read points'))).toContain('"columns":["time","v"]');
  });
});

test('dev does not blame the server for a faulty name of the database', async () => {
  const { code, err } = await run(['dev'], '', { OPENGEMINI_DATABASE: 'a/b' }, folderWith({}));
  expect([code, err]).toEqual([
    2,
    'OPENGEMINI_DATABASE must not contain any of , : ; . / \\ or unprintable characters.\n',
  ]);
});

test('dev says that the address is that of something else, or that it speaks no TLS', async () => {
  const other = createHttpServer((_request, response) => response.end('<?xml')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as { port: number };
  const [plain, tls] = await Promise.all(
    ['http', 'https'].map((protocol) =>
      run(['dev'], '', { OPENGEMINI_URL: `${protocol}://127.0.0.1:${port}` }, folderWith({})),
    ),
  );
  expect(plain?.err).toContain(`http://127.0.0.1:${port} is not openGemini: it answered a query with "<?xml"\n`);
  expect(plain?.err).not.toContain('Start it');
  expect(tls?.err).toContain('the server may expect http:// at this port');
});

test('dev names the nodes that do not answer, and starts with the others', async () => {
  const out = await startDev({ OPENGEMINI_URL: `http://127.0.0.1:1,${standIn.url}` });
  expect(out).toContain(
    'http://127.0.0.1:1 does not answer (connect ECONNREFUSED 127.0.0.1:1). The functions write to the other nodes, and probe this one until it answers.\n',
  );
  expect(out).toContain(`${standIn.url}, database telemetry`);
});

const taken = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as { port: number }).port;
};

describe('errors of dev', () => {
  test.each(['sqs', 'dynamodb', 'opengemini'])(
    'dev names the option of a port that is in use: --%s-port',
    async (name) => {
      const port = await taken();
      const { code, err } = await run(['dev', `--${name}-port`, String(port)], '', {}, folderWith({}));
      expect(code).toBe(2);
      expect(err).toMatch(
        new RegExp(`^--${name}-port ${port} is not available: .*EADDRINUSE.*\\nChoose another port, or`),
      );
    },
  );

  test.each([
    [['--window', 'abc'], '--window must be a number of seconds from 0 to 300, fractions allowed, got "abc"'],
    [['--window', '300.5'], '--window must be a number of seconds from 0 to 300'],
    [['--timeout', '0.5'], '--timeout must be a whole number from 1 to 900'],
    [['--timeout', '2', '--visibility', '1'], '--visibility 1 must be at least --timeout 2'],
    [['--window', '0', '--batch-size', '11'], '--batch-size 11 cannot be combined with --window 0'],
  ])('dev reports the fault in the arguments %j', async (args, message) => {
    const { code, out, err } = await run(['dev', ...args], '', {}, folderWith({}));
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
  });

  test.each(['dev', 'demo'])(
    '%s reports an OPENGEMINI_URL that is not a URL, or whose server is unreachable',
    async (command) => {
      const [invalid, closed] = await Promise.all([
        run([command], '', { OPENGEMINI_URL: 'foo' }, folderWith({})),
        run([command], '', { OPENGEMINI_URL: 'http://127.0.0.1:9' }, folderWith({})),
      ]);
      expect([invalid.code, invalid.err]).toEqual([
        2,
        'OPENGEMINI_URL must be one or more addresses like http://host:8086, separated by commas, got "foo". Without OPENGEMINI_URL a stand-in replaces it.\n',
      ]);
      expect(closed.code).toBe(2);
      expect(closed.err).toMatch(
        /^The local system cannot start: openGemini at http:\/\/127\.0\.0\.1:9 cannot be used: connect ECONNREFUSED .+\nOPENGEMINI_URL names this server\. .*Without OPENGEMINI_URL a stand-in replaces it\.\n$/,
      );
    },
  );
});

test('dev states what earlier runs in its folder have left', async () => {
  const folder = folderWith({});
  const first = await startRunningDev(folder);
  const { queueUrl, deadLetterQueueUrl, sqsEndpoint } = first.addresses;
  await run(['send', '--queue-url', queueUrl], '{"nothing":1}\n');
  const queues = openQueues(sqsEndpoint);
  await expect.poll(() => queues.depth(deadLetterQueueUrl), { timeout: 30_000 }).toBe(1);
  queues.close();
  const { code } = await run(['pause', '--reason', 'an upgrade'], '', {}, folder);
  expect(code).toBe(0);
  await first.end('SIGINT');
  expect(await startDevIn(folder, {})).toMatch(
    /^ {2}from earlier runs {3}1 dead letter, a pause \(began \d+ s ago, until it is resumed: an upgrade\)$/m,
  );
});
