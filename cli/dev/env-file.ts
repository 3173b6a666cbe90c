/** The environment file of `dev` (`--env-file`). Its variables override those of the process. */

import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { externalError } from '../usage-error.ts';

/** Variables that the parts of the system have read at the start. A change takes effect at the next start. */
const FIXED = /^(?:OPENGEMINI_(?:URL|USERNAME|PASSWORD|DATABASE|RETENTION_POLICY)|SINK_NAME)$/;

/** An environment file that has been applied to the variables of the process. */
export interface EnvFile {
  /**
   * Applies the file as it is now. Variables that it no longer contains get the value that the process had.
   *
   * @returns The names of changed variables that take effect at the next start only.
   * @throws UsageError if the file cannot be read. The variables are then unchanged.
   */
  apply(): readonly string[];
}

/**
 * Applies a file to the variables.
 *
 * @param file - Undefined for no file.
 * @param variables - Changed in place.
 * @throws UsageError if the file cannot be read.
 */
export const applyEnvFile = (file: string | undefined, variables: NodeJS.ProcessEnv): EnvFile => {
  let applied = fileVariables(file);
  const base = withoutFile(variables, applied);
  Object.assign(variables, applied);
  return {
    apply: () => {
      const found = fileVariables(file);
      const names = [...new Set([...Object.keys(applied), ...Object.keys(found)])];
      const current = (name: string): string | undefined => found[name] ?? base[name];
      const late = names.filter((name) => FIXED.test(name) && current(name) !== variables[name]);
      for (const name of names) if (!FIXED.test(name)) setVariable(variables, name, current(name));
      applied = found;
      return late;
    },
  };
};

/**
 * Returns the variables of the process before the file was applied. Node itself reads the option `--env-file`, wherever it
 * is on the command line, so that a variable with the value in the file is taken for one of the file.
 */
const withoutFile = (variables: NodeJS.ProcessEnv, applied: NodeJS.Dict<string>): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(variables).filter(([name, value]) => applied[name] !== value));

const fileVariables = (file: string | undefined): NodeJS.Dict<string> => {
  if (file === undefined) return {};
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    throw externalError(`--env-file ${file} cannot be read`, error);
  }
};

/** `process.env` converts every value to text, so that a variable without a value must be deleted. */
const setVariable = (variables: NodeJS.ProcessEnv, name: string, value: string | undefined): void => {
  if (value === undefined) delete variables[name];
  else variables[name] = value;
};
