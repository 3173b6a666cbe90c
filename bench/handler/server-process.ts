/** Starts the server of the handler's contestants on another CPU, so that its work is not in their figures. */

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Cpus, pinned } from '../turns/cpus.ts';

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url));

/** A running server. */
export interface ServerProcess {
  readonly url: string;
  stop(): void;
}

/** Starts the server, and waits until it listens on a port of the loopback interface. */
export const startServer = async ({ servers }: Cpus): Promise<ServerProcess> => {
  const [program = '', ...parameters] = pinned(servers, [process.execPath, SERVER]);
  const child = spawn(program, parameters, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const port = await new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The server ended with exit code ${code}. Its error is above.`)));
  });
  return { url: `http://127.0.0.1:${port}`, stop: () => child.disconnect() };
};
