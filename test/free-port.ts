/** Finds a free port on the loopback address. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { LOOPBACK_HOST } from '../local/loopback.ts';

/** Returns a free port, for programs that cannot choose one themselves. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, LOOPBACK_HOST);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
};
