import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { TAGS } from './test/tags.ts';

/** Files that take longer than others even so. They run last, because a mutant ends at its first failing test. */
const lastFiles = [
  'checkpoint/drain/drain-crashes.test.ts',
  'checkpoint/format/stored-segment.test.ts',
  'checkpoint/save.test.ts',
  'sink/bounds.test.ts',
  'sink/hostile.test.ts',
  'sink/laws/laws.test.ts',
];

const place = ({ moduleId }: TestSpecification) => lastFiles.findIndex((file) => moduleId.endsWith(`/test/${file}`));

class FastFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => place(one) - place(other) || one.moduleId.localeCompare(other.moduleId));
  }
}

/** The folders that Stryker mutates, and those that run the sink as a whole. */
const FOLDERS = ['sink', 'checkpoint', 'breaker', 'controller', 'writer', 'ingest', 'flush', 'runtime'];

/** `npm run test:mutation`: the fast tests of the folders that Stryker mutates, without the rest of `npm test`. */
export default defineConfig({
  test: {
    include: FOLDERS.map((folder) => `test/${folder}/**/*.test.ts`),
    // They run for many seconds each: a model of servers, the laws of the converters, and the schema of mappings.
    exclude: ['test/controller/modelled.test.ts', 'test/sink/convert/laws.test.ts', 'test/sink/mapping/schema.test.ts'],
    env: { LAWS_RUNS: '60' },
    tags: TAGS,
    // The type of a configuration does not have this option of the command line, but Vitest reads it here too.
    ...({ tagsFilter: ['!slow'] } as object),
    setupFiles: ['./test/mutation-setup.ts'],
    // Loading the modules again for each file takes longer than most files, and no test changes a module.
    isolate: false,
    sequence: { sequencer: FastFirst },
    // A mutant that makes a test hang is ended by Stryker, which measures how long the tests take without mutants.
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});
