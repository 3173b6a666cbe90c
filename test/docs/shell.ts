/** Splits the commands of `sh` blocks, finds the programs that they call, and executes them. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ROOT } from './pages.ts';

/**
 * Returns the commands of a block, one per entry. Continued lines are joined, and comments are removed. Each line of a
 * here-document is a separate entry. The entries joined by line breaks are the block again.
 */
export const commandsOf = (block: string): string[] =>
  block
    .replace(/\\\n\s*/g, '')
    .replace(/\|\n\s*/g, '| ')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#\s.*$/, '').trim())
    .filter((line) => line !== '');

/** A call of a program of this project. */
export interface Call {
  /** `sink convert` or `simulate control`, for example. */
  readonly program: string;
  readonly options: readonly string[];
}

/** Calls of this project's programs within a command. */
export const callsOf = (command: string): Call[] =>
  [
    ...command.matchAll(
      /\b(?:npx (opengemini-sink)\b|npm run (?:--silent )?(sink|simulate|dev|demo)\b(?: --)?)([^|<>;&]*)/g,
    ),
  ].map(([, command, script = '', rest = '']) => {
    const words = rest.trim().split(/\s+/);
    const name = words[0]?.startsWith('-') === false ? words[0] : '';
    const start = command === undefined ? script : 'sink';
    const program = start === 'dev' || start === 'demo' ? `sink ${start}` : `${start} ${name}`.trim();
    return { program, options: words.filter((word) => word.startsWith('--')) };
  });

/** npm scripts that a text names. */
export const scriptsIn = (text: string): string[] => [
  ...[...text.matchAll(/\bnpm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, script = '']) => script),
  ...(/\bnpm test\b/.test(text) ? ['test'] : []),
];

/** Result of executed commands. */
export interface Result {
  /** Standard output and standard error in the order in which they were printed. */
  readonly text: string;
  readonly code: number;
}

/**
 * Shell functions that replace `npm run` and `npx`, because npm alone needs half a second to start, and that run the
 * command from the sources. They permit only programs that end quickly and change nothing. A command that is missing in
 * `not-executed.ts` therefore fails instead of starting a server or a download.
 */
const PRELUDE = `
refuse() { echo "Add this command to test/docs/not-executed.ts, or make it executable: $*"; exit 70; }
sink() {
  case "$*" in
    convert*|check*|"cost "*|completion*|"test "*|"init --from "*|*--help) "$NODE" cli/opengemini-sink.js "$@" ;;
    *) refuse npx opengemini-sink "$@" ;;
  esac
}
npx() {
  [ "$1" = opengemini-sink ] || refuse npx "$@"
  shift; npm_lifecycle_event=npx sink "$@"
}
npm() {
  [ "$1" = run ] && [ "$2" = --silent ] && [ "$4" = -- ] || refuse npm "$@"
  local script=$3; shift 4
  case "$script $*" in
    "sink "*) sink "$@" ;;
    "simulate --sabotage list"|"simulate "*--help) "$NODE" test/simulation/main.ts "$@" ;;
    *) refuse npm run --silent "$script" -- "$@" ;;
  esac
}
cat() { command -p cat "$@"; }
command_not_found_handle() { refuse "$@"; }
set -e -o pipefail
PATH=/nonexistent
`;

/** Executes commands in one bash, in the root of the project, with only the variables that they set themselves. */
export const execute = (commands: readonly string[]): Promise<Result> =>
  new Promise((resolve) => {
    execFile(
      'bash',
      ['-c', `exec 2>&1\n${PRELUDE}\n${commands.join('\n')}`],
      { cwd: fileURLToPath(ROOT), env: { PATH: process.env.PATH, NODE: process.execPath } },
      (error, stdout) => resolve({ text: stdout.trimEnd(), code: error === null ? 0 : Number(error.code ?? 1) }),
    );
  });
