import { defineConfig } from 'vitest/config';

/** `npm run check:long`: runs the whole system on this machine for minutes while everything around it fails. */
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 60_000,
    setupFiles: ['./test/seed-setup.ts'],
    maxWorkers: 1,
  },
});
