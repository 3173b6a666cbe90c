/** Tests of `cli/commands/completion.ts` and `cli/completion/`: the scripts complete what the commands declare. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completedProgram } from '../../cli/completion/completed-words.ts';
import type { Declare } from '../../cli/declaration.ts';
import { createProgram } from '../../cli/program.ts';
import { run } from './running.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

let folder: string;
const scripts = {} as Record<Shell, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sink-completion-'));
  mkdirSync(join(folder, 'mapping folder'));
  for (const name of ['mapping a.json', 'mapping-b.json', 'other']) writeFileSync(join(folder, name), '');
  for (const shell of SHELLS) {
    const { code, out, err } = await run(['completion', shell]);
    expect([code, err]).toEqual([0, '']);
    scripts[shell] = out;
    writeFileSync(join(folder, `.${shell}`), out);
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Every visible option of every command, as `completion` finds them. */
const declared = async () => {
  const program = createProgram();
  for (const command of program.commands) {
    const { declare }: { declare: Declare } = await import(`../../cli/commands/${command.name()}.ts`);
    declare(command, async () => undefined);
  }
  return { program, ...completedProgram(program) };
};

test.each(SHELLS)('the script for %s contains every command, option, and choice that the help shows', async (shell) => {
  const { program } = await declared();
  const words = new Set(scripts[shell].split(/[^\w-]+/));
  expect(program.commands.length).toBeGreaterThan(7);
  const all = program.commands.flatMap((command) => [command, ...command.commands]);
  const missing = all.flatMap((command) => {
    const options = command.createHelp().visibleOptions(command);
    expect(options.length).toBeGreaterThan(0);
    const names = options.map(({ long }) => (shell === 'fish' ? long?.slice(2) : long) ?? '');
    const choices = [...options, ...command.registeredArguments].flatMap(({ argChoices }) => argChoices ?? []);
    return [command.name(), ...names, ...choices].filter((word) => !words.has(word));
  });
  expect(missing).toEqual([]);
});

const isInstalled = (shell: Shell): boolean => spawnSync(shell, ['--version']).status === 0;

/** Words of a command line before the cursor, and what completes the last one. Options with `=` are one word. */
const COMPLETED: readonly (readonly [words: readonly string[], completed: readonly string[]])[] = [
  [['con'], ['convert']],
  [['convert', '--conv'], ['--converter']],
  [
    ['convert', '--converter', ''],
    ['line', 'point'],
  ],
  [['convert', '--input', 'line'], ['line-protocol']],
  [
    ['convert', '--mapping', 'mapp'],
    ['mapping a.json', 'mapping folder', 'mapping-b.json'],
  ],
  [['convert', '--json', 'oth'], ['other']],
  [['send', 'oth'], ['other']],
  [['send', '--queue-url', 'oth'], []],
  [['completion', 'z'], ['zsh']],
  [['help', 'st'], ['status']],
  [['dev', '--dyn'], ['--dynamodb-port']],
  [['check', 'oth'], []],
  [['dlq', 're'], ['redrive']],
  [['dlq', 'redrive', '--conn'], ['--connections']],
  [['dlq', 'try', '--json', '--mapp'], ['--mapping']],
  [
    ['dlq', 'purge', '--reason', 'timestamp-'],
    ['timestamp-format', 'timestamp-missing', 'timestamp-range'],
  ],
];

describe.skipIf(!isInstalled('bash'))('bash', () => {
  const complete = (words: readonly string[]): string[] => {
    const call = `
      source ./.bash || exit 3
      COMP_WORDS=(opengemini-sink "$@")
      COMP_CWORD=$#
      _opengemini_sink
      [ \${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"
    `;
    const options = { cwd: folder, encoding: 'utf8' } as const;
    const out = execFileSync('bash', ['--norc', '-c', call, 'bash', ...words], options);
    return out.split('\n').filter(Boolean).sort();
  };

  test.each(COMPLETED)('bash completes %j with %j', (words, completed) => {
    expect(complete(words)).toEqual(completed);
  });
  test('bash completes a value after "=", which it divides into words', () => {
    expect(complete(['convert', '--converter', '='])).toEqual(['line', 'point']);
    expect(complete(['convert', '--converter', '=', 'po'])).toEqual(['point']);
  });
  test('bash completes commands and options of the program', () => {
    expect(complete([''])).toEqual(expect.arrayContaining(['dev', 'status', '--version', '-h']));
  });
  test('bash registers the completion for the command', () => {
    const out = execFileSync('bash', ['--norc', '-c', 'source ./.bash; complete -p opengemini-sink'], { cwd: folder });
    expect(String(out)).toBe('complete -F _opengemini_sink opengemini-sink\n');
  });
});

describe.skipIf(!isInstalled('fish'))('fish (needs fish)', () => {
  const complete = (words: readonly string[]): string[] => {
    const line = ['opengemini-sink', ...words].join(' ');
    const call = `source ./.fish; complete --do-complete ${JSON.stringify(line)}`;
    const out = execFileSync('fish', ['--no-config', '-c', call], { cwd: folder, encoding: 'utf8' });
    return out
      .split('\n')
      .map((one) => one.split('\t')[0]?.replace(/\/$/, '') ?? '')
      .filter(Boolean)
      .sort();
  };

  test.each(COMPLETED)('fish completes %j with %j', (words, completed) => {
    expect(complete(words)).toEqual(completed);
  });
});

describe.skipIf(!isInstalled('zsh'))('zsh (needs zsh)', () => {
  test('zsh reads the script, and registers the completion for the command', () => {
    const call = 'autoload -Uz compinit; compinit -D; source ./.zsh; print $_comps[opengemini-sink]';
    const { status, stdout, stderr } = spawnSync('zsh', ['-fc', call], { cwd: folder, encoding: 'utf8' });
    expect([status, stdout, stderr]).toEqual([0, '_opengemini_sink\n', '']);
  });
});
