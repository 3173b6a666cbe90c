/** `npm test`: all tests that need no deployment, and no network except the npm registry (`test/package/`). */

import { defineConfig } from 'vitest/config';
import { TAGS } from './test/tags.ts';

// If the install script of the `node` package was blocked, npm silently uses the Node.js of the machine.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  throw new Error(
    `Tests need Node.js 24 or newer, got ${process.version}. Run them with "npm test". If the version is still older, the ` +
      'install script of the "node" package did not run. Run "npm rebuild node", or "npm ci" without --ignore-scripts.',
  );
}

/** Tests of the pure folders and the configuration: they start no process and open no socket. */
const UNIT = [
  ...['sink', 'checkpoint', 'breaker', 'controller', 'writer', 'runtime', 'ingest', 'flush', 'config'].map(
    (folder) => `test/${folder}/**/*.test.ts`,
  ),
  ...['test/architecture.test.ts', 'test/prose.test.ts', 'test/version.test.ts'],
];

/** Limits against a test that hangs. They are far above what any test takes, because no test may depend on the machine. */
const limits = { testTimeout: 300_000, hookTimeout: 300_000, expect: { poll: { timeout: 120_000, interval: 20 } } };

const setupFiles = ['./test/seed-setup.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    tags: TAGS,
    projects: [
      {
        test: {
          name: 'unit',
          include: UNIT,
          ...limits,
          setupFiles,
        },
      },
      {
        test: {
          name: 'code',
          include: ['test/**/*.test.ts'],
          exclude: [
            ...UNIT,
            ...['test/live/**', 'test/infra/**', 'test/simulation/**', 'test/deploy/**', 'test/long/**'],
            ...['test/package/**', 'test/console/browser/**'],
          ],
          ...limits,
          setupFiles,
        },
      },
      {
        test: {
          name: 'package',
          include: ['test/infra/**/*.test.ts', 'test/simulation/**/*.test.ts'],
          globalSetup: 'test/infra/package-service.ts',
          ...limits,
          setupFiles,
        },
      },
      {
        test: {
          name: 'installed',
          include: ['test/package/**/*.test.ts'],
          globalSetup: 'test/package/install-package.ts',
          ...limits,
          setupFiles,
        },
      },
    ],
  },
});
