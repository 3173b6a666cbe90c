/** Declaration of `demo`. */

import type { Declare } from '../declaration.ts';
import type { DemoOptions } from '../demo-report.ts';
import { wholeNumberOption } from '../options.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  command
    .description(
      'Run the whole system on this machine, send valid and broken events, and show the result of each. The exit code ' +
        'is 1 if a result is not as expected. With OPENGEMINI_URL the demo writes to your own server. It creates a ' +
        'separate database there and removes it at the end. If you set OPENGEMINI_DATABASE, it uses that database ' +
        'instead, creates it if it does not exist, and keeps it.',
    )
    .addOption(wholeNumberOption('--messages <n>', 'messages to send', [1, 100_000]).default(200))
    .addOption(wholeNumberOption('--events <n>', 'events in each message', [1, 1_000]).default(20))
    .addOption(wholeNumberOption('--seed <n>', 'seed that determines the events', [0, 2 ** 32 - 1]).default(1))
    .option('--logs', 'log of the function on standard error')
    .option('--json', 'results as one line of JSON at the end')
    .action(async (options: DemoOptions) => {
      const { demo } = await import('../demo.ts');
      process.exitCode = await demo(options);
    });
};
