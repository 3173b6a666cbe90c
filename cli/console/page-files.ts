/**
 * The files of the page. The package contains them built. A clone bundles the sources at the start of `dev`, so that a
 * change is visible after the next start.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleConsolePage, CONSOLE_PAGE_FOLDER } from '../../infra/console-page.ts';
import { PACKAGE_ROOT } from '../../local/package-root.ts';

/** A file with its content type. */
export interface PageFile {
  readonly type: string;
  readonly contents: Uint8Array;
}

const FILES = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/main.js', 'main.js', 'text/javascript; charset=utf-8'],
  ['/main.css', 'main.css', 'text/css; charset=utf-8'],
  ['/icon.svg', 'icon.svg', 'image/svg+xml'],
] as const;

/** Whether this file is a source of the clone, and not the built JavaScript of the package. */
const IS_CLONE = import.meta.url.endsWith('.ts');

/**
 * Returns the files by their paths, with the schema of mappings.
 *
 * @throws {BuildError} in a clone if the page cannot be bundled.
 */
export const pageFiles = async (): Promise<ReadonlyMap<string, PageFile>> => {
  const built = IS_CLONE ? await bundleConsolePage() : undefined;
  const contentsOf = (name: string): Uint8Array => {
    if (built === undefined) return readFileSync(join(PACKAGE_ROOT, CONSOLE_PAGE_FOLDER, name));
    return built.get(name) as Uint8Array;
  };
  const schema = readFileSync(join(PACKAGE_ROOT, 'mapping.schema.json'));
  return new Map<string, PageFile>([
    ...FILES.map(([path, name, type]) => [path, { type, contents: contentsOf(name) }] as const),
    ['/mapping.schema.json', { type: 'application/json', contents: schema }],
  ]);
};
