/** Options of `npm run bench`. */

import { parseArgs } from 'node:util';
import { nearName } from '../src/sink/mapping/near-name.ts';
import { DATA_NAMES, type DataName } from './data.ts';

/** Name in `--only` for the handler. */
const HANDLER = 'handler';
const PARTS = [...DATA_NAMES, HANDLER];

/** Text of `--help`. */
export const HELP = `Usage: npm run bench -- [OPTIONS]

Measure the conversion and the handler against alternatives. A full run takes about ten minutes.

  --json               print one JSON object as the last line, and the progress on standard error
  --quick              shorter slices, fewer contestants, and the data typical, fullDoubles, nested, canonical, otherFields
  --only DATA[,DATA]   measure only these parts: ${DATA_NAMES.slice(0, 6).join(', ')},
                       ${DATA_NAMES.slice(6).join(', ')}, ${HANDLER}
  --compare REF        measure the converter of another commit next to this one, for example main or HEAD~3
  --page               write docs/performance.md from the results of a full run`;

/** Data that `--quick` measures. */
const QUICK_DATA: readonly DataName[] = ['typical', 'fullDoubles', 'nested', 'canonical', 'otherFields'];

/** What to measure, and where to write it. */
export interface Options {
  readonly help: boolean;
  readonly json: boolean;
  readonly quick: boolean;
  readonly page: boolean;
  /** Commit to compare with. */
  readonly compare: string | undefined;
  readonly data: readonly DataName[];
  readonly handler: boolean;
  /** The shortest slices and little data, for the test of the program. Its figures mean nothing. */
  readonly smoke: boolean;
}

/** A fault in the options, with its remedy. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

const parsed = (words: readonly string[]) => {
  try {
    return parseArgs({
      args: [...words],
      options: {
        help: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        page: { type: 'boolean', default: false },
        smoke: { type: 'boolean', default: false },
        compare: { type: 'string' },
        only: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new OptionError(`${(error as Error).message}. "npm run bench -- --help" lists the options.`);
  }
};

const partsOf = (only: string): readonly string[] => {
  const names = only.split(',').map((name) => name.trim());
  for (const name of names) {
    if (PARTS.includes(name)) continue;
    const near = nearName(name, PARTS);
    const hint = near === undefined ? `Use one of ${PARTS.join(', ')}.` : `Did you mean ${near}?`;
    throw new OptionError(`--only must list parts of the benchmark, got "${name}". ${hint}`);
  }
  return names;
};

/** Refuses options that exclude each other. */
const check = (
  flags: { page: boolean; quick: boolean; smoke: boolean },
  only: string | undefined,
  compare: string | undefined,
): void => {
  const given = { ...flags, only: only !== undefined, compare: compare !== undefined };
  const other = (['quick', 'smoke', 'only', 'compare'] as const).find((name) => given[name]);
  if (flags.page && other !== undefined)
    throw new OptionError(`--page needs the figures of a full run, got --${other} too. Remove --${other}.`);
  if (compare === '') throw new OptionError('--compare must name a commit, got an empty text. Use for example main.');
};

/**
 * Reads the words of the command line.
 *
 * @throws {OptionError} For an unknown option, an unknown part, and options that exclude each other.
 */
export const readOptions = (words: readonly string[]): Options => {
  const { only, compare, ...flags } = parsed(words);
  check(flags, only, compare);
  const named = only === undefined ? undefined : partsOf(only);
  if (compare !== undefined && named?.includes(HANDLER))
    throw new OptionError('--compare measures the converter only. Replace "handler" in --only with data.');
  const parts = named ?? (flags.quick ? [...QUICK_DATA, HANDLER] : PARTS);
  return {
    ...flags,
    compare,
    data: DATA_NAMES.filter((name) => parts.includes(name)),
    handler: compare === undefined && parts.includes(HANDLER),
  };
};
