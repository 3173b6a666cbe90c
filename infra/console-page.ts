/** Bundles the page of the console, for the package and for a clone. */

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PACKAGE_ROOT } from '../local/package-root.ts';
import { BuildError } from './build-error.ts';
import { loadEsbuild } from './esbuild.ts';

/** Folder of the built page in the package. */
export const CONSOLE_PAGE_FOLDER = 'dist/console';

const SOURCES = join(PACKAGE_ROOT, 'cli/console/page');
const STATIC_FILES = ['index.html', 'icon.svg'];

/**
 * Returns the files of the page by name. Writes no files.
 *
 * @throws {BuildError} if esbuild is not installed, or if the sources have errors.
 */
export const bundleConsolePage = async (): Promise<ReadonlyMap<string, Uint8Array>> => {
  const { build } = await loadEsbuild();
  const { outputFiles } = await build({
    absWorkingDir: PACKAGE_ROOT,
    entryPoints: [join(SOURCES, 'main.ts'), join(SOURCES, 'main.css')],
    outdir: CONSOLE_PAGE_FOLDER,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    // The license of uPlot is in its own file.
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  }).catch(() => {
    throw new BuildError('The page of the console cannot be bundled. The errors of esbuild are above.');
  });
  return new Map<string, Uint8Array>([
    ...outputFiles.map(({ path, contents }) => [basename(path), contents] as const),
    ...STATIC_FILES.map((name) => [name, readFileSync(join(SOURCES, name))] as const),
  ]);
};

/** Writes the page for the package, with the license of the library in it. */
export const writeConsolePage = async (): Promise<void> => {
  const files = await bundleConsolePage();
  const folder = join(PACKAGE_ROOT, CONSOLE_PAGE_FOLDER);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, contents] of files) writeFileSync(join(folder, name), contents);
  cpSync(join(PACKAGE_ROOT, 'node_modules/uplot/LICENSE'), join(folder, 'THIRD-PARTY-NOTICES.txt'));
};
