/** `npm run bench -- --compare REF`: the converter of another commit and that of this tree, in separate processes. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entryOf, OURS } from './conversion/entries.ts';
import { ROOT } from './conversion/root.ts';
import { differenceOf } from './conversion/verify.ts';
import type { DataName } from './data.ts';
import { OptionError } from './options.ts';
import type { Cpus } from './turns/cpus.ts';
import { type Quartiles, quartilesOf, ratiosByRound } from './turns/statistics.ts';
import { type Pace, startAll, takeTurns } from './turns/take-turns.ts';

const OTHER = 'Other';
/** Bodies whose lines are compared. */
const BODIES = 200;

/** A work tree of another commit. */
export interface WorkTree {
  readonly root: string;
  /** Short name of the commit. */
  readonly commit: string;
  /** Removes the tree. It is synchronous, so that it also works when a signal ends the program. */
  remove(): void;
}

const git = (...words: readonly string[]): string =>
  execFileSync('git', ['-C', ROOT, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

const commitOf = (ref: string): string => {
  const { status, stdout } = spawnSync('git', ['-C', ROOT, 'rev-parse', '--verify', '--short', `${ref}^{commit}`], {
    encoding: 'utf8',
  });
  if (status === 0) return stdout.trim();
  throw new OptionError(
    `--compare must name a commit of this repository, got "${ref}". "git log --all" lists them, and "git branch -a" the branches.`,
  );
};

/**
 * Checks out another commit in a temporary folder, with the installed packages of this tree.
 *
 * @throws {OptionError} If there is no such commit.
 */
export const checkOut = (ref: string): WorkTree => {
  const commit = commitOf(ref);
  const folder = mkdtempSync(join(tmpdir(), 'opengemini-sink-compare-'));
  const root = join(folder, 'tree');
  git('worktree', 'add', '--detach', root, commit);
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return {
    root: `${root}/`,
    commit,
    remove() {
      rmSync(folder, { recursive: true, force: true });
      git('worktree', 'prune');
    },
  };
};

/** Comparison of one data set. */
export interface Comparison {
  /** Time of the other commit divided by that of this tree: above 1, this tree is faster. */
  readonly speedup: Quartiles;
  /** First difference between the lines of both, if there is any. */
  readonly difference: string | undefined;
}

/** Compares the converter of another tree with that of this one. Different lines are reported, because a commit may intend them. */
export const compare = async (
  data: DataName,
  root: string,
  events: number,
  pace: Pace,
  cpus: Cpus,
): Promise<Comparison> => {
  const entries = [
    entryOf(OURS, { data, events, work: { kind: 'ours', root: ROOT, converter: 'line' } }),
    entryOf(OTHER, { data, events, work: { kind: 'ours', root, converter: 'line' } }),
  ];
  const { running, leftOut } = await startAll(entries, cpus);
  if (leftOut[0] !== undefined) throw new OptionError(`--compare: ${leftOut[0].reason}`);
  const [own = [], other = []] = [await running[0]?.lines(BODIES), await running[1]?.lines(BODIES)];
  const { [OURS]: ours = [], [OTHER]: others = [] } = await takeTurns(running, pace);
  return { speedup: quartilesOf(ratiosByRound(others, ours)), difference: differenceOf(own, other) };
};
