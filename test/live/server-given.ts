/**
 * Provides the server of the live tests: the one of `OPENGEMINI_URL`, or one that is started from `OPENGEMINI_BINARY`. Fails
 * without both. Otherwise every test here would be skipped, which looks like a passing run.
 */

import { serverProcess } from '../endurance/server.ts';

/** Starts a server if none is given, and returns a function that ends it. */
export const setup = async (): Promise<(() => Promise<void>) | undefined> => {
  const { OPENGEMINI_URL: url, OPENGEMINI_BINARY: binary } = process.env;
  if (url) return undefined;
  if (!binary)
    throw new Error(
      'test:live needs openGemini. Start one with "docker compose up -d" and run "OPENGEMINI_URL=http://127.0.0.1:8086 npm run test:live", or name the single-node server "ts-server" with OPENGEMINI_BINARY.',
    );
  const server = await serverProcess(binary);
  await server.start();
  // The tests run in processes that are started later.
  process.env.OPENGEMINI_URL = server.access.url;
  return () => server.close();
};
