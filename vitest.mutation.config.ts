import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longer than a second, fastest first: they run after the others, which end most mutants. */
const slowFiles = [
  'sink/sink.test.ts',
  'sink/presets/presets.test.ts',
  'sink/time/zone.test.ts',
  'sink/convert/line-converter.test.ts',
  'checkpoint/drain/drain-crashes.test.ts',
  'sink/lines/shortest-decimal.test.ts',
  'sink/scan/scan.test.ts',
  'sink/convert/server-grammar.test.ts',
  'checkpoint/format/stored-segment.test.ts',
  'sink/hostile.test.ts',
  'checkpoint/save.test.ts',
];

const place = ({ moduleId }: TestSpecification) => slowFiles.findIndex((file) => moduleId.endsWith(`/test/${file}`));

class FastFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => place(one) - place(other) || one.moduleId.localeCompare(other.moduleId));
  }
}

/** `npm run test:mutation`: the tests of the folders that Stryker mutates, without the rest of `npm test`. */
export default defineConfig({
  test: {
    include: ['sink', 'checkpoint', 'breaker', 'controller', 'writer'].map((folder) => `test/${folder}/**/*.test.ts`),
    // These take ten seconds and more, for every mutant that survives. The score is a lower bound without them.
    exclude: [
      'test/sink/**/laws.test.ts',
      'test/sink/bounds.test.ts',
      'test/sink/mapping/schema.test.ts',
      'test/controller/modelled.test.ts',
    ],
    // Loading the modules again for each file takes longer than most files, and no test changes a module.
    isolate: false,
    sequence: { sequencer: FastFirst },
    // A mutant that makes a test hang is ended by Stryker, which measures how long the tests take without mutants.
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});
