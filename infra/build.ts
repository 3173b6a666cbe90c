/** `npm run build`: writes the bundles to `dist/`, with the license texts of their packages, and prints their sizes. */

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { packagesIn, sizeOf, writeBundle } from './bundle.ts';
import { FUNCTIONS } from './names.ts';

const LICENSE_FILE = /^(?:licen[cs]e|copying|notice)/i;

/** Returns name and version of a package, and the texts that its license requires to be distributed. */
const notice = (folder: string): string => {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => LICENSE_FILE.test(file))
    .sort()
    .map((file) => readFileSync(`${folder}/${file}`, 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
};

const kib = (bytes: number): string => `${Math.round(bytes / 1024)} KiB`.padStart(9);

// Only the bundles: `dist/lib` contains the npm package.
for (const name of FUNCTIONS) rmSync(`dist/${name}`, { recursive: true, force: true });
for (const name of FUNCTIONS) {
  const metafile = await writeBundle(name);
  const packages = packagesIn(metafile);
  writeFileSync(`dist/${name}/THIRD-PARTY-NOTICES.txt`, `${packages.map(notice).join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
  const { eager, total } = sizeOf(metafile);
  console.log(`dist/${name}${kib(eager)} at start,${kib(total)} in all, ${packages.length} packages`);
}
