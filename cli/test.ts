/** `test`: runs files with tests of mappings. */

import { ConfigError } from '../src/config/config.ts';
import { type Conversion, createInspectedConverter, joinConversions } from '../src/testing/convert-messages.ts';
import { SummaryCollector } from './analysis/conversion-summary.ts';
import { replacedLines, summaryLines } from './analysis/summary-text.ts';
import { loadProgram, type Program, readProgramConfig } from './handler-file.ts';
import { differenceOf } from './mapping-test/expectation.ts';
import { resultLines, resultMembers, type TestResult, totalLine } from './mapping-test/report.ts';
import { type MappingTest, readTestFile, type TestFile } from './mapping-test/test-file.ts';
import { UsageError } from './usage-error.ts';

/** Options of one call. */
export interface TestOptions {
  readonly handler?: string;
  readonly summary?: boolean;
  readonly json?: boolean;
}

/** Runs the command. Returns the exit code: 0, or 1 if a test fails. */
export const test = async (files: readonly string[], options: TestOptions): Promise<number> => {
  const program = await loadProgram(options.handler);
  const runs = runnableFiles(files, program);
  const results = runs.flatMap(({ file, convert }) => file.tests.map((one) => convert(one, options)));
  const failed = results.filter(({ difference }) => difference !== undefined).length;
  const text = options.json
    ? JSON.stringify({ passed: results.length - failed, failed, tests: results.map(resultMembers) })
    : [...results.flatMap(resultLines), totalLine(results, files.length)].join('\n');
  process.stdout.write(`${text}\n`);
  return failed > 0 ? 1 : 0;
};

/** A file that was read, and how to run its tests. */
interface Runnable {
  readonly file: TestFile;
  convert(one: MappingTest, options: TestOptions): TestResult;
}

/** Reads all files before the first test runs. Throws a `UsageError` with the faults of all files. */
const runnableFiles = (files: readonly string[], program: Program): readonly Runnable[] => {
  const faults: string[] = [];
  const runnable: Runnable[] = [];
  for (const name of files) {
    const file = readTestFile(name);
    if ('faults' in file) faults.push(...file.faults);
    else {
      try {
        runnable.push(prepared(file, program));
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        faults.push(...error.faults.map((fault) => file.located(fault)));
      }
    }
  }
  if (faults.length > 0) throw new UsageError(['The tests cannot run:', ...faults].join('\n- '));
  return runnable;
};

const prepared = (file: TestFile, program: Program): Runnable => {
  const { config, extensions } = readProgramConfig(program, {
    OPENGEMINI_URL: 'http://127.0.0.1:8086',
    OPENGEMINI_DATABASE: 'none',
    ...file.variables,
  });
  const mapping = extensions.converter === undefined ? config.mapping : undefined;
  return {
    file,
    convert(one, { summary = false }) {
      const collector = new SummaryCollector(mapping);
      const convert = createInspectedConverter({ ...config, mapping, extensions }, collector.inspect);
      const parts = one.messages.map((message, index) => {
        const part = convert(message, index);
        collector.add(part, `message ${index}`);
        return part;
      });
      const conversion: Conversion = joinConversions(parts);
      const notes = notesOf(collector, summary);
      return { file: file.file, test: one, difference: differenceOf(one.expected, conversion), notes };
    },
  };
};

/** Points that replace each other are always reported, because no expectation of lines shows the loss. */
const notesOf = (collector: SummaryCollector, all: boolean): readonly string[] => {
  const summary = collector.summary();
  return all ? summaryLines(summary).slice(1) : replacedLines(summary);
};
