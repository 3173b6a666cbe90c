/**
 * Keeps the functions of `dev` up to date with the mapping file, the module of the handler, and the environment file. A
 * faulty file is reported, and the functions keep the last valid configuration.
 */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { convertedMapping, namesMappingFile } from '../../infra/mapping-file.ts';
import type { LocalSystem } from '../../local/system.ts';
import { ConfigError, type EnvironmentVariables } from '../../src/config/config.ts';
import { prepareDevFolder } from '../dev-state.ts';
import { loadProgram, type Program, type ProgramConfig, readProgramConfig } from '../handler-file.ts';
import { namingOptions } from '../naming-options.ts';
import { styled } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import type { EnvFile } from './env-file.ts';

/** Files that the caller of `dev` has named. */
export interface DevFiles {
  readonly mapping?: string;
  readonly handler?: string;
  readonly envFile?: string;
}

/** Returns the mapping, as the user names it. The option takes precedence over the variable. */
export const namedMapping = ({ mapping }: DevFiles): string | undefined => mapping ?? process.env.SINK_MAPPING;

/** Returns the paths of the files to watch: those that exist now, or are named now. */
export const filesToWatch = (files: DevFiles): readonly string[] => {
  const mapping = namedMapping(files);
  return [namesMappingFile(mapping) ? mapping : undefined, files.handler, files.envFile]
    .filter((file) => file !== undefined)
    .map((file) => resolve(file));
};

/**
 * Returns the variables of the functions. A mapping file is copied into the folder of `dev`, as JSON, so that a later
 * faulty version of it does not reach a new process.
 *
 * @param folder - Working directory.
 */
export const functionVariables = (files: DevFiles, folder: string): EnvironmentVariables => {
  const mapping = namedMapping(files);
  const variables = { ...process.env, SINK_MAPPING: mapping };
  const json = namesMappingFile(mapping) ? (convertedMapping(variables) ?? jsonIn(mapping)) : undefined;
  return json === undefined ? variables : { ...variables, SINK_MAPPING: copyMapping(folder, json) };
};

/** Returns the text of a JSON file. Undefined for another file, whose name the function reports then. */
const jsonIn = (file: string): string | undefined => {
  try {
    const text = readFileSync(file, 'utf8');
    JSON.parse(text.replace(/^\uFEFF/, ''));
    return text;
  } catch {
    return undefined;
  }
};

/** Replaces the copy as a whole, because a process may read it at any time. Returns its path. */
const copyMapping = (folder: string, json: string): string => {
  const file = join(prepareDevFolder(folder), 'mapping.json');
  writeFileSync(`${file}.new`, json);
  renameSync(`${file}.new`, file);
  return file;
};

/**
 * Reads the configuration of the functions.
 *
 * @throws ConfigError with all faults, which name the file and the option of the user.
 */
export const readDevConfig = (program: Program, system: LocalSystem, files: DevFiles): ProgramConfig =>
  namingOptions(files.mapping === undefined ? {} : { SINK_MAPPING: '--mapping' }, () =>
    readProgramConfig(program, { ...system.variablesFor(process.env), SINK_MAPPING: namedMapping(files) }),
  );

/** What a reload needs. */
export interface ReloadContext {
  readonly files: DevFiles;
  readonly folder: string;
  readonly system: LocalSystem;
  readonly envFile: EnvFile;
  /** Prints a line on standard error. */
  readonly print: (line: string) => void;
}

/**
 * Reloads the functions after files have changed. Never throws an error that the user can fix.
 *
 * @param isValid - Whether the configuration that the functions use is valid.
 * @returns Whether it is valid afterwards.
 */
export const reload = async (
  isValid: boolean,
  changed: readonly string[],
  { files, folder, system, envFile, print }: ReloadContext,
): Promise<boolean> => {
  const names = changed.map((file) => relative(folder, file)).join(', ');
  try {
    const late = envFile.apply();
    if (late.length > 0) print(`${late.join(', ')} changed. The new value takes effect when you start dev again.`);
    readDevConfig(await loadProgram(files.handler, Date.now()), system, files);
    system.reload(functionVariables(files, folder));
    print(`Reloaded ${names}. Running invocations finish, and later ones use the new version.`);
    return true;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof UsageError)) throw error;
    print(`${styled('yellow', error.message, process.stderr)}\n${consequence(isValid, changed, files)}`);
    return isValid;
  }
};

const consequence = (isValid: boolean, changed: readonly string[], { handler }: DevFiles): string => {
  if (!isValid)
    return 'Every invocation still fails. Messages stay in the queue until a save corrects the configuration.';
  const isHandler = handler !== undefined && changed.includes(resolve(handler));
  return isHandler
    ? 'The running processes of the function keep the last valid version. A new process fails, and its messages stay in the queue, until the next valid save.'
    : 'The functions keep the last valid configuration until the next valid save.';
};
