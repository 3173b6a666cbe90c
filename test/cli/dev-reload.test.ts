/** Tests of `cli/dev/reload.ts`, `env-file.ts`, and `watched-files.ts`: changed files reach the functions of a running `dev`. */

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderWith } from './folder.ts';
import { run } from './running.ts';
import { type RunningDev, startDev } from './running-dev.ts';

const mapping = (measurement: unknown): string =>
  JSON.stringify({ version: 1, measurement, tags: { n: 'n' }, fields: { v: 'v' } });

const send = async ({ addresses }: RunningDev, body = '{"n":"a","v":1.5}'): Promise<void> =>
  expect((await run(['send', '--queue-url', addresses.queueUrl], `${body}\n`)).code).toBe(0);

const measurements = async ({ addresses }: RunningDev): Promise<string> => {
  const params = new URLSearchParams({ db: addresses.database, q: 'SHOW MEASUREMENTS' });
  return (await fetch(`${addresses.opengeminiUrl}/query?${params}`)).text();
};

const prints = (dev: RunningDev, text: string | RegExp) =>
  expect.poll(() => dev.err()).toEqual(expect.stringMatching(typeof text === 'string' ? literal(text) : text));

const literal = (text: string): RegExp => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));

describe('a changed mapping file', () => {
  test.each([
    ['written in place', (file: string, text: string) => writeFileSync(file, text)],
    [
      'replaced by another file',
      (file: string, text: string) => {
        writeFileSync(`${file}~`, text);
        renameSync(`${file}~`, file);
      },
    ],
    [
      'removed and written again',
      (file: string, text: string) => {
        rmSync(file);
        writeFileSync(file, text);
      },
    ],
  ])('a mapping that is %s is used by later invocations', async (_how, save) => {
    const folder = folderWith({ 'mapping.json': mapping('first') });
    const dev = await startDev(folder, ['--mapping', 'mapping.json']);
    await send(dev);
    await expect.poll(() => measurements(dev)).toContain('first');
    save(join(folder, 'mapping.json'), mapping('second'));
    await prints(dev, 'Reloaded mapping.json. Running invocations finish, and later ones use the new version.\n');
    await send(dev);
    await expect.poll(() => measurements(dev)).toContain('second');
  });

  test('a faulty mapping is reported once, the last valid one stays in use even in new processes, and the next valid one replaces it', async () => {
    const folder = folderWith({ 'mapping.yaml': mapping('first') });
    const file = join(folder, 'mapping.yaml');
    const dev = await startDev(folder, ['--mapping', 'mapping.yaml']);
    writeFileSync(file, 'version: 1\nmeasurement: [');
    await prints(dev, 'The functions keep the last valid configuration until the next valid save.\n');
    expect(dev.err()).toMatch(/^Invalid configuration:\n- mapping\.yaml:2:\d+: /);
    // The first invocation starts the first process, while the file has a fault.
    await send(dev);
    await expect.poll(() => measurements(dev)).toContain('first');
    writeFileSync(file, mapping('second'));
    await prints(dev, 'Reloaded mapping.yaml.');
    await send(dev);
    await expect.poll(() => measurements(dev)).toContain('second');
    expect(dev.err().match(/Invalid configuration/g)).toHaveLength(1);
  });

  test('a mapping that is faulty at the start is used after it is corrected', async () => {
    const folder = folderWith({ 'mapping.json': mapping(5) });
    const dev = await startDev(folder, [], { SINK_MAPPING: 'mapping.json' });
    expect(dev.err()).toContain('Correct the file, and dev reloads it.');
    writeFileSync(join(folder, 'mapping.json'), mapping(6));
    await prints(
      dev,
      'Every invocation still fails. Messages stay in the queue until a save corrects the configuration.',
    );
    writeFileSync(join(folder, 'mapping.json'), mapping('third'));
    await prints(dev, 'Reloaded mapping.json.');
    await send(dev);
    await expect.poll(() => measurements(dev)).toContain('third');
  });
});

test.each([
  [['--mapping', '{"version":2}'], {}, '--mapping'],
  [[], { SINK_MAPPING: '{"version":2}' }, 'SINK_MAPPING'],
])('a faulty mapping at the start is named as it was given: %j %j', async (args, variables, name) => {
  const dev = await startDev(folderWith({}), args, variables);
  expect(dev.err()).toMatch(new RegExp(`^Invalid configuration:\n- ${name}: `));
});

describe('a changed module of --handler', () => {
  const SOURCE = new URL('../../src/index.ts', import.meta.url).href;
  const handler = (measurement: string): string => `
    import { createIngestHandler } from ${JSON.stringify(SOURCE)};
    export const handler = createIngestHandler({ transform: (event) => ({ ...event, measurement: '${measurement}' }) });
  `;
  const EVENT = '{"fields":{"v":1}}';

  test('the new module is used, and a faulty one is reported', async () => {
    const folder = folderWith({ 'handler.mjs': handler('first') });
    const dev = await startDev(folder, ['--handler', 'handler.mjs']);
    await send(dev, EVENT);
    await expect.poll(() => measurements(dev)).toContain('first');
    writeFileSync(join(folder, 'handler.mjs'), 'export const handler = ;');
    await prints(dev, 'The running processes of the function keep the last valid version.');
    expect(dev.err()).toMatch(/^--handler handler\.mjs cannot be loaded: /m);
    writeFileSync(join(folder, 'handler.mjs'), handler('second'));
    await prints(dev, 'Reloaded handler.mjs.');
    await send(dev, EVENT);
    await expect.poll(() => measurements(dev)).toContain('second');
  });
});

describe('a changed environment file', () => {
  test('variables of the file override those of the shell, and a removed one gets the value of the shell again', async () => {
    const folder = folderWith({ 'sink.env': 'SINK_MEASUREMENT=file\n' });
    const args = ['--env-file', 'sink.env'];
    const dev = await startDev(folder, args, { SINK_MEASUREMENT: 'shell', SINK_INPUT: 'json' });
    const file = join(folder, 'sink.env');
    const sendsTo = async (name: string): Promise<void> => {
      await send(dev, '{"v":1}');
      await expect.poll(() => measurements(dev)).toContain(`["${name}"]`);
    };
    await sendsTo('file');
    writeFileSync(file, 'SINK_MEASUREMENT="new" # a comment\n');
    await prints(dev, 'Reloaded sink.env.');
    await sendsTo('new');
    writeFileSync(file, '');
    await expect.poll(() => dev.err().match(/Reloaded sink\.env\./g) ?? []).toHaveLength(2);
    await sendsTo('shell');
  });

  test('the mapping that the file names is watched, and a fault in the file is reported', async () => {
    const folder = folderWith({ 'a.json': mapping('a'), 'b.json': mapping('b'), 'sink.env': 'SINK_MAPPING=a.json' });
    const dev = await startDev(folder, ['--env-file', 'sink.env']);
    writeFileSync(join(folder, 'sink.env'), 'SINK_MAPPING=b.json\nSINK_NOPE=1');
    await prints(dev, /^- SINK_NOPE is not a known variable/m);
    writeFileSync(join(folder, 'sink.env'), 'SINK_MAPPING=b.json');
    await prints(dev, 'Reloaded sink.env.');
    writeFileSync(join(folder, 'b.json'), mapping('c'));
    await prints(dev, 'Reloaded b.json.');
    await send(dev);
    await expect.poll(() => measurements(dev)).toContain('["c"]');
  });

  test('a variable that the parts of the system have read at the start is reported, and keeps its value', async () => {
    const folder = folderWith({ 'sink.env': 'OPENGEMINI_DATABASE=one' });
    const dev = await startDev(folder, ['--env-file', 'sink.env']);
    expect(dev.addresses.database).toBe('one');
    writeFileSync(join(folder, 'sink.env'), 'OPENGEMINI_DATABASE=two\nSINK_MEASUREMENT=m');
    await prints(dev, 'OPENGEMINI_DATABASE changed. The new value takes effect when you start dev again.\n');
    await prints(dev, 'Reloaded sink.env.');
    await send(dev, '{"v":1}');
    await expect.poll(() => measurements(dev)).toContain('["m"]');
  });

  test('the flush function uses the new variables too', async () => {
    const folder = folderWith({ 'sink.env': '' });
    const dev = await startDev(folder, ['--env-file', 'sink.env', '--flush-every', '1']);
    writeFileSync(join(folder, 'sink.env'), 'STATE_TABLE=no-such-table');
    await prints(dev, 'Reloaded sink.env.');
    await prints(dev, /^(?:\d\d:\d\d:\d\d {2})?(?:warning|error): .*ResourceNotFoundException/m);
  });

  test('a variable that only the file had is removed with it, and a removed file is reported', async () => {
    const folder = folderWith({ 'sink.env': 'SINK_MEASUREMENT=file' });
    const dev = await startDev(folder, ['--env-file', 'sink.env']);
    // SINK_MEASUREMENT cannot be combined with a mapping.
    writeFileSync(join(folder, 'sink.env'), `SINK_MAPPING='${mapping('mapped')}'`);
    await prints(dev, 'Reloaded sink.env.');
    await send(dev);
    await expect.poll(() => measurements(dev)).toContain('["mapped"]');
    rmSync(join(folder, 'sink.env'));
    await prints(dev, /^--env-file sink\.env cannot be read: ENOENT.*\nThe functions keep the last valid/m);
  });

  test('a file that does not exist ends dev at the start', async () => {
    const { code, out, err } = await run(['dev', '--env-file', 'none.env'], '', {}, folderWith({}));
    // Node reads the option itself, and ends before the command runs.
    expect([code, out, err]).toEqual([9, '', expect.stringContaining('none.env: not found')]);
  });
});
