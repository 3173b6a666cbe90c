/**
 * `npm run bench:startup`: size and import time (of the processor) of the packaged ingest function, next to the same code as esbuild bundles
 * it without options. Each import has a process of its own. `--json` prints the figures as one object in the last line.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { build } from 'esbuild';
import { type Bundle, bundle, ownHandler, sizeOf } from '../infra/bundle.ts';
import { PACKAGE_ROOT } from '../local/package-root.ts';
import { spreadOf } from './rounds.ts';

const ROUNDS = 15;

/** Built-in modules of Node.js that the start of the function loads. */
const BUILT_INS = ['crypto', 'fs/promises', 'zlib', 'https', 'worker_threads', 'assert', 'timers/promises'];

/** Modules of the sink, each of which stands for the package that it imports. SQS is not loaded at start. */
const PARTS = {
  undici: ['adapters/opengemini.ts'],
  awsSdk: ['adapters/dynamodb.ts'],
  powertools: ['adapters/telemetry.ts'],
  ownCode: ['config/config.ts', 'ingest/ingest.ts', 'runtime/runtime.ts'],
  sqsLater: ['adapters/sqs.ts'],
} as const;

const folder = mkdtempSync(join(tmpdir(), 'opengemini-sink-startup-'));

/** Writes the files of a bundle into a folder. Returns the path of its first module. */
const write = (name: string, { files }: Bundle): string => {
  mkdirSync(join(folder, name));
  for (const { path, contents } of files) writeFileSync(join(folder, name, basename(path)), contents);
  return join(folder, name, 'index.mjs');
};

/** Bundles modules of `src` with the options of the functions. */
const writePart = async (name: string, modules: readonly string[]): Promise<string> => {
  const file = join(folder, `${name}.ts`);
  const exports = modules.map(
    (module, index) => `export * as part${index} from ${JSON.stringify(join(PACKAGE_ROOT, 'src', module))};`,
  );
  writeFileSync(file, `${exports.join('\n')}\nexport const handler = undefined;\n`);
  return write(name, await bundle('ingest', { root: PACKAGE_ROOT, file: relative(PACKAGE_ROOT, file) }));
};

/** Bundles the ingest function without any option of ours. The tracer is loaded at start, as by an ordinary import. */
const writeDefault = async (): Promise<string> => {
  const outfile = join(folder, 'default.cjs');
  const imports = ['@aws-lambda-powertools/tracer', `./${ownHandler('ingest').file}`];
  const contents = imports.map((name) => `export * from ${JSON.stringify(name)};`).join('\n');
  const stdin = { contents, resolveDir: PACKAGE_ROOT };
  await build({ stdin, outfile, bundle: true, minify: true, platform: 'node', target: 'node24', logLevel: 'error' });
  return outfile;
};

/**
 * Returns the processor time of an import in a new process, in milliseconds. Unlike time of the clock, it hardly depends on
 * what else the machine does. The modules of `first` are loaded before.
 */
const importMs = (file: string | undefined, first: readonly string[] = []): number => {
  const loadFirst = `for (const name of ${JSON.stringify(first)}) process.getBuiltinModule('node:' + name);`;
  const load = file === undefined ? loadFirst : `await import(${JSON.stringify(file)});`;
  const script = `
    ${file === undefined ? '' : loadFirst}
    const started = process.cpuUsage();
    ${load}
    const { user, system } = process.cpuUsage(started);
    console.log((user + system) / 1_000);
    process.exit();
  `;
  const env = { ...process.env, AWS_REGION: 'us-east-1' };
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' }));
};

const own = await bundle('ingest', ownHandler('ingest'));
const packaged = write('packaged', own);
const unoptimized = await writeDefault();
const measured: Record<string, () => number> = {
  packaged: () => importMs(packaged),
  defaultBundle: () => importMs(unoptimized),
  builtIns: () => importMs(undefined, BUILT_INS),
};
for (const [name, modules] of Object.entries(PARTS)) {
  const file = await writePart(name, modules);
  measured[name] = () => importMs(file, BUILT_INS);
}

const times: Record<string, number[]> = {};
for (let round = 0; round < ROUNDS; round++) {
  const names = Object.keys(measured);
  for (const turn of names.keys()) {
    const name = names[(turn + round) % names.length] as string;
    times[name] = [...(times[name] ?? []), (measured[name] as () => number)()];
  }
}
rmSync(folder, { recursive: true });

const kilobytes = (bytes: number): number => Math.round(bytes / 1_000);
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
const { packaged: ownTimes = [], defaultBundle = [] } = times;
const ratio = spreadOf(ownTimes.map((ms, round) => ms / (defaultBundle[round] as number)));
const size = sizeOf(own);

console.log(`Node ${process.version}, ${ROUNDS} rounds; median (lowest to highest)`);
console.log(`  loaded at start: ${kilobytes(size.eager)} KB of ${kilobytes(size.total)} KB`);
for (const [name, figures] of Object.entries(times)) {
  const { median, min, max } = spreadOf(figures);
  console.log(`  ${name.padEnd(16)}${`${median.toFixed(1)} ms (${min.toFixed(1)} to ${max.toFixed(1)})`.padStart(30)}`);
}
console.log(
  `  packaged / default bundle: ${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`,
);
if (process.argv.includes('--json')) {
  const milliseconds = Object.fromEntries(
    Object.entries(times).map(([name, figures]) => [name, rounded(spreadOf(figures).median, 1)]),
  );
  const sizes = { eagerKB: kilobytes(size.eager), totalKB: kilobytes(size.total) };
  console.log(JSON.stringify({ startup: { ...sizes, overDefaultBundle: rounded(ratio.median, 2), milliseconds } }));
}
