/** Declaration of `dev`. */

import type { Command, Option } from 'commander';
import { LOCAL_DEFAULTS } from '../../local/local-defaults.ts';
import type { Declare } from '../declaration.ts';
import type { DevOptions } from '../dev-options.ts';
import { handlerOption, textOption, valueOption, wholeNumberOption } from '../options.ts';
import { UsageError } from '../usage-error.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  command
    .description(
      'Run the queue, event source, function, state table, and a stand-in for openGemini on this machine until ' +
        'Ctrl-C, and print their addresses and commands to try. Standard error gets one line per invocation. The ' +
        'function gets the SINK_* and OPENGEMINI_* variables of the shell, and with --handler all others except AWS_*. With OPENGEMINI_URL your own server replaces ' +
        'the stand-in. If it does not have the database (OPENGEMINI_DATABASE, default "telemetry"), the command ' +
        'creates it. The command reloads changed files of the ' +
        'mapping, the handler, and the environment, and keeps queues, table, and points for the next run in this folder.',
    )
    .addOption(
      textOption('--mapping <file>', 'mapping file (JSON or YAML), inline JSON, or preset:NAME').default(
        undefined,
        'SINK_MAPPING, otherwise none',
      ),
    )
    .addOption(handlerOption())
    .addOption(
      textOption('--env-file <file>', 'file with variables that override those of the shell').default(
        undefined,
        'none',
      ),
    )
    .option('--fresh', 'start without the queues, table, and points of the last run in this folder')
    .option('--logs', 'log of the functions as lines of JSON')
    .option('--json', 'addresses as one line of JSON when ready');
  addQueueOptions(command);
  addPorts(command);
  command.option('--no-console', 'start without the console, a page that shows and controls the system');
  command.action(async (options: DevOptions) => {
    const { dev } = await import('../dev.ts');
    await dev(options);
  });
};

/** Default of an option that depends on others, or is computed. The help states it, and the option stays undefined. */
const stated = (option: Option, text: string | number): Option => option.default(undefined, String(text));

const addQueueOptions = (command: Command): void => {
  const { batchSize, windowMs, concurrency, maxReceiveCount, flushEveryMs, timeoutMs } = LOCAL_DEFAULTS;
  command
    .addOption(
      stated(
        wholeNumberOption('--batch-size <n>', 'messages per invocation, at most', [1, 10_000]),
        `${batchSize}; at most 10 with --fifo or --window 0`,
      ),
    )
    .addOption(stated(windowOption(), `${windowMs / 1_000}; none with --fifo`))
    .addOption(
      stated(
        wholeNumberOption('--visibility <seconds>', 'visibility timeout of the queue', [1, 43_200]),
        '6 x timeout + window',
      ),
    )
    .addOption(
      wholeNumberOption('--concurrency <n>', 'concurrent invocations, at most', [1, 1_000]).default(concurrency),
    )
    .option(
      '--move-concurrency',
      'permission for the flush function to change the concurrency, as with moveMaximumConcurrency',
    )
    .addOption(
      stated(
        wholeNumberOption('--timeout <seconds>', 'timeout of the function', [1, 900]),
        `${timeoutMs / 1_000}, or the visibility if that is less`,
      ),
    )
    .addOption(
      wholeNumberOption(
        '--max-receive-count <n>',
        'receives before a message becomes a dead letter',
        [1, 1_000],
      ).default(maxReceiveCount),
    )
    .addOption(
      wholeNumberOption('--flush-every <seconds>', 'interval between runs of the flush function', [1, 3_600]).default(
        flushEveryMs / 1_000,
      ),
    )
    .option('--fifo', 'FIFO queues instead of standard ones');
};

const addPorts = (command: Command): void => {
  for (const [name, part] of [
    ['sqs', 'queue'],
    ['dynamodb', 'table'],
    ['opengemini', 'openGemini stand-in'],
    ['console', 'console'],
  ])
    command.addOption(
      stated(
        wholeNumberOption(`--${name}-port <port>`, `port of the ${part}`, [0, 65_535]),
        'that of the last run, or any',
      ),
    );
};

const WINDOW_SECONDS_MAX = 300;

/** The batching window. Fractions of a second are allowed, for tests and for interactive use. */
const windowOption = (): Option =>
  valueOption('--window <seconds>', `batching window, 0 to ${WINDOW_SECONDS_MAX}, fractions allowed`, (value, name) => {
    if (/^\d+(?:\.\d+)?$/.test(value) && Number(value) <= WINDOW_SECONDS_MAX) return Number(value);
    throw new UsageError(
      `${name} must be a number of seconds from 0 to ${WINDOW_SECONDS_MAX}, fractions allowed, got "${value}".`,
    );
  });
