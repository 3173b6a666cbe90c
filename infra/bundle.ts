/**
 * Bundles of the functions as Lambda runs them: one folder per function, as ES modules. Code that is loaded lazily is
 * in separate files. A handler of a user's project is bundled like those of this project.
 */

import { existsSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { BuildOptions, Metafile, OutputFile, Plugin } from 'esbuild';
import { PACKAGE_ROOT } from '../local/package-root.ts';
import { BuildError } from './build-error.ts';
import { loadEsbuild } from './esbuild.ts';
import type { FunctionName } from './names.ts';

/** The module of a handler. */
export interface Handler {
  /** Folder of the project. Packages are found from it, and paths in source maps begin there. */
  readonly root: string;
  /** Path of the module, relative to `root`. It exports `handler`. */
  readonly file: string;
}

/** A bundle in memory. Paths are relative to the folder of the project. */
export interface Bundle {
  readonly metafile: Metafile;
  readonly files: readonly OutputFile[];
}

/** Returns the handler that a function has if the user gives none, from the sources of this package. */
export const ownHandler = (name: FunctionName): Handler => ({
  root: PACKAGE_ROOT,
  file: `src/lambda/entry/${name}.ts`,
});

/** Folders with the code of this package: its sources, and the built JavaScript. */
const OWN_CODE = ['src', 'dist/lib'].map((folder) => join(PACKAGE_ROOT, folder, sep));

const undiciPool: Plugin = {
  name: 'undici-pool',
  setup({ onResolve, onLoad }) {
    // Only the bare name, because the replacement imports files from the folders of undici. A user's own code gets all of
    // undici.
    onResolve({ filter: /^undici$/ }, ({ importer }) =>
      OWN_CODE.some((folder) => importer.startsWith(folder))
        ? { path: join(PACKAGE_ROOT, 'infra/undici-pool.cjs') }
        : null,
    );
    // An experimental HTTP parser, a fifth of the bundle. undici loads it only if an environment variable turns it on.
    onLoad({ filter: /undici\/lib\/milo\/.*\.js$/ }, () => ({
      contents: "throw new Error('milo is not in this bundle')",
    }));
  },
};

/** Files of undici that its pool imports and the sink does not need, with their replacements (docs/decisions/0044). */
const UNUSED_BY_SINK: readonly (readonly [file: RegExp, contents: string])[] = [
  // The sink turns HTTP/2 off.
  [/\/dispatcher\/client-h2\.js$/, "module.exports = () => { throw new Error('HTTP/2 is not in this bundle'); };"],
  // Chooses the experimental parser.
  [/\/dispatcher\/parser-h1\.js$/, 'exports.getMiloEnabled = () => false;'],
  // The parser for processors without SIMD, which Lambda does not have.
  [/\/llhttp\/llhttp-wasm\.js$/, "module.exports = require('./llhttp_simd-wasm.js');"],
  // For bodies that are forms. undici loads these files when it gets the first one.
  [/\/web\/.*\.js$/, "throw new Error('Forms are not in this bundle');"],
];

const withoutUnused: Plugin = {
  name: 'without-unused',
  setup({ onLoad }) {
    for (const [file, contents] of UNUSED_BY_SINK)
      onLoad({ filter: new RegExp(`/node_modules/undici/lib${file.source}`) }, () => ({ contents }));
  },
};

const OPTIONS = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Prefers ES modules: they load a third less than the CommonJS versions of the same packages.
  mainFields: ['module', 'main'],
  minify: true,
  metafile: true,
  // Some packages call `require`, which ES modules do not define.
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  outExtension: { '.js': '.mjs' },
  splitting: true,
  // For stack traces.
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
} as const satisfies BuildOptions;

/**
 * Bundles the handler of a function for the folder `dist/NAME` of the project. Writes no files.
 *
 * @throws {BuildError} if esbuild is not installed, or if the module does not exist, has errors, or does not export
 * `handler`. esbuild prints errors of the code itself.
 */
export const bundle = async (name: FunctionName, { root, file }: Handler): Promise<Bundle> => {
  const { build } = await loadEsbuild();
  if (!existsSync(resolve(root, file))) throw new BuildError(`There is no file ${file} in ${root}.`);
  const options = { ...OPTIONS, absWorkingDir: root, entryPoints: { index: file }, outdir: `dist/${name}` };
  const buildWith = (...plugins: Plugin[]) =>
    build({ ...options, plugins, write: false, logLevel: 'warning' }).catch(() => {
      throw new BuildError(`${file} cannot be bundled. The errors of esbuild are above.`);
    });
  const small = await buildWith(undiciPool, withoutUnused);
  // The files are shared, so the code of a user that imports undici needs those that the sink does not.
  const { metafile, outputFiles } = hasWholeUndici(small.metafile) ? await buildWith(undiciPool) : small;
  assertHandler(file, metafile.outputs[`dist/${name}/index.mjs`]?.exports ?? []);
  return { metafile, files: outputFiles };
};

const hasWholeUndici = ({ inputs }: Metafile): boolean =>
  Object.keys(inputs).some((file) => file.endsWith('node_modules/undici/index.js'));

/** Lambda loads the module only at the first event, so a missing export must fail here. */
const assertHandler = (file: string, exported: readonly string[]): void => {
  if (exported.includes('handler')) return;
  const found = exported.length === 0 ? 'no names' : exported.join(', ');
  throw new BuildError(
    `${file} must export "handler", which Lambda calls, got ${found}. For example: export const handler = createIngestHandler();`,
  );
};

type Output = Metafile['outputs'][string];

const outputs = ({ outputs }: Metafile): [string, Output][] =>
  Object.entries(outputs).filter(([file]) => file.endsWith('.mjs'));

/** Size of the JavaScript files of a bundle, in bytes. */
export interface BundleSize {
  /** Files that are loaded at start. */
  readonly eager: number;
  /** All files, those that are loaded lazily included. */
  readonly total: number;
}

/** Returns the files that are loaded at start. */
const eagerOutputs = (metafile: Metafile): [string, Output][] => {
  const files = new Map(outputs(metafile));
  const loaded = new Map<string, Output>();
  const load = (file: string): void => {
    const output = files.get(file);
    if (output === undefined || loaded.has(file)) return;
    loaded.set(file, output);
    for (const { path, kind } of output.imports) if (kind === 'import-statement') load(path);
  };
  for (const file of files.keys()) if (file.endsWith('/index.mjs')) load(file);
  return [...loaded];
};

/** Returns the size of a bundle. */
export const sizeOf = ({ metafile }: Bundle): BundleSize => {
  const sum = (files: readonly [string, Output][]): number => files.reduce((total, [, { bytes }]) => total + bytes, 0);
  return { eager: sum(eagerOutputs(metafile)), total: sum(outputs(metafile)) };
};

/**
 * Returns the folders of all packages whose code is in the bundle, sorted, relative to the folder of the project.
 *
 * @param part - `eager` means only the files that are loaded at start.
 */
export const packagesIn = ({ metafile }: Bundle, part: 'all' | 'eager' = 'all'): readonly string[] => {
  const folders = (part === 'all' ? outputs(metafile) : eagerOutputs(metafile))
    .flatMap(([, { inputs }]) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
};
