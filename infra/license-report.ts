/**
 * `npm run licenses`: lists the packages that users install with this one, and their licenses, as CSV. Fails if a license
 * is not on the short list of licenses that an Apache-2.0 program may distribute without further duties than a notice.
 *
 * With `-- --sbom FILE` it also compares the list with a bill of materials in CycloneDX. `npm sbom --omit=dev` silently
 * leaves out packages that a development dependency needs as well, so a bill is only published after this comparison.
 */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** Identifiers of SPDX. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0'];

/** An entry of `packages` in `package-lock.json`. */
interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  /** Whether only development dependencies need the package. */
  readonly dev?: boolean;
}

/** A package that `npm ci --omit=dev` installs. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** An identifier or an expression of SPDX. Undefined if the package names none. */
  readonly license: string | undefined;
}

const nameAndVersion = ({ name, version }: { readonly name: string; readonly version: string }): string =>
  `${name}@${version}`;

/** Returns the packages of a lock file that production needs, sorted, each version once. */
export const productionPackages = (lock: string): readonly InstalledPackage[] => {
  const { packages }: { packages: Readonly<Record<string, LockEntry>> } = JSON.parse(lock);
  const found = Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { version = '', license }]) => ({ name: path.replace(/^.*node_modules\//, ''), version, license }));
  const unique = new Map(found.map((one) => [nameAndVersion(one), one]));
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
};

/** Returns a sentence for each package whose license is not allowed. */
export const licenseFaults = (packages: readonly InstalledPackage[]): readonly string[] =>
  packages
    .filter(({ license = '' }) => !ALLOWED.includes(license))
    .map((one) => `${nameAndVersion(one)} has the license "${one.license ?? 'none'}", which is not on the list.`);

/** Returns a sentence for each difference between the packages and a bill of materials in CycloneDX. */
export const sbomFaults = (packages: readonly InstalledPackage[], sbom: string): readonly string[] => {
  const { components }: { components: readonly { name: string; version: string }[] } = JSON.parse(sbom);
  const listed = new Set(components.map(nameAndVersion));
  const installed = new Set(packages.map(nameAndVersion));
  return [
    ...[...installed].filter((one) => !listed.has(one)).map((one) => `${one} is not in the bill of materials.`),
    ...[...listed].filter((one) => !installed.has(one)).map((one) => `${one} is only in the bill of materials.`),
  ];
};

const main = (): void => {
  const { values } = parseArgs({ options: { sbom: { type: 'string' } } });
  const packages = productionPackages(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
  console.log('package,version,license');
  for (const { name, version, license } of packages) console.log(`${name},${version},${license ?? ''}`);
  const faults = [
    ...licenseFaults(packages),
    ...(values.sbom === undefined ? [] : sbomFaults(packages, readFileSync(values.sbom, 'utf8'))),
  ];
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
};

if (import.meta.main) main();
