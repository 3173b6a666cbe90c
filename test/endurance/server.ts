/**
 * An openGemini as a process that can be killed and stopped, for endurance tests and for tests of its settings. `OPENGEMINI_BINARY` names the
 * single-node server `ts-server`; otherwise the stand-in takes its place, in a process of its own.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { query, type ServerAccess } from '../../local/opengemini-client.ts';
import { freePort } from '../free-port.ts';

/** A server that runs as a process. */
export interface ServerProcess {
  readonly access: ServerAccess;
  /** What it is, for the report. */
  readonly description: string;
  /** Starts the process, and waits until it answers queries. */
  start(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Whether the process has ended, or was never started. */
  readonly hasEnded: () => boolean;
  /** Waits until the process has ended. */
  ended(): Promise<void>;
  /** Fills its file system until nothing fits, or empties it again. `undefined` if it has no small one of its own. */
  readonly fillDisk: ((full: boolean) => void) | undefined;
  /** Ends the process and deletes its data. */
  close(): Promise<void>;
}

const READY_MS = 60_000;
const STAND_IN = fileURLToPath(new URL('stand-in-process.ts', import.meta.url));

/** Settings of the server that a test changes. */
export interface ServerSettings {
  readonly authEnabled?: boolean;
  /** 0 means no limit (default 0). */
  readonly seriesMax?: number;
  /** Whether its data is in a small file system, which only the superuser of Linux can mount. */
  readonly smallDisk?: boolean;
}

/**
 * Returns the configuration of a single-node server that listens on loopback only and keeps its data in `folder`. Empty tags
 * are ignored, as in the configuration that openGemini ships.
 */
const configOf = (
  folder: string,
  ports: readonly number[],
  { authEnabled = false, seriesMax = 0 }: ServerSettings,
): string => {
  const [http, flight, meta, metaHttp, metaRpc, ingest, select, records] = ports.map((port) => `"127.0.0.1:${port}"`);
  return `[common]
meta-join = [${metaRpc}]
ignore-empty-tag = true
[meta]
bind-address = ${meta}
http-bind-address = ${metaHttp}
rpc-bind-address = ${metaRpc}
dir = "${folder}/meta"
[http]
bind-address = ${http}
flight-address = ${flight}
auth-enabled = ${authEnabled}
[data]
store-ingest-addr = ${ingest}
store-select-addr = ${select}
store-data-dir = "${folder}/data"
store-wal-dir = "${folder}/data"
store-meta-dir = "${folder}/meta"
max-series-per-database = ${seriesMax}
[logging]
path = "${folder}/logs"
[gossip]
enabled = false
[record-write]
rpc-address = ${records}
`;
};

const PORTS = 8;
const DISK = '400m';
const FILLER_BYTES = 1024 * 1024;

/** Mounts a small file system on the folder. Returns `false` where that is not permitted. */
const mountSmallDisk = (folder: string): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Fills the file system of a file with it, or deletes the file. */
const setFull = (file: string, full: boolean): void => {
  if (!full) {
    rmSync(file, { force: true });
    return;
  }
  const filler = Buffer.alloc(FILLER_BYTES);
  const descriptor = openSync(file, 'a');
  try {
    for (;;) writeSync(descriptor, filler);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(descriptor);
  }
};

/** Returns the server, which is not started. */
export const serverProcess = async (
  binary: string | undefined,
  settings: ServerSettings = {},
): Promise<ServerProcess> => {
  const folder = mkdtempSync(join(tmpdir(), 'sink-endurance-'));
  const isMounted = settings.smallDisk === true && mountSmallDisk(folder);
  const ports = await Promise.all(Array.from({ length: PORTS }, () => freePort()));
  const config = join(folder, 'server.conf');
  writeFileSync(config, configOf(folder, ports, settings));
  const [port] = ports;
  const access: ServerAccess = { url: `http://127.0.0.1:${port}`, credentials: undefined, timeoutMs: 60_000 };
  let child: ChildProcess | undefined;
  const hasEnded = (): boolean => child === undefined || child.exitCode !== null || child.signalCode !== null;
  const start = async (): Promise<void> => {
    child =
      binary === undefined
        ? spawn(process.execPath, [STAND_IN, String(port), join(folder, 'points')], { stdio: 'ignore' })
        : spawn(binary, ['-config', config], { stdio: 'ignore', cwd: folder });
    await ready(access, child);
  };
  return {
    access,
    description: binary === undefined ? 'stand-in' : 'openGemini (OPENGEMINI_BINARY)',
    start,
    signal: (signal) => void child?.kill(signal),
    hasEnded,
    fillDisk: isMounted ? (full) => setFull(join(folder, 'filler'), full) : undefined,
    ended: async () => {
      if (!hasEnded()) await once(child as ChildProcess, 'exit');
    },
    async close() {
      child?.kill('SIGKILL');
      if (!hasEnded()) await once(child as ChildProcess, 'exit');
      if (isMounted) execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const ready = async (access: ServerAccess, child: ChildProcess): Promise<void> => {
  const endMs = performance.now() + READY_MS;
  for (;;) {
    try {
      await query({ ...access, timeoutMs: 2_000 }, 'SHOW DATABASES');
      return;
    } catch (error) {
      // A server that asks for a user works.
      if ((error as Error).message.includes(' responded with 40')) return;
      if (child.exitCode !== null) throw new Error(`The server ended with exit code ${child.exitCode}.`);
      if (performance.now() > endMs) throw new Error('The server does not answer queries.', { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
};
