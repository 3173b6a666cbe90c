/**
 * Tests of faults in a call: `cli/parse-fault.ts`, `cli/options.ts`, `cli/help-format.ts`, and `cli/main.ts`. Each fault
 * is a sentence without a stack, and the exit code is 2.
 */

import { expect, test } from 'vitest';
import { run } from './running.ts';

const HINT = (command: string): string => `Run "npm run --silent sink -- ${command} --help" for the options.\n`;
const COMMANDS_HINT = 'Run "npm run --silent sink -- --help" for the commands.\n';
const EMPTY = 'must not be empty. A variable of the shell that is not set gives an empty value.\n';

test.each<[string, readonly string[], string]>([
  [
    'an unknown option',
    ['convert', '--mappings', 'x'],
    `There is no option --mappings. Did you mean --mapping?\n${HINT('convert')}`,
  ],
  [
    'an unknown option with a value after "="',
    ['send', '--queue=x'],
    `There is no option --queue. Did you mean --queue-url?\n${HINT('send')}`,
  ],
  ['an option with one dash', ['status', '-json'], `There is no option -json. Did you mean --json?\n${HINT('status')}`],
  ['an option that resembles no other', ['demo', '--xyzzy'], `There is no option --xyzzy.\n${HINT('demo')}`],
  [
    'an option of the program after a command',
    ['check', '--version'],
    `There is no option --version.\n${HINT('check')}`,
  ],
  [
    'an option without its value',
    ['convert', '--mapping'],
    `--mapping needs a value: --mapping <file>\n${HINT('convert')}`,
  ],
  ['an extra argument', ['check', 'mapping.json'], `Unexpected argument "mapping.json".\n${HINT('check')}`],
  ['a missing argument', ['completion'], `The argument <shell> is missing.\n${HINT('completion')}`],
  ['an empty value of a text', ['convert', '--mapping', ''], `--mapping ${EMPTY}`],
  ['an empty value of a number', ['demo', '--seed='], `--seed ${EMPTY}`],
  ['a time that is not a number', ['convert', '--sent-at', 'now'], '--sent-at must be a whole number from 0 to 900'],
  [
    'a number below its range',
    ['demo', '--messages', '0'],
    '--messages must be a whole number from 1 to 100000, got "0".\n',
  ],
  [
    'a number above its range',
    ['demo', '--events', '1001'],
    '--events must be a whole number from 1 to 1000, got "1001".\n',
  ],
  ['a misspelled command', ['covnert'], `There is no command "covnert". Did you mean convert?\n${COMMANDS_HINT}`],
  ['an unknown command', ['transmogrify'], `There is no command "transmogrify".\n${COMMANDS_HINT}`],
  [
    'the name of an object property as command',
    ['hasOwnProperty'],
    `There is no command "hasOwnProperty".\n${COMMANDS_HINT}`,
  ],
  [
    'a misspelled command after help',
    ['help', 'chekc'],
    `There is no command "chekc". Did you mean check?\n${COMMANDS_HINT}`,
  ],
  [
    'all faults of a mapping',
    ['convert', '--mapping', '{"version":2,"fields":{}}'],
    'Invalid configuration:\n- --mapping: ',
  ],
  [
    'a mapping that is not an object',
    ['convert', '--mapping', '[]'],
    'Invalid configuration:\n- --mapping: mapping must be a JSON object, got []',
  ],
  ['a missing region', ['status', '--stack', 's'], 'The stack s cannot be read: Region is missing\nSet AWS_REGION.\n'],
  [
    'a misspelled option instead of a required one',
    ['cost', '--events-per-secnd', '5'],
    'There is no option --events-per-secnd. Did you mean --events-per-second?\n',
  ],
  [
    'a mapping file that does not exist',
    ['convert', '--mapping', '/nowhere.json'],
    'Invalid configuration:\n- --mapping names the file "/nowhere.json", which cannot be read',
  ],
  [
    'an unknown converter',
    ['convert', '--converter', 'fast'],
    'Invalid configuration:\n- --converter must be one of line, point, got "fast"',
  ],
  [
    'an unknown input format',
    ['convert', '--input', 'xml'],
    'Invalid configuration:\n- --input must be one of auto, json, ',
  ],
])('the command reports %s in a sentence without a stack, and exits with 2', async (_, args, beginning) => {
  const { code, out, err } = await run(args);
  expect([code, out]).toEqual([2, '']);
  expect(err.slice(0, beginning.length)).toBe(beginning);
  expect(err).not.toMatch(/^\s+at /m);
});

test('the command reports all faults of a mapping together', async () => {
  const { err } = await run(['convert', '--mapping', '{"version":2,"fields":{}}']);
  for (const fault of ['version must be 1', 'measurement must', 'fields must name at least one field'])
    expect(err).toContain(`mapping.${fault}`);
});

test('the value of an option may begin with a dash, and arguments after "--" are no options', async () => {
  const [value, argument] = await Promise.all([run(['status', '--table', '-t']), run(['convert', '--', '--mapping'])]);
  expect(value.err).toContain('No region is set.');
  expect(argument.err).toMatch(/^The file "--mapping" cannot be read: /);
});
