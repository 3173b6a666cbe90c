import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { assertEmulators } from '../../local/emulators.ts';
import { createQueueStore } from '../../local/queue/queue-storage.ts';
import { folderWith } from '../cli/folder.ts';

const { peerDependencies, devDependencies } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

test('the local system starts when all emulators are installed', () => {
  expect(() => assertEmulators()).not.toThrow();
});

test('the error about missing emulators names each of them and the command that installs them', () => {
  expect(() => assertEmulators(() => false)).toThrow(
    `The local system needs dynalite and fauxqs, which are not installed. Run "npm install --save-dev dynalite@${devDependencies.dynalite} fauxqs@${devDependencies.fauxqs}".`,
  );
  expect(() => assertEmulators((name) => name !== 'fauxqs')).toThrow(
    `The local system needs fauxqs, which is not installed. Run "npm install --save-dev fauxqs@${devDependencies.fauxqs}".`,
  );
});

test('the page about the package shows the command that installs the emulators', () => {
  const page = readFileSync(new URL('../../docs/package.md', import.meta.url), 'utf8');
  const { dynalite, fauxqs } = devDependencies;
  expect(page).toContain(`npm install --save-dev dynalite@${dynalite} fauxqs@${fauxqs}\n`);
});

test('users may install newer compatible versions than those that the project is tested with', () => {
  const tested = Object.keys(peerDependencies).map((name) => [name, `^${devDependencies[name]}`]);
  expect(peerDependencies).toEqual(Object.fromEntries(tested));
});

test('an emulator whose queues are in another place is reported with the version to install', async () => {
  await expect(createQueueStore(folderWith({ 'dist/sqs/sqsStore.js': 'export {};' }))).rejects.toThrow(
    `The local system cannot use this version of fauxqs. Run "npm install --save-dev fauxqs@${devDependencies.fauxqs}".`,
  );
});
