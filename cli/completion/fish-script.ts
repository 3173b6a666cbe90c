/** The completion script for fish. */

import type { CompletedCommand, CompletedOption, Values } from './completed-words.ts';

/** Returns the script. */
export const fishScript = (
  name: string,
  commands: readonly CompletedCommand[],
  options: readonly CompletedOption[],
): string => {
  const line = (...words: readonly string[]): string => ['complete', '-c', name, ...words].join(' ');
  const none = '-n __fish_use_subcommand';
  return [
    `# Completion of ${name} for fish.`,
    line('-f'),
    ...commands
      .filter((one) => !one.name.includes(' '))
      .map((one) => line(none, '-a', one.name, '-d', quoted(one.summary))),
    ...options.map((option) => line(none, ...optionWords(option))),
    ...commands.flatMap((one) => {
      const within = condition(one);
      return [
        ...one.options.map((option) => line(within, ...optionWords(option))),
        ...(one.values.kind === 'none' ? [] : [line(within, ...argumentWords(one.values))]),
      ];
    }),
    '',
  ].join('\n');
};

/** A name with a space is that of a command inside a command. A command with inner ones completes their names only. */
const condition = ({ name }: CompletedCommand): string => {
  const [outer = '', inner] = name.split(' ');
  const first = `__fish_seen_subcommand_from ${outer}; and test (commandline -opc)[2] = ${outer}`;
  if (inner === undefined) return `-n '${first}'`;
  return `-n '${first}; and test (count (commandline -opc)) -gt 2; and test (commandline -opc)[3] = ${inner}'`;
};

const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;

const optionWords = ({ names, description, values }: CompletedOption): string[] => [
  ...names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)),
  ...(values.kind === 'none' ? [] : ['-r', ...argumentWords(values)]),
  `-d ${quoted(description)}`,
];

const argumentWords = (values: Values): string[] => {
  if (values.kind === 'files') return ['-F'];
  return values.kind === 'words' ? ['-f', '-a', quoted(values.words.join(' '))] : ['-f'];
};
