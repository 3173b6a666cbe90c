/** Global setup of these tests: packs the package, and installs it into an empty folder outside the project. */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder of a program that has installed the package. */
    consumer: string;
    /** The packed package. */
    tarball: string;
  }
}

/** Folder of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Environment of every process: the Node of this process, the user's settings of npm, and none of the variables that npm
 * and vitest set for this project.
 */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  ...(Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(?:npm_(?:package|lifecycle|command|config_local_prefix)|NODE_(?:ENV|OPTIONS)$|VITEST|SINK_|OPENGEMINI_|AWS_)/.test(
          name,
        ),
    ),
  ) as Record<string, string>),
  PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
};

/** A registry that does not respond must not block the tests forever. */
const INSTALL_MS_MAX = 300_000;

/** Runs npm in a folder. Throws if it fails. */
export const npm = (cwd: string, ...args: readonly string[]): void => {
  execFileSync('npm', args, { cwd, env: ENVIRONMENT, stdio: ['ignore', 'ignore', 'inherit'], timeout: INSTALL_MS_MAX });
};

/** Packs the package into a folder. Returns the path of the tarball. */
export const packPackage = (folder: string): string => {
  npm(ROOT, 'pack', '--silent', '--pack-destination', folder);
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) as string);
};

/** Installs the tarball in a new folder of `base`. Returns the folder. */
const install = (base: string, tarball: string): string => {
  const consumer = join(base, 'consumer');
  mkdirSync(consumer);
  writeFileSync(join(consumer, 'package.json'), '{ "private": true, "type": "module" }\n');
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const packages = [tarball, `@types/node@${devDependencies['@types/node']}`];
  npm(consumer, 'install', '--prefer-offline', '--no-audit', '--no-fund', '--silent', ...packages);
  cpSync(join(ROOT, 'examples/library'), consumer, { recursive: true });
  cpSync(join(ROOT, 'test/package/consumer'), consumer, { recursive: true });
  return consumer;
};

/** Installs before the tests, and deletes the folder after them. */
export const setup = ({ provide }: TestProject): (() => void) => {
  const base = mkdtempSync(join(tmpdir(), 'opengemini-sink-consumer-'));
  const remove = (): void => rmSync(base, { recursive: true });
  try {
    const tarball = packPackage(base);
    provide('tarball', tarball);
    provide('consumer', install(base, tarball));
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
};
