/** The appearance of the help: colors, width, and the texts that the parser adds to descriptions. */

import { styleText } from 'node:util';
import type { Command, Option } from 'commander';
import { helpWidthOf, showsColors } from './terminal.ts';

/** At 60 columns about 30 remain for descriptions. */
const DESCRIPTION_WIDTH_MIN = 20;

/** The parser removes the colors if the stream shows none. */
const heading = (text: string): string => styleText('bold', text, { validateStream: false });

/** Sets the appearance of the help of a program, before its commands are created. They inherit it. */
export const formatHelp = (program: Command): Command =>
  program
    .configureHelp({
      minWidthToWrap: DESCRIPTION_WIDTH_MIN,
      styleTitle: heading,
      subcommandTerm: (command) => command.name(),
      optionDescription,
      argumentDescription: ({ description }) => description,
    })
    .configureOutput({
      getOutHelpWidth: () => helpWidthOf(process.stdout),
      getErrHelpWidth: () => helpWidthOf(process.stderr),
      getOutHasColors: () => showsColors(process.stdout),
      getErrHasColors: () => showsColors(process.stderr),
      // `main.ts` prints errors, with the remedies of this program.
      outputError: () => undefined,
    })
    .helpOption('-h, --help', 'print this help');

const optionDescription = (option: Option): string => {
  const { description, argChoices, defaultValue, defaultValueDescription, mandatory } = option;
  const shown = defaultValueDescription ?? defaultValue;
  const facts = [
    ...(mandatory ? ['required'] : []),
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
    ...(shown === undefined ? [] : [`default ${shown}`]),
  ];
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`;
};

/** Adds shell commands to the end of the help of a command. They are not wrapped, so that they can be pasted. */
export const addExamples = (command: Command, ...examples: readonly string[]): Command =>
  command.addHelpText('after', () => ['', heading('Examples:'), ...examples.map((one) => `  ${one}`)].join('\n'));
