/** Tests of `--handler`: `cli/handler-file.ts` with `check`, `convert`, and `dev`. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { folderWith } from './folder.ts';
import { MAIN, run } from './running.ts';

const HANDLER = fileURLToPath(new URL('../local/functions/extended.ts', import.meta.url));
/** What a program imports as `opengemini-sqs-sink`. */
const LIBRARY = new URL('../../src/index.ts', import.meta.url).href;
/** `dev` starts a stand-in if no server is set. */
const SERVER_OF: Readonly<Record<string, Record<string, string>>> = {
  check: { OPENGEMINI_URL: 'http://127.0.0.1:1', OPENGEMINI_DATABASE: 'd' },
};
const SERVER = { OPENGEMINI_URL: 'http://127.0.0.1:1', OPENGEMINI_DATABASE: 'd' };

describe('check', () => {
  test('check lists the functions and the settings of a program', async () => {
    const { code, out } = await run(['check', '--handler', HANDLER], '', { ...SERVER, SITE: 'hall' });
    expect(code).toBe(0);
    expect(out).toContain('mapping      1 rule: telemetry\n');
    expect(out).toContain('functions    converter, decode, transform, shouldFlush, metrics, onRefused\n');
    expect(out).toContain('setting      SITE = hall\n');
    const json = await run(['check', '--handler', HANDLER, '--json'], '', { ...SERVER, SITE: 'hall' });
    expect(JSON.parse(json.out)).toMatchObject({
      settings: { SITE: 'hall' },
      functions: expect.arrayContaining(['decode']),
    });
  });

  test('check lists the faults of a program together with those of the sink', async () => {
    const { code, err } = await run(['check', '--handler', HANDLER], '', { OPENGEMINI_URL: 'nope' });
    expect(code).toBe(2);
    expect(err).toContain('- SITE must be set. Meaning: Site of all devices.\n');
    expect(err).toContain('- OPENGEMINI_DATABASE must be set.');
  });

  test('check refuses a mapping next to the converter of a program', async () => {
    const variables = { ...SERVER, SITE: 'hall', SINK_MEASUREMENT: 'm' };
    const { code, err } = await run(['check', '--handler', HANDLER], '', variables);
    expect(code).toBe(2);
    expect(err).toContain('- The handler has a converter, so no mapping may be configured.');
  });
});

test('check and convert use the variables that a program sets in code, as its function does', async () => {
  const library = fileURLToPath(new URL('../../src/index.ts', import.meta.url));
  const folder = folderWith({
    'handler.ts': `import { createIngestHandler } from ${JSON.stringify(library)};
const SINK_MAPPING = '{"version":1,"measurement":"rooms","fields":{"v":"v"}}';
export const handler = createIngestHandler({ variables: { ...process.env, SINK_NAME: 'rooms', SINK_MAPPING } });`,
  });
  const handler = join(folder, 'handler.ts');
  const { out: checked } = await run(['check', '--handler', handler, '--json'], '', SERVER);
  expect(JSON.parse(checked)).toMatchObject({ valid: true, sink: 'rooms', rules: [{ measurement: 'rooms' }] });
  const { code, out } = await run(['convert', '--handler', handler], '{"v":1}\n', {});
  expect([code, out]).toEqual([0, expect.stringMatching(/^rooms v=1 \d+\n$/)]);
});

test('convert converts with the functions of a program, and prints where its code failed', async () => {
  const { code, out, err } = await run(['convert', '--handler', HANDLER], 'd1|1@5|-999@6\n', { SITE: 'hall' });
  expect([code, out]).toEqual([1, 'telemetry,device=d1,site=hall temperature=1 5000000\n']);
  expect(JSON.parse(err)).toMatchObject({ event: 1, reason: 'converter-error' });
  expect(err).toContain('extended.ts:');
});

test('dev runs the function of a program, with its settings', async () => {
  const env = { PATH: process.env.PATH, SITE: 'hall' };
  const dev = spawn(process.execPath, [MAIN, 'dev', '--json', '--window', '0.1', '--handler', HANDLER], {
    cwd: folderWith({}),
    env,
  });
  onTestFinished(async () => {
    dev.kill('SIGTERM');
    await once(dev, 'close');
  });
  const [line] = await once(createInterface({ input: dev.stdout }), 'line');
  const { queueUrl, opengeminiUrl, database } = JSON.parse(line);
  const at = Date.now();
  expect((await run(['send', '--queue-url', queueUrl], `d1|21.5@${at}\n`)).code).toBe(0);
  const query = `${opengeminiUrl}/query?db=${database}&q=${encodeURIComponent('SELECT * FROM telemetry')}`;
  await expect.poll(async () => (await fetch(query)).text()).toContain('"hall"');
});

/** Returns the file of a program with this text. */
const written = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'opengemini-sink-handler-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'handler.mjs'), text);
  return join(folder, 'handler.mjs');
};

test.each(['check', 'convert'])('%s ends although the program keeps a timer', async (command) => {
  const file = written(`import { createIngestHandler } from '${LIBRARY}';
setInterval(() => undefined, 60_000);
export const handler = createIngestHandler();`);
  const { code, err } = await run([command, '--handler', file], '{"measurement":"m","fields":{"v":1}}', SERVER);
  expect([code, err]).toEqual([0, expect.any(String)]);
});

describe('faults', () => {
  test.each([
    ['does not exist', undefined, /^--handler none\.ts does not exist \(resolved to .*none\.ts\)\.\n$/],
    ['throws', "throw new Error('no schema');", /cannot be loaded: no schema\n$/],
    [
      'exports no handler',
      'export const main = 1;',
      /must export "handler", created by createIngestHandler\. Exports found: main\.\n$/,
    ],
    [
      'exports another handler',
      'export const handler = async () => {};',
      /must export "handler", created by createIngestHandler\. Its export "handler" was created in another way\.\n$/,
    ],
    [
      'exports the handler of the schedule',
      `import { createFlushHandler } from '${LIBRARY}';
export const handler = createFlushHandler();`,
      /^--handler .* exports a handler of createFlushHandler, which reads no events\. Name the file whose "handler" createIngestHandler creates\. dev runs the flush function with the same options\.\n$/,
    ],
  ])('a module that %s is refused with a sentence', async (_, text, expected) => {
    const file = text === undefined ? 'none.ts' : written(text);
    for (const command of ['check', 'convert', 'dev']) {
      const { code, out, err } = await run([command, '--handler', file], '', {}, folderWith({}));
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(expected);
    }
  });

  test.each([
    [
      'a converter without fields',
      "createIngestHandler({ converter: lineConverter('m') })",
      'must have at least one field',
    ],
    ['extend that throws', "createIngestHandler({ extend: () => { throw new Error('no extend'); } })", ': no extend'],
  ])(
    'a handler with %s ends each command with a sentence, and stops the local system',
    async (_, handler, expected) => {
      const library = JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../src/index.ts')).href);
      const file = written(
        `import { createIngestHandler, lineConverter } from ${library};\nexport const handler = ${handler};`,
      );
      for (const command of ['check', 'convert', 'dev']) {
        const { code, out, err } = await run([command, '--handler', file], '', SERVER_OF[command], folderWith({}));
        expect([command, code, out]).toEqual([command, 2, '']);
        expect(err).toContain(`The handler in ${file} is invalid`);
        expect(err).toContain(expected);
        expect(err).not.toContain('This is a bug');
      }
    },
  );
});
