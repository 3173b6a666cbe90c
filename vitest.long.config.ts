import { defineConfig } from 'vitest/config';

/** `npm run check:long`: the whole system on this machine while everything around it fails, for minutes. */
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
  },
});
