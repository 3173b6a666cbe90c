/** `npm run test:mutation`: Stryker changes one expression of the source at a time, and a test must fail. */

export default {
  mutate: ['src/{sink,controller,breaker,checkpoint,writer}/**/*.ts'],
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts' },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // A mutant in a constant of a module would need all tests, each time with newly loaded modules.
  ignoreStatic: true,
  reporters: ['progress-append-only', 'clear-text', 'html', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: 'coverage/mutation/index.html' },
  jsonReporter: { fileName: 'coverage/mutation/mutation.json' },
  // Only mutants of changed files and tests run again.
  incremental: true,
  incrementalFile: 'coverage/mutation/incremental.json',
  tempDirName: 'coverage/mutation/sandbox',
  disableTypeChecks: false,
};
