/** Compares the mapping of `check` with an earlier version of its file. */

import { type EnvironmentVariables, SIMPLE_MAPPING } from '../src/config/config.ts';
import type { Mapping } from '../src/sink/mapping/mapping.ts';
import { mappingChanges, timeChanges } from './analysis/mapping-changes.ts';
import { NO_PROGRAM, readProgramConfig } from './handler-file.ts';
import { namingOptions } from './naming-options.ts';
import { styled, widthOf, wrapped } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Returns the variables without those of the simple mapping. */
export const withoutMapping = (variables: EnvironmentVariables): EnvironmentVariables =>
  Object.fromEntries(
    Object.entries(variables).filter(([name]) => !(SIMPLE_MAPPING as readonly string[]).includes(name)),
  );

/** Differences between two versions of a mapping, as sentences. */
export interface MappingDifferences {
  /** Changes that break columns or series. */
  readonly changes: readonly string[];
  /** Changes of times, which break nothing that exists. */
  readonly warnings: readonly string[];
}

/**
 * Returns the changes since an earlier version of the mapping.
 *
 * @throws {ConfigError} if the earlier version has faults.
 * @throws {UsageError} if there is no mapping to compare.
 */
export const changesSince = (
  file: string,
  variables: EnvironmentVariables,
  mapping: Mapping | undefined,
): MappingDifferences => {
  const earlier = Object.entries({ ...withoutMapping(variables), SINK_MAPPING: file });
  // Other variables belong to a program, which does not take part.
  const ofSink = Object.fromEntries(earlier.filter(([name]) => /^(?:SINK|OPENGEMINI)_/.test(name)));
  const before = namingOptions({ SINK_MAPPING: '--against' }, () => readProgramConfig(NO_PROGRAM, ofSink)).config
    .mapping;
  if (before !== undefined && mapping !== undefined)
    return { changes: mappingChanges(before, mapping), warnings: timeChanges(before, mapping) };
  throw new UsageError(
    '--against compares two mappings, but the configuration has none. Set SINK_MAPPING or --mapping.',
  );
};

/** Returns the text about the differences. Empty if no mappings were compared. */
export const changesText = (differences: MappingDifferences | undefined): string => {
  if (differences === undefined) return '';
  const { changes, warnings } = differences;
  const none = 'The mapping breaks no column and no series of the earlier version.\n';
  const broken = listText('The mapping breaks columns or series of the earlier version:', changes);
  return (changes.length === 0 ? none : broken) + listText('The mapping changes times:', warnings);
};

const listText = (title: string, texts: readonly string[]): string => {
  if (texts.length === 0) return '';
  const width = widthOf(process.stdout);
  const lines = texts.map((text) => wrapped(text, width, 2, '- '));
  return `${[styled('yellow', title, process.stdout), ...lines].join('\n')}\n`;
};
