#!/usr/bin/env node
/** The command's first file, in JavaScript that any Node reads: an older one must be told, and not fail at the sources. */

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `opengemini-sink needs Node 24 or newer, this is ${process.version}. Start it by npm, which uses the pinned one: npm run --silent sink -- dev\n`,
  );
  process.exitCode = 2;
} else {
  await import('./main.ts');
}
