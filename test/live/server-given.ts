/** Fails without a server. Otherwise every test here would be skipped, which looks like a passing run. */

/** Throws unless `OPENGEMINI_URL` is set. */
export const setup = (): void => {
  if (process.env.OPENGEMINI_URL) return;
  throw new Error(
    'test:live needs a running openGemini. Start one with "docker compose up -d", then run "OPENGEMINI_URL=http://127.0.0.1:8086 npm run test:live".',
  );
};
