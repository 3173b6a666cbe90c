/** `init`: writes a new project that deploys the sink, or proposes a mapping from sample events. */

import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { PACKAGE_ROOT } from '../local/package-root.ts';
import { VERSION } from '../src/version.ts';
import { summaryLines } from './analysis/summary-text.ts';
import { type Changes, createProject, type Project, ProjectError } from './init/project.ts';
import { proposedFiles, withProposedNames } from './init/proposed-files.ts';
import { PROGRAM } from './program-name.ts';
import { checkedProposal } from './proposal/checked-proposal.ts';
import { measurementName } from './proposal/mapping-names.ts';
import { readSamples, type Samples } from './proposal/samples.ts';
import { widthOf, wrapped } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Options of one call. */
export interface InitOptions {
  readonly typescript?: boolean;
  /** Files with sample events. */
  readonly from?: readonly string[];
}

/** Runs the command. Without a folder it prints the mapping that it proposes. */
export const init = async (folder: string | undefined, { typescript = false, from }: InitOptions): Promise<void> => {
  if (from === undefined) {
    if (folder === undefined)
      throw new UsageError(
        'The argument <folder> is missing.\nWithout a folder, set --from: it prints a mapping for sample events.',
      );
    writeProject(folder, typescript);
    return;
  }
  if (typescript)
    throw new UsageError('--from proposes a mapping, so it cannot be combined with --typescript. Remove one of them.');
  if (folder === undefined) checkFolderFirst(from);
  const samples = await readSamples(from);
  const proposal = proposalOf(samples, measurementName(from[0]));
  if (folder === undefined) process.stdout.write(proposal.yaml);
  else
    writeProject(folder, false, {
      files: proposedFiles(samples, proposal),
      text: withProposedNames(proposal.measurement),
    });
  const advice = proposal.advice === undefined ? [] : [proposal.advice];
  reportFindings([...summaryLines(proposal.summary), ...advice]);
};

const proposalOf = (samples: Samples, measurement: string) => {
  const proposal = checkedProposal(samples, measurement, Date.now());
  if (typeof proposal === 'string') throw new UsageError(`No mapping can be proposed. ${proposal}`);
  return proposal;
};

/** Prints what becomes of the samples with the proposed mapping. */
const reportFindings = (lines: readonly string[]): void => {
  const width = widthOf(process.stderr);
  process.stderr.write(`The samples with this mapping: ${lines.map((line) => wrapped(line, width, 2)).join('\n- ')}\n`);
};

const writeProject = (folder: string, typescript: boolean, changes?: Changes): void => {
  process.stdout.write(nextSteps(folder, create(folder, typescript, changes).files.length));
};

const create = (folder: string, typescript: boolean, changes: Changes | undefined): Project => {
  try {
    return createProject(folder, typescript ? 'typescript' : 'mapping', changes);
  } catch (error) {
    throw error instanceof ProjectError ? new UsageError(error.message) : error;
  }
};

/** In a clone, the registry may not have the version of the package yet. `npm pack` writes it into the clone. */
const installCommand = (): string => {
  const isInstalled = PACKAGE_ROOT.split(sep).includes('node_modules');
  return isInstalled
    ? 'npm install'
    : `npm install ${join(PACKAGE_ROOT, `opengemini-sqs-sink-${VERSION}.tgz`)}  # written by "npm pack"`;
};

const nextSteps = (folder: string, files: number): string => `Wrote ${files} files into ${folder}. Next steps:
  cd ${folder}
  ${installCommand()}
  npm test
  npm run dev
  npm run deploy -- --stage dev --param opengeminiUrl=https://opengemini.example:8086
README.md explains each step.
`;

/** Checks that the last file is not the folder of the project, which `--from` takes as a file if it comes after it. */
const checkFolderFirst = (files: readonly string[]): void => {
  const last = files.at(-1) as string;
  if (files.length < 2 || last === '-' || existsSync(last)) return;
  throw new UsageError(
    `--from names the file "${last}", which does not exist. If it is the folder of the project, write it before --from:\n` +
      `${PROGRAM} init ${last} --from ${files.slice(0, -1).join(' ')}`,
  );
};
