/** The licenses of the packages that users install. Covers `infra/license-report.ts`. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { licenseFaults, productionPackages, sbomFaults } from '../infra/license-report.ts';

const LOCK = JSON.stringify({
  packages: {
    '': { version: '1.0.0', license: 'Apache-2.0' },
    'node_modules/a': { version: '1.0.0', license: 'MIT' },
    'node_modules/@x/b': { version: '2.0.0', license: 'GPL-3.0-only' },
    'node_modules/@x/b/node_modules/a': { version: '3.0.0' },
    'node_modules/c/node_modules/a': { version: '1.0.0', license: 'MIT' },
    'node_modules/optional': { version: '1.0.0', license: 'MIT', devOptional: true },
    'node_modules/tool': { version: '4.0.0', license: 'GPL-3.0-only', dev: true },
  },
});

const sbomOf = (...names: readonly string[]): string =>
  JSON.stringify({
    components: names.map((one) => ({ name: one.slice(0, one.lastIndexOf('@')), version: one.split('@').at(-1) })),
  });

test('lists each production package once, nested and optional ones included, and no development package', () => {
  expect(productionPackages(LOCK)).toEqual([
    { name: '@x/b', version: '2.0.0', license: 'GPL-3.0-only' },
    { name: 'a', version: '1.0.0', license: 'MIT' },
    { name: 'a', version: '3.0.0', license: undefined },
    { name: 'optional', version: '1.0.0', license: 'MIT' },
  ]);
});

test('names the packages whose license is missing or not on the list', () => {
  expect(licenseFaults(productionPackages(LOCK))).toEqual([
    '@x/b@2.0.0 has the license "GPL-3.0-only", which is not on the list.',
    'a@3.0.0 has the license "none", which is not on the list.',
  ]);
});

test('names the packages that a bill of materials lacks, and those that only it contains', () => {
  const packages = productionPackages(LOCK);
  expect(sbomFaults(packages, sbomOf('@x/b@2.0.0', 'a@1.0.0', 'a@3.0.0', 'optional@1.0.0'))).toEqual([]);
  expect(sbomFaults(packages, sbomOf('@x/b@2.0.0', 'a@1.0.0', 'optional@1.0.0', 'tool@4.0.0'))).toEqual([
    'a@3.0.0 is not in the bill of materials.',
    'tool@4.0.0 is only in the bill of materials.',
  ]);
});

test('every production package of this project has a license on the list, and includes all direct dependencies', () => {
  const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  const packages = productionPackages(read('package-lock.json'));
  expect(licenseFaults(packages)).toEqual([]);
  const names = packages.map(({ name }) => name);
  const { dependencies } = JSON.parse(read('package.json'));
  expect(Object.keys(dependencies).filter((name) => !names.includes(name))).toEqual([]);
});
