/** `init`: writes a new project that deploys the sink. `init/project.ts` does the work. */

import { createProject, ProjectError } from './init/project.ts';
import { type Options, parseOptions, UsageError } from './usage.ts';

const OPTIONS: Options = {
  typescript: { type: 'boolean', meaning: 'a handler in TypeScript instead of a mapping file' },
};

const ABOUT = [
  'Write a small project that deploys the sink, with a test, into a new or an empty folder. The last part of the path is',
  'the name of the service: a letter, then letters, digits, and hyphens.',
];

/** Runs the command. Returns the exit code 0. */
export const init = async (args: readonly string[]): Promise<number> => {
  const folders = args.filter((one) => !one.startsWith('-'));
  const options = parseOptions(
    'init FOLDER',
    ABOUT,
    OPTIONS,
    args.filter((one) => one.startsWith('-')),
  );
  if (options === undefined) return 0;
  const [folder] = folders;
  if (folder === undefined || folders.length > 1)
    throw new UsageError(`Name one folder, got ${folders.length}. For example: init my-telemetry`);
  process.stdout.write(nextSteps(folder, create(folder, options.flag('typescript')).files.length));
  return 0;
};

const create = (folder: string, typescript: boolean) => {
  try {
    return createProject(folder, typescript ? 'typescript' : 'mapping');
  } catch (error) {
    throw error instanceof ProjectError ? new UsageError(error.message) : error;
  }
};

const nextSteps = (folder: string, files: number): string => `Wrote ${files} files into ${folder}. Next steps:

  cd ${folder}
  npm install
  npm test
  npm run deploy -- --stage dev --param opengeminiUrl=https://opengemini.example:8086

README.md explains each step.
`;
