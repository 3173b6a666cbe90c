/** `init`: writes a new project that deploys the sink. `init/project.ts` does the work. */

import { createProject, type Project, ProjectError } from './init/project.ts';
import { UsageError } from './usage-error.ts';

/** Runs the command. */
export const init = (folder: string, typescript: boolean): void => {
  process.stdout.write(nextSteps(folder, create(folder, typescript).files.length));
};

const create = (folder: string, typescript: boolean): Project => {
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
  npm run dev
  npm run deploy -- --stage dev --param opengeminiUrl=https://opengemini.example:8086

README.md explains each step.
`;
