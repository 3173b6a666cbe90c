/** `npm run fuzz`: searches for inputs that violate a property of a parser. docs/testing.md describes it. */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Finding, runTarget, type TargetResult } from './run-target.ts';
import { corpusFolder, PLANTED, TARGETS } from './targets.ts';

const HELP = `Usage: npm run fuzz -- [OPTIONS]

Search for inputs that violate a property of a parser. The exit code is 1 if there is one.

  --minutes N        minutes per target (default 1)
  --executions N     inputs per target, at most
  --target NAME      one target: ${Object.keys(TARGETS).join(', ')}
  --seed N           seed of the mutations (default: a new one)
  --hang SECONDS     time of one input after which it counts as a hang (default 60)
  --heap MIB         limit of the heap (default 512)
  --reproduce FILE   execute one input, of the target that --target names
  --save             replace the stored corpus by at most 120 inputs that execute the most branches`;

const fail = (text: string): never => {
  process.stderr.write(`${text}\n\n${HELP}\n`);
  process.exit(2);
};

const options = (() => {
  try {
    return parseArgs({
      options: {
        minutes: { type: 'string', default: '1' },
        executions: { type: 'string' },
        target: { type: 'string' },
        seed: { type: 'string' },
        hang: { type: 'string', default: '60' },
        heap: { type: 'string', default: '512' },
        reproduce: { type: 'string' },
        save: { type: 'boolean', default: false },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
})();

const positive = (name: string, text: string): number => {
  const number = Number(text);
  return number > 0 && Number.isFinite(number) ? number : fail(`--${name} must be a number above 0, got "${text}".`);
};

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const hashOf = (input: Uint8Array): string => createHash('sha256').update(input).digest('hex').slice(0, 12);

/** Folder for inputs that violate a property. It is not in git. */
const FOUND = new URL('../../coverage/fuzz/', import.meta.url);

/** Stores the input of a finding. Returns its path from the root of the project. */
const stored = (name: string, input: Uint8Array): string => {
  mkdirSync(FOUND, { recursive: true });
  const file = `${name}-${hashOf(input)}`;
  writeFileSync(new URL(file, FOUND), input);
  return `coverage/fuzz/${file}`;
};

const printFinding = (name: string, { kind, text, input }: Finding): void => {
  print(`${name}: FOUND a ${kind}: ${text}`);
  if (input === undefined || input.length === 0) return;
  const file = options.reproduce ?? stored(name, input);
  print(
    `${name}: input of ${input.length} bytes: ${JSON.stringify(Buffer.from(input).toString('latin1').slice(0, 300))}`,
  );
  print(`${name}: reproduce it with: npm run fuzz -- --target ${name} --reproduce ${file}`);
};

/** Inputs and bytes of the stored corpus of a target, at most, so that `npm test` replays it in about a second. */
const CORPUS_INPUTS_MAX = 120;
const CORPUS_BYTES_MAX = 40_000;

/** Replaces the stored corpus of a target. The first inputs execute the most. */
const save = (name: string, inputs: readonly Uint8Array[]): void => {
  const folder = fileURLToPath(corpusFolder(name));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let bytes = 0;
  for (const input of inputs.slice(0, CORPUS_INPUTS_MAX)) {
    if (bytes + input.length > CORPUS_BYTES_MAX) continue;
    bytes += input.length;
    writeFileSync(`${folder}${hashOf(input)}`, input);
  }
};

const printReport = (name: string, { report, ms }: TargetResult, seed: number): void => {
  if (report === undefined) return;
  const { executions, corpus, branches, branchesAll, features, stepsMax } = report;
  const perSecond = Math.round((1000 * executions) / ms);
  print(
    `${name}: ${executions} executions in ${Math.round(ms / 1000)} s (${perSecond}/s), corpus ${corpus}, ` +
      `branches ${branches} of ${branchesAll}, features ${features}, steps of one input at most ${stepsMax}, seed ${seed}`,
  );
};

/** Returns the input to reproduce. */
const inputIn = (file: string): Buffer => {
  try {
    return readFileSync(file);
  } catch (error) {
    return fail(`--reproduce cannot be read: ${(error as Error).message}`);
  }
};

/** Runs one target and prints its report. Returns whether it found nothing. */
const run = async (name: string, seed: number): Promise<boolean> => {
  const { reproduce, executions, save: saves } = options;
  const result = await runTarget({
    name,
    seed,
    durationMs: 60_000 * positive('minutes', options.minutes),
    executionsMax: executions === undefined ? undefined : positive('executions', executions),
    hangMs: 1000 * positive('hang', options.hang),
    heapMiB: positive('heap', options.heap),
    reproduced: reproduce === undefined ? undefined : inputIn(reproduce),
    minimizes: saves,
  });
  printReport(name, result, seed);
  if (result.finding !== undefined) printFinding(name, result.finding);
  else if (saves) save(name, result.minimized);
  return result.finding === undefined;
};

if (options.help) {
  print(HELP);
  process.exit();
}
const { target } = options;
if (target !== undefined && TARGETS[target] === undefined && PLANTED[target] === undefined)
  fail(`--target must be one of ${Object.keys(TARGETS).join(', ')}, got "${target}".`);
if (options.reproduce !== undefined && target === undefined) fail('--reproduce needs --target.');
const seed = options.seed === undefined ? Math.floor(Math.random() * 1e9) : positive('seed', options.seed);
let isClean = true;
for (const name of target === undefined ? Object.keys(TARGETS) : [target]) isClean = (await run(name, seed)) && isClean;
process.exitCode = isClean ? 0 : 1;
