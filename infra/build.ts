/** `npm run build`: the functions as Lambda runs them, bundled, one folder each, under `dist/`. */

import { rmSync } from 'node:fs';
import { build } from 'esbuild';

const OUT = 'dist';

rmSync(OUT, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { 'ingest/index': 'src/handlers/ingest.ts' },
  outdir: OUT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Packages that ship ES modules are bundled from those: a third less to load than from their CommonJS twins.
  mainFields: ['module', 'main'],
  minify: true,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'linked',
  metafile: true,
  // Some packages call `require`, which ES modules do not have.
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
});

for (const [file, { bytes }] of Object.entries(metafile.outputs)) {
  if (file.endsWith('.mjs')) console.log(`${file}  ${Math.round(bytes / 1024)} KiB`);
}
