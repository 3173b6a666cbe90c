import { defineConfig } from 'vitest/config';

// A blocked install script of the `node` package leaves the machine's own Node in charge without a word.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  throw new Error(
    `Tests need Node 24 or newer, this is ${process.version}. Run them as "npm test"; if that still shows an older ` +
      'Node, the install script of the "node" package did not run: "npm rebuild node" or "npm ci" without --ignore-scripts.',
  );
}

const times = { testTimeout: 30_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'code',
          include: ['test/**/*.test.ts'],
          exclude: ['test/live/**', 'test/infra/**', 'test/simulation/**', 'test/deploy/**', 'test/long/**'],
          ...times,
        },
      },
      {
        test: {
          name: 'package',
          include: ['test/infra/**/*.test.ts', 'test/simulation/**/*.test.ts'],
          globalSetup: 'test/infra/package-service.ts',
          ...times,
        },
      },
    ],
  },
});
