/** Faults of settings that options replace. */

import { ConfigError } from '../src/config/config.ts';

/**
 * Runs `read`, and lets its faults name the options of the user instead of the variables that they replace.
 *
 * @param options - Options by variable, such as `--mapping` for `SINK_MAPPING`.
 * @throws {ConfigError} with the faults of `read`.
 */
export const namingOptions = <T>(options: Readonly<Record<string, string>>, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const named = (fault: string): string =>
      Object.entries(options).reduce(
        (text, [variable, option]) => text.replaceAll(new RegExp(`\\b${variable}\\b`, 'g'), option),
        fault,
      );
    throw new ConfigError(error.faults.map(named));
  }
};
