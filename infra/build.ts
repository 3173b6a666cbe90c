/** `npm run build`: the bundles under `dist/`, with the licences of what is in them, and how large they are. */

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { packagesIn, sizeOf, writeBundle } from './bundle.ts';
import { FUNCTIONS } from './names.ts';

const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)/i;

/** Name, version and the texts that its licence asks to be passed on. */
const notice = (folder: string): string => {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => LICENCE_FILE.test(file))
    .sort()
    .map((file) => readFileSync(`${folder}/${file}`, 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
};

const kib = (bytes: number): string => `${Math.round(bytes / 1024)} KiB`.padStart(9);

rmSync('dist', { recursive: true, force: true });
for (const name of FUNCTIONS) {
  const metafile = await writeBundle(name);
  const packages = packagesIn(metafile);
  writeFileSync(`dist/${name}/THIRD-PARTY-NOTICES.txt`, `${packages.map(notice).join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
  const { eager, total } = sizeOf(metafile);
  console.log(`dist/${name}${kib(eager)} at start,${kib(total)} in all, ${packages.length} packages`);
}
