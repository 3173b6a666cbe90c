/** MiniStack: an emulator of AWS on loopback, which runs functions as processes of Node.js. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LOOPBACK_HOST } from '../../local/loopback.ts';
import { freePort } from '../free-port.ts';

/** Region of the emulated stack. */
export const REGION = 'eu-central-1';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY_MS = 20_000;

/** A running emulator. */
export interface Emulator {
  readonly endpoint: string;
  /** Environment variables of programs that use the emulator as AWS. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Runs `osls` with the emulator as AWS. Returns its output. Throws if it fails. */
  serverless(...args: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

/** The emulator runs functions with the first `node` of the path, so the Node.js of the tests comes first. */
const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);

const untilReady = async (endpoint: string, child: ChildProcess): Promise<void> => {
  const deadline = performance.now() + READY_MS;
  while (performance.now() < deadline && child.exitCode === null) {
    if (
      await fetch(endpoint).then(
        () => true,
        () => false,
      )
    )
      return;
    await pause(100);
  }
  throw new Error(`MiniStack did not start within ${READY_MS / 1000} s (exit code ${child.exitCode}).`);
};

/**
 * Starts the emulator on a free port.
 *
 * @param enforcesRights - Whether the policies of roles are enforced. The credentials of `environment` have all rights.
 */
export const startEmulator = async (
  program: string,
  onLine: (line: string) => void,
  enforcesRights = false,
): Promise<Emulator> => {
  const port = await freePort();
  const endpoint = `http://${LOOPBACK_HOST}:${port}`;
  const child = spawn(program, {
    env: {
      PATH,
      HOME: process.env.HOME,
      // By default, MiniStack listens on all network interfaces.
      BIND_HOST: LOOPBACK_HOST,
      MINISTACK_HOST: LOOPBACK_HOST,
      GATEWAY_PORT: String(port),
      MINISTACK_REGION: REGION,
      LAMBDA_EXECUTOR: 'local',
      AUTH: String(enforcesRights),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Functions run in its process group, so that they end with it.
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => onLine(String(data)));
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.pid === undefined) return;
    const ended = once(child, 'exit');
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  };
  try {
    await untilReady(endpoint, child);
  } catch (error) {
    await close();
    throw error;
  }
  const environment = {
    PATH,
    HOME: process.env.HOME,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    // The default polls every 5 s whether a stack is ready. This one is ready immediately.
    SLS_AWS_MONITORING_FREQUENCY: '200',
  };
  return {
    endpoint,
    environment,
    close,
    async serverless(...args) {
      const program = 'node_modules/osls/bin/serverless.js';
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, ...args], {
        cwd: ROOT,
        env: environment,
      });
      return stdout + stderr;
    },
  };
};
