import { defineConfig } from 'vitest/config';

/** `npm run test:console`: the console of `dev` in a real browser. */
export default defineConfig({
  test: {
    include: ['test/console/browser/**/*.test.ts'],
    globalSetup: 'test/console/browser/find-chromium.ts',
    // Limits against a test that hangs, as in vitest.config.ts.
    testTimeout: 300_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 120_000, interval: 20 } },
    maxWorkers: 1,
  },
});
