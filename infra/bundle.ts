/** The functions as Lambda runs them: one folder each, ES modules, parts that are seldom needed in files of their own. */

import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import type { FunctionName } from './names.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const undiciPool: Plugin = {
  name: 'undici-pool',
  setup({ onResolve, onLoad }) {
    // Only the bare name: what stands for it must reach the folders behind it.
    onResolve({ filter: /^undici$/ }, () => ({ path: `${ROOT}infra/undici-pool.cjs` }));
    // An experimental parser of HTTP that a variable could turn on: loaded only then, and a fifth of the bundle.
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
  // Packages that ship ES modules are bundled from those: a third less to load than from their CommonJS twins.
  mainFields: ['module', 'main'],
  plugins: [undiciPool],
  minify: true,
  metafile: true,
  // Some packages call `require`, which ES modules do not have.
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
} as const satisfies BuildOptions;

const entry = (name: FunctionName): string => `src/lambda/entry/${name}.ts`;

/** Writes `dist/<name>/`, with maps that lead from an error back to the sources. */
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

/** Everything of a function, in files that are not written: to see what is in them. */
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

export interface BundleSize {
  /** Loaded before the first event, in bytes. */
  readonly eager: number;
  /** With the parts that are loaded when they are needed. */
  readonly total: number;
}

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

/** Folders of the packages that code came from. */
export const packagesIn = (metafile: Metafile): readonly string[] => {
  const folders = outputs(metafile)
    .flatMap(([, { inputs }]) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
};
