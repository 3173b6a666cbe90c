/** Without a server every test here would be skipped, and that looks like a run that has passed. */

export const setup = (): void => {
  if (process.env.OPENGEMINI_URL) return;
  throw new Error(
    'test:live compares with a running openGemini: OPENGEMINI_URL=http://127.0.0.1:8086 npm run test:live ("docker compose up -d" starts one).',
  );
};
