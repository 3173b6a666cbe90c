import { defineConfig } from 'vitest/config';

/** `npm run test:deploy`: in order, because one deployment is looked at from several sides. */
export default defineConfig({
  test: {
    include: ['test/deploy/**/*.test.ts'],
    globalSetup: 'test/infra/package-service.ts',
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 1,
  },
});
