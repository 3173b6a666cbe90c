/** Pinned tools from Python's package index, in a virtual environment below `node_modules`. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/opengemini-sink-python', import.meta.url));

const TOOLS = ['ministack==1.5.33', 'cfn-lint==1.58.0'] as const;

/**
 * Installs the tools and returns a function from the name of a tool to its path. Undefined if there is no Python 3.10
 * or newer with venv; the reason is printed.
 */
export const pythonTools = (): ((name: string) => string) | undefined => {
  const has = spawnSync('python3', ['-c', 'import sys, venv, ensurepip; assert sys.version_info >= (3, 10)']);
  if (has.status !== 0) {
    process.stderr.write('test:deploy was skipped. It needs Python 3.10 or newer with venv (python3, python3-venv).\n');
    return undefined;
  }
  // One folder per set of versions, so that an incomplete or outdated environment is never used.
  const folder = `${FOLDER}/${TOOLS.join('+').replaceAll('=', '')}`;
  if (!existsSync(`${folder}/complete`)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...TOOLS];
    execFileSync(`${folder}/bin/python`, pip, { stdio: 'inherit' });
    writeFileSync(`${folder}/complete`, '');
  }
  return (name) => `${folder}/bin/${name}`;
};
