/** Declaration of `convert`. */

import { Option } from 'commander';
import { CONVERTERS } from '../../src/sink/convert/converter.ts';
import { INPUTS } from '../../src/sink/decode/decode-options.ts';
import type { ConvertOptions } from '../convert.ts';
import type { Declare } from '../declaration.ts';
import { addExamples } from '../help-format.ts';
import { FILES_MEANING, wholeOption } from '../input-documents.ts';
import { readSentAt, withAttribute } from '../message-options.ts';
import { choiceOption, handlerOption, textOption, valueOption } from '../options.ts';
import { PROGRAM } from '../program-name.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  command
    .description(
      'Convert message bodies to line protocol, exactly as the function does, and send nothing. Lines are printed to ' +
        'standard output. Each refused event is printed to standard error as one line of JSON, and the exit code is ' +
        'then 1. On a terminal a summary follows: counts, columns that matched no event, members that no rule takes, ' +
        'points that replace each other, and the number of values of each tag. The SINK_* variables of the shell apply. An option replaces the variable of its name, and --mapping ' +
        'also replaces the variables of the simple mapping.',
    )
    .argument('[file...]', FILES_MEANING)
    .addOption(
      textOption('--mapping <file>', 'mapping file (JSON or YAML), inline JSON, or preset:NAME').default(
        undefined,
        'the SINK_* variables, or no mapping',
      ),
    )
    .addOption(
      choiceOption('--converter <name>', 'fast path or point converter; both write the same bytes', CONVERTERS).default(
        undefined,
        'SINK_CONVERTER, otherwise line',
      ),
    )
    .addOption(
      choiceOption('--input <form>', 'format of the bodies', INPUTS).default(undefined, 'SINK_INPUT, otherwise auto'),
    )
    .addOption(
      valueOption(
        '--sent-at <time>',
        'time of the messages, for events without a time: milliseconds since 1970, or ISO 8601',
        readSentAt,
      ).default(undefined, 'now'),
    )
    .addOption(
      new Option(
        '--attribute <name=value>',
        'an attribute of the messages, any number of times; NAME:Number=5 has another type',
      ).argParser(withAttribute),
    )
    .addOption(textOption('--group <id>', 'message group of the messages').default(undefined, 'none'))
    .addOption(wholeOption())
    .addOption(handlerOption())
    .option('--summary', 'summary on standard error also if it is not a terminal')
    .option(
      '--json',
      'lines and refused events on standard output, each event as one line of JSON, and the summary on standard error',
    )
    .action(async (files: readonly string[], options: ConvertOptions) => {
      const { convert } = await import('../convert.ts');
      process.exitCode = await convert(files, options);
    });
  addExamples(
    command,
    `${PROGRAM} convert --mapping mapping.json events.ndjson`,
    `echo '{"measurement":"m","fields":{"v":1}}' | ${PROGRAM} convert`,
  );
};
