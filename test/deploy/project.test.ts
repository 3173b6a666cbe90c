/**
 * Deploys projects that `init` writes, with the packed package, to the emulator: sends their sample events, reads the
 * points, and removes the stack.
 */

import { execFile, execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type ServerAccess } from '../../local/opengemini-client.ts';
import type { QueueAccess } from '../../local/queue/queue-access.ts';
import { readPoints } from '../../local/workload/verify.ts';
import { packPackage, ROOT } from '../package/install-package.ts';
import { installTools, useTarball } from '../package/new-project.ts';
import { type Clients, physicalIds } from './deployed.ts';
import type { Emulator } from './emulator.ts';
import { pythonTools } from './python.ts';
import { remaining } from './remaining.ts';
import { openSurroundings, type Surroundings } from './surroundings.ts';

const NAME = 'plants';
const STACK = `${NAME}-dev`;
const tool = pythonTools();

describe.skipIf(tool === undefined)('deployment of a new project', () => {
  const base = mkdtempSync(join(tmpdir(), 'opengemini-sink-deployed-'));
  let tarball: string;
  let emulator: Emulator;
  let clients: Clients;
  let queues: QueueAccess;
  let surroundings: Surroundings | undefined;
  let server: ServerAccess;

  beforeAll(async () => {
    tarball = packPackage(base);
    surroundings = await openSurroundings(tool?.('ministack') ?? '');
    ({ emulator, clients, queues, server } = surroundings);
  });
  afterAll(async () => {
    await surroundings?.close();
    rmSync(base, { recursive: true });
  });

  const write = (folder: string, options: readonly string[]): void => {
    execFileSync(process.execPath, [join(ROOT, 'cli/opengemini-sink.js'), 'init', folder, ...options]);
    installTools(folder, useTarball(folder, tarball));
  };

  const npmRun = async (cwd: string, script: string, ...args: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await promisify(execFile)('npm', ['run', '--silent', script, '--', ...args], {
      cwd,
      env: emulator.environment,
    });
    return stdout + stderr;
  };

  test.each([
    ['a mapping', []],
    ['a handler in TypeScript', ['--typescript']],
  ])('a new project with %s is deployed, writes its sample events as points, and is removed', async (_, options) => {
    const project = join(base, options.join('') || 'mapping', NAME);
    const database = `project_${randomUUID().slice(0, 8)}`;
    await createDatabase(server, database, undefined);
    write(project, options);
    const parameters = ['--param', `opengeminiUrl=${server.url}`, '--param', `database=${database}`];
    expect(await npmRun(project, 'deploy', ...parameters)).toContain('Service deployed');

    const queue = new URL((await physicalIds(clients, STACK)).get('EventQueue') ?? '');
    const events = readFileSync(join(project, 'events.ndjson'), 'utf8').trim().split('\n');
    const messages = events.map((body) => ({ body }));
    await queues.send(emulator.endpoint + queue.pathname, messages);
    await expect
      .poll(() => readPoints(server, database), { timeout: 60_000, interval: 500 })
      .toHaveLength(events.length);
    const points = await readPoints(server, database);
    expect(points.map(({ fields }) => fields.temperature).sort()).toEqual([19, 21.5]);

    await npmRun(project, 'remove');
    expect(await remaining(clients)).toEqual([]);
  });
});
