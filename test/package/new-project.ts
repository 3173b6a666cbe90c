/** A project that the installed command `init` writes, with the packed package and the tools of this project. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ENVIRONMENT, npm, ROOT } from './install-package.ts';

/** Development dependencies of a new project, with the folder of each in this project, and the command of some. */
const TOOLS: readonly (readonly [name: string, folder: string, command?: string, file?: string])[] = [
  ['@types/node', '@types/node'],
  ['dynalite', 'dynalite'],
  ['esbuild', 'esbuild', 'esbuild', 'bin/esbuild'],
  ['fauxqs', 'fauxqs'],
  ['osls', 'osls', 'osls', 'bin/serverless.js'],
  ['typescript', '@typescript/native', 'tsc', 'bin/tsc'],
];

/** Writes a project with the command of the program in `consumer`. */
export const writeProject = (consumer: string, folder: string, ...options: readonly string[]): void => {
  const settings = { cwd: consumer, env: ENVIRONMENT, encoding: 'utf8' } as const;
  const said = execFileSync('npx', ['opengemini-sink', 'init', folder, ...options], settings);
  if (!said.includes('\n  npm install\n')) throw new Error(`The installed package names another installation: ${said}`);
};

/**
 * Changes the dependencies of a project: the package comes from the tarball. The development dependencies are removed,
 * because this project already has them, and installing them takes a minute. Returns their names.
 */
export const useTarball = (folder: string, tarball: string): readonly string[] => {
  const file = join(folder, 'package.json');
  const { devDependencies, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...rest, dependencies: { 'opengemini-sqs-sink': `file:${tarball}` } }, null, 2));
  return Object.keys(devDependencies);
};

/** Installs the package into a folder that has it as dependency, and links the tools with these names. */
export const installTools = (folder: string, names: readonly string[]): void => {
  npm(folder, 'install', '--prefer-offline', '--no-audit', '--no-fund', '--silent');
  const modules = join(folder, 'node_modules');
  for (const [name, source, command, file] of TOOLS.filter(([tool]) => names.includes(tool))) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    // The types of Node are also a dependency of a dependency, in another version.
    rmSync(join(modules, name), { recursive: true, force: true });
    symlinkSync(join(ROOT, 'node_modules', source), join(modules, name));
    if (command !== undefined) symlinkSync(join('..', name, file as string), join(modules, '.bin', command));
  }
};
