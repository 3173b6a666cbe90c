/** Faults of a mapping that an option names. */

import { ConfigError } from '../src/config/config.ts';

/**
 * Runs `read`, and lets its faults name the option of the user instead of the variable that it replaces.
 *
 * @throws {ConfigError} with the faults of `read`.
 */
export const namingOption = <T>(option: string, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.faults.map((fault) => fault.replaceAll(/\bSINK_MAPPING\b/g, option)));
  }
};
