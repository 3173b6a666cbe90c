/** Declaration of `pause`. */

import type { Declare } from '../declaration.ts';
import { durationOption, timeOption } from '../duration.ts';
import { addExamples } from '../help-format.ts';
import { valueOption } from '../options.ts';
import type { PauseOptions } from '../pause.ts';
import { PROGRAM } from '../program-name.ts';
import { sinkOptions } from '../sink-options.ts';
import { UsageError } from '../usage-error.ts';

/** Long enough for a sentence with a reference. All instances read it every 1.5 s. */
const REASON_MAX = 300;

const reason = (value: string, name: string): string => {
  if (value.length <= REASON_MAX && !/\p{Cc}/u.test(value)) return value;
  throw new UsageError(`${name} must be one line of at most ${REASON_MAX} characters, got ${value.length}.`);
};

/** Declares the command. */
export const declare: Declare = (command) => {
  for (const option of sinkOptions('stack', 'table', 'sink', 'endpoint')) command.addOption(option);
  command
    .description(
      'Stop all writes of a sink to openGemini until "resume" or the given end. Events are stored in the state table or ' +
        'returned to the queue, as in an outage. A sink without a state table cannot be paused.',
    )
    .addOption(valueOption('--reason <text>', 'reason, which logs and "status" show', reason).makeOptionMandatory())
    .addOption(durationOption('--for <duration>', 'duration of the pause').default(undefined, 'no end'))
    .addOption(timeOption('--until <time>', 'end of the pause').default(undefined, 'no end'))
    .option('--json', 'output as one line of JSON')
    .action(async (options: PauseOptions) => {
      const { pause } = await import('../pause.ts');
      await pause(options);
    });
  addExamples(command, `${PROGRAM} pause --stack opengemini-sink-prod --reason "upgrade of openGemini" --for 2h`);
};
