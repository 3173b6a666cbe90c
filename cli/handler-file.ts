/** The program of a user that `--handler` names: a module that exports a handler of the library. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withMappingFile } from '../infra/mapping-file.ts';
import { type Config, ConfigError, type EnvironmentVariables, readConfig } from '../src/config/config.ts';
import { applyExtensions, type HandlerOptions, type SinkExtensions } from '../src/config/handler-options.ts';
import { externalError, UsageError } from './usage-error.ts';

/** A program, or no program: the sink as it is. */
export interface Program {
  /** Absolute path of the module; undefined without a program. */
  readonly file: string | undefined;
  readonly options: HandlerOptions;
}

/** The sink as it is. */
export const NO_PROGRAM: Program = { file: undefined, options: {} };

/**
 * Loads a program.
 *
 * @param file - Relative to the working directory. Undefined for the sink as it is.
 * @param version - A value that was not used before loads the module again. The modules that it imports stay as they are.
 * @throws UsageError if the module cannot be loaded, or exports no handler of the library.
 */
export const loadProgram = async (file: string | undefined, version?: number): Promise<Program> => {
  if (file === undefined) return NO_PROGRAM;
  const path = resolve(file);
  if (!existsSync(path)) throw new UsageError(`--handler ${file} does not exist (resolved to ${path}).`);
  let loaded: { readonly handler?: unknown };
  try {
    loaded = await import(`${pathToFileURL(path).href}${version === undefined ? '' : `?version=${version}`}`);
  } catch (error) {
    throw externalError(`--handler ${file} cannot be loaded`, error, placeOf(error));
  }
  const { options, function: name } = (loaded.handler ?? {}) as {
    readonly options?: HandlerOptions;
    readonly function?: 'ingest' | 'flush';
  };
  if (name === 'flush')
    throw new UsageError(
      `--handler ${file} exports a handler of createFlushHandler, which reads no events. Name the file whose "handler" createIngestHandler creates. dev runs the flush function with the same options.`,
    );
  if (typeof options !== 'object') {
    const found =
      loaded.handler === undefined
        ? `Exports found: ${Object.keys(loaded).join(', ') || 'none'}.`
        : 'Its export "handler" was created in another way.';
    throw new UsageError(`--handler ${file} must export "handler", created by createIngestHandler. ${found}`);
  }
  return { file: path, options };
};

/** Returns the place of a syntax error, which is not in its message. */
const placeOf = (error: unknown): string =>
  error instanceof SyntaxError ? (error.stack ?? '').split('\n').slice(0, 3).join('\n') : '';

/** The configuration of a program, and its extensions. */
export interface ProgramConfig {
  /** A typed converter is its mapping. */
  readonly config: Config;
  readonly extensions: SinkExtensions;
}

/**
 * Reads the configuration as the function does. A mapping file may also be YAML, or JSON with comments.
 *
 * @throws ConfigError with all faults.
 * @throws UsageError if the program has another mistake.
 */
export const readProgramConfig = ({ file, options }: Program, variables: EnvironmentVariables): ProgramConfig => {
  const config = withMappingFile(variables, (found) => readConfig(found, options.settings));
  try {
    const { extensions, rules } = applyExtensions(options, config);
    return { config: { ...config, mapping: rules.mapping }, extensions };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw externalError(`The handler in ${file} is invalid`, error);
  }
};

/** Returns the variables that the function reads: those that the program sets in code, otherwise those of the shell. */
export const surroundingVariables = ({ options }: Program): EnvironmentVariables => options.variables ?? process.env;

/** Names of the functions of a program. */
export const functionNames = (extensions: SinkExtensions): readonly string[] =>
  (['converter', 'decode', 'transform', 'shouldFlush', 'metrics', 'onRefused'] as const).filter(
    (name) => extensions[name] !== undefined,
  );

/** Whether only code of the program can read or convert bodies, so that no example of the sink fits. */
export const needsOwnEvents = ({ converter, decode, transform }: SinkExtensions): boolean =>
  converter !== undefined || decode !== undefined || transform !== undefined;
