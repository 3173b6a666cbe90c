/** The results of `test` as text and as JSON. */

import { counted } from '../counted.ts';
import { styled } from '../terminal.ts';
import type { Difference } from './expectation.ts';
import type { MappingTest } from './test-file.ts';

/** Result of one test. */
export interface TestResult {
  readonly file: string;
  readonly test: MappingTest;
  /** Undefined if the test has passed. */
  readonly difference: Difference | undefined;
  /** Sentences about the input and the mapping that do not fail the test. */
  readonly notes: readonly string[];
}

/** Returns the members of a result for `--json`. */
export const resultMembers = ({ file, test: { name, line }, difference, notes }: TestResult): unknown => ({
  file,
  line,
  name,
  passed: difference === undefined,
  ...(difference === undefined ? {} : { difference }),
  ...(notes.length === 0 ? {} : { notes }),
});

/** Returns the lines of a result. A test that has passed without notes has one. */
export const resultLines = ({ file, test: { name, line }, difference, notes }: TestResult): readonly string[] => {
  const noted = notes.map((note) => `    note: ${note}`);
  if (difference === undefined) return [`${colored('green', 'passed')}  ${name}`, ...noted];
  return [`${colored('red', 'FAILED')}  ${name} (${file}:${line})`, ...differenceLines(difference), ...noted];
};

const colored = (color: 'green' | 'red', text: string): string => styled(color, text, process.stdout);

const differenceLines = (difference: Difference): readonly string[] => {
  const { missingLines, unexpectedLines, missingRefusals, unexpectedRefusals, dropped } = difference;
  return [
    ...section('lines', missingLines, unexpectedLines),
    ...section('refusals', missingRefusals, unexpectedRefusals),
    ...(dropped === undefined ? [] : section('dropped', [String(dropped.expected)], [String(dropped.found)])),
  ];
};

/** Returns a diff with the signs of `diff`: expected texts that are missing, and found texts that are not expected. */
const section = (name: string, missing: readonly string[], unexpected: readonly string[]): readonly string[] => {
  if (missing.length === 0 && unexpected.length === 0) return [];
  return [
    `    ${name} (- expected, + found):`,
    ...missing.map((text) => `    ${colored('red', `- ${text}`)}`),
    ...unexpected.map((text) => `    ${colored('green', `+ ${text}`)}`),
  ];
};

/** Returns the last line of the report. */
export const totalLine = (results: readonly TestResult[], files: number): string => {
  const failed = results.filter(({ difference }) => difference !== undefined).length;
  const text = `${counted(results.length, 'test')} in ${counted(files, 'file')}: ${results.length - failed} passed, ${failed} failed.`;
  return colored(failed === 0 ? 'green' : 'red', text);
};
