/** Compares the mapping of `check` with an earlier version of its file. */

import { type EnvironmentVariables, SIMPLE_MAPPING } from '../src/config/config.ts';
import type { Mapping } from '../src/sink/mapping/mapping.ts';
import { mappingChanges } from './analysis/mapping-changes.ts';
import { NO_PROGRAM, readProgramConfig } from './handler-file.ts';
import { styled, widthOf, wrapped } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Returns the variables without those of the simple mapping. */
export const withoutMapping = (variables: EnvironmentVariables): EnvironmentVariables =>
  Object.fromEntries(
    Object.entries(variables).filter(([name]) => !(SIMPLE_MAPPING as readonly string[]).includes(name)),
  );

/**
 * Returns the changes since an earlier version of the mapping that break columns or series, as sentences.
 *
 * @throws {ConfigError} if the earlier version has faults.
 * @throws {UsageError} if there is no mapping to compare.
 */
export const changesSince = (
  file: string,
  variables: EnvironmentVariables,
  mapping: Mapping | undefined,
): readonly string[] => {
  const earlier = Object.entries({ ...withoutMapping(variables), SINK_MAPPING: file });
  // Other variables belong to a program, which does not take part.
  const ofSink = Object.fromEntries(earlier.filter(([name]) => /^(?:SINK|OPENGEMINI)_/.test(name)));
  const before = readProgramConfig(NO_PROGRAM, ofSink).config.mapping;
  if (before !== undefined && mapping !== undefined) return mappingChanges(before, mapping);
  throw new UsageError(
    '--against compares two mappings, but the configuration has none. Set SINK_MAPPING or --mapping.',
  );
};

/** Returns the text about the changes. Empty if no mappings were compared. */
export const changesText = (changes: readonly string[] | undefined): string => {
  if (changes === undefined) return '';
  if (changes.length === 0) return 'The mapping breaks no column and no series of the earlier version.\n';
  const width = widthOf(process.stdout);
  const title = styled('yellow', 'The mapping breaks columns or series of the earlier version:', process.stdout);
  return `${[title, ...changes.map((text) => wrapped(text, width, 2, '- '))].join('\n')}\n`;
};
