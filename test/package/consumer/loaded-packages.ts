/**
 * Imports a module, and prints as JSON how many modules were loaded, from which packages, and how long it took. With a
 * second argument it then calls that export, and `load` of its result.
 */

import { registerHooks } from 'node:module';

const [specifier = '', name] = process.argv.slice(2);
const urls = new Set<string>();
registerHooks({
  load(url, context, next) {
    urls.add(url);
    return next(url, context);
  },
});

/** Packages of the modules loaded so far, without the package under test. */
const packages = (): string[] => {
  const names = [...urls].map((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]);
  return [...new Set(names.filter((one) => one !== undefined && one !== 'opengemini-sqs-sink'))].sort() as string[];
};

const started = performance.now();
const library = await import(specifier);
const ms = Math.round(performance.now() - started);
const onImport = { modules: urls.size, packages: packages(), ms };
const created = name === undefined ? undefined : library[name]();
const onCreation = packages();
await created?.load();
console.log(JSON.stringify({ onImport, onCreation, onLoad: packages() }));
