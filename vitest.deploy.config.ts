import { defineConfig } from 'vitest/config';

/** `npm run test:deploy`: with one worker, because the tests use one deployment in order. */
export default defineConfig({
  test: {
    include: ['test/deploy/**/*.test.ts'],
    globalSetup: 'test/infra/package-service.ts',
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 1,
  },
});
