/** `build`: writes the functions that a deployment packages. `infra/build-functions.ts` does the work. */

import { BuildError } from '../infra/build-error.ts';
import { buildFunctions } from '../infra/build-functions.ts';
import { VERSION } from '../src/version.ts';
import { UsageError } from './usage-error.ts';

/** Options of one call. */
export interface BuildOptions {
  readonly ingest?: string;
  readonly flush?: string;
}

/** Runs the command. */
export const build = async (handlers: BuildOptions): Promise<void> => {
  const built = await buildFunctions(process.cwd(), handlers).catch((error) => {
    throw error instanceof BuildError ? new UsageError(error.message) : error;
  });
  for (const { folder, handler, bytes } of built) {
    const size = `${Math.round(bytes / 1024)} KiB`;
    process.stdout.write(`${folder.padEnd(13)}${size.padStart(9)}  ${handler ?? `opengemini-sqs-sink ${VERSION}`}\n`);
  }
};
