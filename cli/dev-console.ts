/** Starts the console for `dev`, unless the user wants none. */

import type { Console, ConsoleOptions } from './console/console.ts';
import type { DevOptions } from './dev-options.ts';
import { externalError } from './usage-error.ts';

/**
 * Starts the console. Returns undefined with `--no-console`.
 *
 * @throws UsageError if its port is not available.
 */
export const startDevConsole = async (
  { console: isWanted = true }: DevOptions,
  options: ConsoleOptions,
): Promise<Console | undefined> => {
  if (!isWanted) return undefined;
  const { startConsole } = await import('./console/console.ts');
  try {
    return await startConsole(options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const remedy =
      'Choose another port, or omit the option to use any free port. --no-console starts without the console.';
    throw externalError(`--console-port ${options.port} is not available`, error, remedy);
  }
};
