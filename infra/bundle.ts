/**
 * Bundles of the functions as Lambda runs them: one folder per function, as ES modules. Code that is loaded lazily is
 * in separate files.
 */

import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import type { FunctionName } from './names.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const undiciPool: Plugin = {
  name: 'undici-pool',
  setup({ onResolve, onLoad }) {
    // Only the bare name, because the replacement imports files from the folders of undici.
    onResolve({ filter: /^undici$/ }, () => ({ path: `${ROOT}infra/undici-pool.cjs` }));
    // An experimental HTTP parser, a fifth of the bundle. undici loads it only if an environment variable turns it on.
    onLoad({ filter: /undici\/lib\/milo\/.*\.js$/ }, () => ({
      contents: "throw new Error('milo is not in this bundle')",
    }));
  },
};

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Prefers ES modules: they load a third less than the CommonJS versions of the same packages.
  mainFields: ['module', 'main'],
  plugins: [undiciPool],
  minify: true,
  metafile: true,
  // Some packages call `require`, which ES modules do not define.
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
} as const satisfies BuildOptions;

const entry = (name: FunctionName): string => `src/lambda/entry/${name}.ts`;

/** Writes the bundle of a function to `dist/<name>/`, with source maps for stack traces. */
export const writeBundle = async (name: FunctionName): Promise<Metafile> => {
  const { metafile } = await build({
    ...OPTIONS,
    entryPoints: { index: entry(name) },
    outdir: `dist/${name}`,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
  });
  return metafile;
};

/** Bundles a function without writing files, to inspect the contents. */
export const inspectBundle = async (name: FunctionName): Promise<Metafile> => {
  const { metafile } = await build({
    ...OPTIONS,
    entryPoints: [entry(name)],
    outdir: 'dist',
    splitting: true,
    write: false,
  });
  return metafile;
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

/** Returns the size of a bundle that was written. */
export const sizeOf = (metafile: Metafile): BundleSize => {
  const files = new Map(outputs(metafile));
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { path, kind } of files.get(file)?.imports ?? [])
      if (kind === 'import-statement' && files.has(path)) load(path);
  };
  for (const file of files.keys()) if (file.endsWith('/index.mjs')) load(file);
  const bytes = (names: Iterable<string>): number =>
    [...names].reduce((sum, name) => sum + (files.get(name)?.bytes ?? 0), 0);
  return { eager: bytes(loaded), total: bytes(files.keys()) };
};

/** Returns the folders of all packages whose code is in the bundle, sorted. */
export const packagesIn = (metafile: Metafile): readonly string[] => {
  const folders = outputs(metafile)
    .flatMap(([, { inputs }]) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
};
