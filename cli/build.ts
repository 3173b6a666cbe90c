/** `build`: writes the functions that a deployment packages. `infra/build-functions.ts` does the work. */

import { BuildError } from '../infra/build-error.ts';
import { buildFunctions } from '../infra/build-functions.ts';
import { VERSION } from '../src/version.ts';
import { type Options, parseOptions, UsageError } from './usage.ts';

const handlerOption = (name: string) =>
  ({
    type: 'string',
    value: 'FILE',
    meaning: `module that exports the handler of ${name} (default the sink's own)`,
  }) as const;

const OPTIONS: Options = { ingest: handlerOption('ingest'), flush: handlerOption('flush') };

const ABOUT = [
  'Write the functions ingest and flush into dist/ of the current directory, for the deployment. A module of your own is',
  'bundled with everything that it imports, which needs esbuild. Types are not checked.',
];

/** Runs the command. Returns the exit code 0. */
export const build = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions('build', ABOUT, OPTIONS, args);
  if (options === undefined) return 0;
  const [ingest, flush] = [options.text('ingest'), options.text('flush')];
  const handlers = { ...(ingest !== undefined && { ingest }), ...(flush !== undefined && { flush }) };
  const built = await buildFunctions(process.cwd(), handlers).catch((error) => {
    throw error instanceof BuildError ? new UsageError(error.message) : error;
  });
  for (const { folder, handler, bytes } of built) {
    const size = `${Math.round(bytes / 1024)} KiB`;
    process.stdout.write(`${folder.padEnd(13)}${size.padStart(9)}  ${handler ?? `opengemini-sqs-sink ${VERSION}`}\n`);
  }
  return 0;
};
