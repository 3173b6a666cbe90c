import { defineConfig } from 'vitest/config';

/** `npm run test:mutation`: the tests of the folders that Stryker mutates, without the rest of `npm test`. */
export default defineConfig({
  test: {
    include: ['sink', 'checkpoint', 'breaker', 'controller', 'writer'].map((folder) => `test/${folder}/**/*.test.ts`),
    // A mutant that makes a test hang is ended by Stryker, which measures how long the tests take without mutants.
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});
