/**
 * Writes the project of a user: a small service with a mapping or a handler of its own. The files are in `template/`, as
 * they are written, except for the name of the project, the versions in `package.json`, and names with a leading period
 * (`dot-`), which npm does not pack. A file that the variant and `common/` both have consists of both parts.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { serviceNameFault } from '../../infra/service-name.ts';
import { PACKAGE_ROOT } from '../../local/package-root.ts';

/** The project cannot be written. The message is a sentence for the caller. */
export class ProjectError extends Error {
  override readonly name = 'ProjectError';
}

/** Whether the conversion is a mapping file, or a handler in TypeScript. */
export type Variant = 'mapping' | 'typescript';

/** A project that was written. */
export interface Project {
  readonly name: string;
  /** Paths of all files, relative to the folder of the project, sorted. */
  readonly files: readonly string[];
}

/** Changes of the template. */
export interface Changes {
  /** Texts of further files. `undefined` removes a file of the template. */
  readonly files: Readonly<Record<string, string | undefined>>;
  /** Returns a text of the template as the project contains it. */
  readonly text: (text: string) => string;
}

const NO_CHANGES: Changes = { files: {}, text: (text) => text };

const changedFiles = (
  template: readonly (readonly [string, string])[],
  { files, text }: Changes,
): [string, string][] => {
  const kept = template
    .filter(([file]) => !Object.hasOwn(files, file))
    .map(([file, one]): [string, string] => [file, text(one)]);
  const added = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return [...kept, ...added].sort(([a], [b]) => (a < b ? -1 : 1));
};

const TEMPLATE = join(PACKAGE_ROOT, 'cli/init/template');
/** Name of the project in the template. */
const NAME = 'my-telemetry';

/**
 * Writes a project into a new or an empty folder. A folder `.git` may exist.
 *
 * @param folder - Path, relative to the working directory. Its last part is the name of the service.
 * @param proposed - Files that replace those of the template, and a change of the others. Undefined for the template.
 * @throws {ProjectError} if the name is invalid, or if the folder contains anything. Nothing is written then.
 */
export const createProject = (folder: string, variant: Variant, proposed: Changes = NO_CHANGES): Project => {
  const target = resolve(folder);
  const name = basename(target);
  const fault = serviceNameFault(name);
  if (fault !== undefined) throw new ProjectError(`The name of a project ${fault}`);
  checkFolder(folder, target);
  const files = changedFiles(filesOf(variant), proposed).map(([file, text]): [string, string] => [
    file,
    file === 'package.json' ? packageJson(text, name) : text.replaceAll(NAME, name),
  ]);
  for (const [file, text] of files) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    writeFileSync(join(target, file), text);
  }
  return { name, files: files.map(([file]) => file) };
};

const checkFolder = (folder: string, target: string): void => {
  let found: readonly string[];
  try {
    found = readdirSync(target).filter((file) => file !== '.git');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (code === 'ENOTDIR') throw new ProjectError(`${folder} is a file. Name a new or an empty folder.`);
    throw error;
  }
  if (found.length > 0)
    throw new ProjectError(
      `The folder ${folder} is not empty: it contains ${found[0]}. Name a new or an empty folder.`,
    );
};

const filesOf = (variant: Variant): readonly (readonly [file: string, text: string])[] => {
  const files = new Map<string, string>();
  for (const part of [variant, 'common']) {
    const folder = join(TEMPLATE, part);
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const file = relative(folder, path)
        .replaceAll('\\', '/')
        .replaceAll(/(^|\/)dot-/g, '$1.');
      files.set(file, (files.get(file) ?? '') + readFileSync(path, 'utf8'));
    }
  }
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1));
};

type Versions = Readonly<Record<string, string>>;

/** Returns the versions that this package was tested with. Only the package itself may be upgraded by `npm update`. */
const versions = (): Versions => {
  const { version, devDependencies } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
  // Here another package has the name "typescript", because the documentation needs an older version.
  const typescript = devDependencies['@typescript/native'].replace(/^npm:typescript@/, '');
  return { ...devDependencies, typescript, 'opengemini-sqs-sink': `^${version}` };
};

/** npm refuses names with capital letters. */
const packageJson = (text: string, name: string): string => {
  const declared = JSON.parse(text);
  const known = versions();
  const pinned = (names: Versions): Versions =>
    Object.fromEntries(Object.keys(names).map((one) => [one, known[one] as string]));
  const { dependencies, devDependencies } = declared;
  const written = {
    ...declared,
    name: name.toLowerCase(),
    dependencies: pinned(dependencies),
    devDependencies: pinned(devDependencies),
  };
  return `${JSON.stringify(written, null, 2)}\n`;
};
