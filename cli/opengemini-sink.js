#!/usr/bin/env node
/**
 * Entry point of the command, in JavaScript that every version of Node can parse. An old version must print a message
 * instead of a syntax error in the TypeScript sources.
 */

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `opengemini-sink needs Node 24 or newer, this is ${process.version}. ${
      import.meta.url.includes('/node_modules/')
        ? 'Install it in this project: npm install --save-dev node@24'
        : `Start it with npm, which uses the pinned version: npm run --silent sink -- ${process.argv.slice(2).join(' ')}`
    }
`,
  );
  process.exitCode = 2;
} else if (import.meta.url.includes('/node_modules/')) {
  // Node does not strip types below `node_modules`, so the package contains built JavaScript.
  await import(new URL('../dist/lib/cli/main.js', import.meta.url).href);
} else {
  await import('./main.ts');
}
