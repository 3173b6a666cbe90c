import { once } from 'node:events';
import { createServer } from 'node:net';
import { LOOPBACK_HOST } from '../local/loopback.ts';

/** For programs that cannot be asked to choose one themselves. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, LOOPBACK_HOST);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
};
