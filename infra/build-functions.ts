/** Writes the functions into `dist/` of a project, with the license texts of their packages. */

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PACKAGE_ROOT } from '../local/package-root.ts';
import { type Bundle, bundle, ownHandler, packagesIn } from './bundle.ts';
import { FUNCTIONS, type FunctionName } from './names.ts';

/** Modules of handlers, relative to the folder of the project. A function without one gets the handler of the sink. */
export type Handlers = Readonly<Partial<Record<FunctionName, string>>>;

/** A function that was written. */
export interface BuiltFunction {
  /** Relative to the folder of the project. */
  readonly folder: string;
  /** Module of the handler. Undefined for the handler of the sink. */
  readonly handler: string | undefined;
  /** Size of the code, in bytes. */
  readonly bytes: number;
}

/** The clone of the project bundles its sources. The package contains the functions of its version. */
const IS_CLONE = import.meta.url.endsWith('.ts');

const prebuilt = (name: FunctionName): string => join(PACKAGE_ROOT, 'dist/functions', name);

/**
 * Builds all functions of a project into `dist/NAME`. If one cannot be built, none is changed.
 *
 * @param root - Folder of the project.
 * @throws {BuildError} if a handler cannot be bundled.
 */
export const buildFunctions = async (root: string, handlers: Handlers): Promise<readonly BuiltFunction[]> => {
  const bundles = new Map<FunctionName, Bundle>();
  for (const name of FUNCTIONS) {
    const file = handlers[name];
    if (file !== undefined) bundles.set(name, await bundle(name, { root, file }));
    else if (IS_CLONE) bundles.set(name, await bundle(name, ownHandler(name)));
  }
  return FUNCTIONS.map((name) => {
    const folder = `dist/${name}`;
    const target = join(root, folder);
    const built = bundles.get(name);
    if (built === undefined) copyFunction(name, target);
    else writeFunction(built, handlers[name] === undefined ? PACKAGE_ROOT : root, target);
    return { folder, handler: handlers[name], bytes: codeBytes(target) };
  });
};

const copyFunction = (name: FunctionName, target: string): void => {
  rmSync(target, { recursive: true, force: true });
  cpSync(prebuilt(name), target, { recursive: true });
};

/** Bundles the functions of the sink, for the package. */
export const writePrebuiltFunctions = async (): Promise<void> => {
  for (const name of FUNCTIONS) writeFunction(await bundle(name, ownHandler(name)), PACKAGE_ROOT, prebuilt(name));
};

/** Files of a bundle are directly in its folder, so each is named by its path after it. */
const writeFunction = (built: Bundle, root: string, target: string): void => {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const base = dirname(built.files.find(({ path }) => /[\\/]index\.mjs$/.test(path))?.path ?? '');
  for (const { path, contents } of built.files) writeFileSync(join(target, path.slice(base.length + 1)), contents);
  const notices = packagesIn(built).map((folder) => notice(join(root, folder)));
  writeFileSync(join(target, 'THIRD-PARTY-NOTICES.txt'), `${notices.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
};

const LICENSE_FILE = /^(?:licen[cs]e|copying|notice)/i;

/** Returns name and version of a package, and the texts that its license requires to be distributed. */
const notice = (folder: string): string => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => LICENSE_FILE.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
};

const codeBytes = (folder: string): number =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.mjs'))
    .reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
