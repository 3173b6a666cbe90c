/**
 * Tests of the help: `cli/program.ts`, `cli/help-format.ts`, `cli/commands/`. It fits the terminal, it loads nothing
 * that only the actions need, and every command has one.
 */

import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { VERSION } from '../../src/version.ts';
import { MAIN, run } from './running.ts';

const COMMANDS = [
  'dev',
  'demo',
  'send',
  'convert',
  'test',
  'dlq',
  'status',
  'flush',
  'pause',
  'resume',
  'cost',
  'check',
  'init',
  'build',
  'package',
  'completion',
  'help',
];

describe('help', () => {
  test('the help lists the commands, and a call without a command prints it to standard error and exits with 2', async () => {
    const [help, short, word, bare] = await Promise.all([run(['--help']), run(['-h']), run(['help']), run([])]);
    expect(bare).toEqual({ code: 2, out: '', err: help.out });
    expect(help).toMatchObject({ code: 0, err: '' });
    expect([short, word]).toEqual([help, help]);
    const [, listed = ''] = /\nCommands:\n((?: {2}.*\n)+)/.exec(help.out) ?? [];
    expect([...listed.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name)).toEqual(COMMANDS);
  });

  test.each([
    ['check', ['Usage: npm run --silent sink -- check [options]\n', 'list every fault', '--json ']],
    ['dev', ['With OPENGEMINI_URL', 'OPENGEMINI_DATABASE', '--fifo ', '--concurrency <n>', '(default 2)']],
    ['demo', ['With OPENGEMINI_URL', 'OPENGEMINI_DATABASE', '--seed <n>', '(default 1)']],
    ['send', ['AWS_REGION', '--queue-url <url>', 'send [options] [file...]\n']],
    [
      'convert',
      [
        '--mapping <file>',
        '(one of line,',
        '--input <form>',
        '--sent-at <time>',
        '--attribute <name=value>',
        'Examples:\n',
      ],
    ],
    ['test', ['test [options] <file...>\n', '--json ', 'Examples:\n']],
    ['dlq', ['list ', 'show ', 'try ', 'redrive ', 'purge ']],
    ['status', ['AWS_REGION', '--table <name>', '(default STATE_TABLE)']],
    ['flush', ['flush [options]\n', '--function <name>', '(default FlushFunctionName of the stack)', 'Examples:\n']],
    ['pause', ['pause [options]\n', '--reason <text>', '--for <duration>', '(default no end)', 'Examples:\n']],
    ['resume', ['resume [options]\n', '--stack <name>', 'Examples:\n']],
    ['cost', ['cost [options]\n', '--events-per-second <n>', '(default 200)', '(default estimated)', 'Examples:\n']],
    ['completion', ['source <(npm run --silent sink -- completion bash)', '| source']],
    ['init', ['init [options] [folder]\n', '--typescript ', '--from <file...>', 'Examples:\n']],
    ['build', ['--ingest <file>', "(default the sink's own handler)"]],
    ['package', ['--param <name=value>', 'any number of times', '(default dev)']],
    ['help', ['[command...]']],
  ])('the help of %s describes the command, by all ways to print it', async (command, parts) => {
    const [long, short, word] = await Promise.all([
      run([command, '--help'], 'an event\n'),
      run([command, '-h']),
      run(['help', command]),
    ]);
    expect(long).toMatchObject({ code: 0, err: '' });
    expect([short, word]).toEqual([long, long]);
    for (const part of parts) expect(long.out).toContain(part);
  });

  test.each(['--version', '-V'])('%s prints the version', async (option) => {
    expect(await run([option])).toEqual({ code: 0, out: `${VERSION}\n`, err: '' });
  });
});

/** Modules that a call loads. */
const loadedBy = async (args: readonly string[]): Promise<string[]> => {
  const hooks = `
    import { registerHooks } from 'node:module';
    const urls = new Set();
    registerHooks({ load: (url, context, next) => (urls.add(url), next(url, context)) });
    process.on('exit', () => process.stderr.write([...urls].join('\\n')));
  `;
  const hook = `data:text/javascript,${encodeURIComponent(hooks)}`;
  const child = spawn(process.execPath, ['--import', hook, MAIN, ...args], { env: { PATH: process.env.PATH } });
  child.stdin.end();
  const [, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return err.split('\n').filter((url) => url.startsWith('file:'));
};

test('the help of the program loads no command', async () => {
  const loaded = await loadedBy(['--help']);
  expect(loaded).toContain(pathToFileURL(MAIN).href);
  expect(loaded.filter((url) => url.includes('/cli/commands/'))).toEqual([]);
  expect(loaded.length).toBeLessThanOrEqual(30);
});

test.each([...COMMANDS, 'completion bash'])(
  'the help of a command, %s, loads no package except the parser, and no local system',
  async (command) => {
    const loaded = await loadedBy(command.includes(' ') ? command.split(' ') : [command, '--help']);
    const slow = loaded.filter((url) =>
      url.includes('/node_modules/') ? !url.includes('/node_modules/commander/') : url.includes('/local/system.ts'),
    );
    expect(slow).toEqual([]);
    expect(loaded.length).toBeGreaterThan(10);
  },
);

const hasTerminal = spawnSync('script', ['--version']).status === 0;

describe.skipIf(!hasTerminal)('the help in a terminal (needs the program "script")', () => {
  const inTerminal = (columns: number, args: readonly string[], variables: Record<string, string> = {}): string => {
    const call = `stty cols ${columns}; "${process.execPath}" "${MAIN}" ${args.join(' ')}`;
    const env = { PATH: process.env.PATH, TERM: 'xterm-256color', SHELL: '/bin/sh', ...variables };
    return spawnSync('script', ['-qec', call, '/dev/null'], { env, encoding: 'utf8' }).stdout.replaceAll('\r', '');
  };

  test.each(
    [60, 80, 120].flatMap((columns) => [[], ...COMMANDS.map((one) => [one])].map((words) => ({ columns, words }))),
  )('every line of the help of $words fits into $columns columns, except commands to paste', ({ columns, words }) => {
    const [help = ''] = stripVTControlCharacters(inTerminal(columns, [...words, '--help'])).split('\nExamples:');
    const lines = help.split('\n').filter((line) => !/^(?:Usage|Run) /.test(line));
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
  });

  test('the width is at least 60 and at most 120 columns', () => {
    expect(inTerminal(20, ['dev', '--help'])).toBe(inTerminal(60, ['dev', '--help']));
    expect(inTerminal(300, ['dev', '--help'])).toBe(inTerminal(120, ['dev', '--help']));
  });

  test('the headings are bold in a terminal, unless NO_COLOR is set', () => {
    expect(inTerminal(80, ['check', '--help'])).toContain('\u001b[1mOptions:\u001b[22m');
    const plain = inTerminal(80, ['check', '--help'], { NO_COLOR: '1' });
    expect(plain).toBe(stripVTControlCharacters(plain));
    expect(plain).toContain('\nOptions:\n');
  });
});
