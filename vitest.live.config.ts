import { defineConfig } from 'vitest/config';

/** `OPENGEMINI_URL=http://127.0.0.1:8086 npm run test:live`: tests on any openGemini server, in separate databases. */
export default defineConfig({
  test: {
    include: ['test/live/**/*.test.ts'],
    globalSetup: 'test/live/server-given.ts',
    testTimeout: 300_000,
    hookTimeout: 60_000,
    setupFiles: ['./test/seed-setup.ts'],
    maxWorkers: 1,
  },
});
