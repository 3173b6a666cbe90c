/** Declaration of `check`. */

import type { CheckOptions } from '../check.ts';
import type { Declare } from '../declaration.ts';
import { addExamples } from '../help-format.ts';
import { handlerOption, textOption, wholeNumberOption } from '../options.ts';
import { PROGRAM } from '../program-name.ts';
import { sinkOptions } from '../sink-options.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  command
    .description(
      'Check the environment variables of this shell, including the mapping, as the function does at start, and list ' +
        'every fault. docs/configuration.md describes all variables. With --handler, the settings that the program declares ' +
        'are checked and listed, too. With --against, the mapping is compared with an earlier version. The exit code is 2 ' +
        'if there is a fault, and 1 if the mapping breaks columns or series of the earlier version. With --live, openGemini, ' +
        'the queues, and the state table are checked, too: credentials, certificate, databases, and settings. Nothing is ' +
        'changed, and the exit code is 1 if a check fails.',
    )
    .addOption(handlerOption())
    .addOption(
      textOption('--mapping <file>', 'mapping file (JSON or YAML), inline JSON, or preset:NAME').default(
        undefined,
        'the SINK_* variables',
      ),
    )
    .addOption(
      textOption('--against <file>', 'earlier version of the mapping file, to find changes that break columns'),
    )
    .option('--live', 'check what the configuration reaches');
  for (const option of sinkOptions('stack', 'queueUrl', 'deadLetterQueueUrl', 'table', 'endpoint'))
    command.addOption(option);
  command
    .addOption(
      wholeNumberOption('--timeout <s>', 'time limit of the ingest function in seconds, for --live', [1, 900]).default(
        undefined,
        'that of the deployed function',
      ),
    )
    .option('--json', 'result as one line of JSON, with the faults if there are any')
    .action(async (options: CheckOptions) => {
      const { check } = await import('../check.ts');
      process.exitCode = await check(options);
    });
  addExamples(
    command,
    `${PROGRAM} check`,
    `${PROGRAM} check --live --stack opengemini-sink-prod`,
    `${PROGRAM} check --mapping mapping.yaml --against mapping.old.yaml`,
  );
};
