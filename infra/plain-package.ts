/**
 * Writes what a deployment without the Serverless Framework needs: the template, and one zip file per function with the
 * files that the Framework would package.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { BuildError } from './build-error.ts';
import type { Parameters } from './deployment.ts';
import { FUNCTIONS, type FunctionName } from './names.ts';
import { generatedFiles } from './packaged-files.ts';
import { plainTemplate } from './plain-template.ts';
import { settings } from './service.ts';

/** A zip file that was written. */
export interface CodeArchive {
  readonly path: string;
  readonly bytes: number;
  /** Suggested key in the bucket. It contains a hash, because CloudFormation updates code only if its key changes. */
  readonly key: string;
}

/** Files of a deployment. */
export interface PlainPackage {
  readonly template: { readonly path: string; readonly bytes: number };
  readonly code: Readonly<Record<FunctionName, CodeArchive>>;
}

/**
 * Writes `template.json`, `ingest.zip`, and `flush.zip`. Equal files give equal bytes.
 *
 * @param root - Folder of the project, with the built functions and with the files that the parameters name.
 * @param out - Folder to write to. It is created.
 * @throws {BuildError} if a function is not built.
 */
export const writePlainPackage = (root: string, out: string, parameters: Parameters): PlainPackage => {
  const text = `${JSON.stringify(plainTemplate(parameters), null, 2)}\n`;
  const zips = FUNCTIONS.map((name) => [name, zip(root, name, parameters)] as const);
  mkdirSync(out, { recursive: true });
  const template = join(out, 'template.json');
  writeFileSync(template, text);
  const archives = zips.map(([name, bytes]): [FunctionName, CodeArchive] => {
    const path = join(out, `${name}.zip`);
    writeFileSync(path, bytes);
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    return [name, { path, bytes: bytes.length, key: `${name}-${hash}.zip` }];
  });
  return {
    template: { path: template, bytes: Buffer.byteLength(text) },
    code: Object.fromEntries(archives) as Record<FunctionName, CodeArchive>,
  };
};

const filesOf = (root: string, name: FunctionName): readonly string[] => {
  try {
    return readdirSync(join(root, 'dist', name)).map((file) => `dist/${name}/${file}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new BuildError(`There is no function in dist/${name}. Run "npx opengemini-sink build" first.`);
  }
};

/** The first moment that a zip file can contain. Zip files contain local times, so the time zone does not matter. */
const TIME = new Date(1980, 0, 1);
const UNIX = 3;
/** Lambda reads files as another user. */
const READABLE = 0o100644 << 16;

const zip = (root: string, name: FunctionName, parameters: Parameters): Uint8Array => {
  const entries: Zippable = {};
  const generated = generatedFiles(parameters.variables);
  for (const file of [...filesOf(root, name), ...settings(parameters).files].sort()) {
    const text = generated.get(file);
    const contents = text === undefined ? readFileSync(join(root, file)) : Buffer.from(text);
    entries[file] = [contents, { mtime: TIME, os: UNIX, attrs: READABLE, level: 9 }];
  }
  return zipSync(entries);
};
