/** Declaration of `dlq` and its commands. */

import type { Command, Option } from 'commander';
import { nearName } from '../../src/sink/mapping/near-name.ts';
import { REFUSAL_CODES } from '../../src/sink/refusal.ts';
import { MOVED_BY_SQS } from '../dead-letters/letter.ts';
import type { ListOptions } from '../dead-letters/list.ts';
import type { PurgeOptions } from '../dead-letters/purge.ts';
import type { RedriveOptions } from '../dead-letters/redrive.ts';
import type { ShowOptions } from '../dead-letters/show.ts';
import type { TryOptions } from '../dead-letters/try.ts';
import type { Declare } from '../declaration.ts';
import { addExamples } from '../help-format.ts';
import { handlerOption, numberOption, textOption, valueOption, wholeNumberOption } from '../options.ts';
import { PROGRAM } from '../program-name.ts';
import { sinkOptions } from '../sink-options.ts';
import { UsageError } from '../usage-error.ts';

/** Letters that are looked at unless the user chooses another number. SQS hides at most 120,000 messages at a time. */
const LIMIT_DEFAULT = 100_000;
const LIMIT_MAX = 120_000;
const CONNECTIONS_DEFAULT = 8;
const RATE_MIN = 0.01;
const RATE_MAX = 10_000;
const WAIT_DEFAULT_SECONDS = 20;

/** Declares the command. */
export const declare: Declare = (command) => {
  command.description(
    'Look at dead letters, try another mapping with them, send them back, or delete them. Dead letters are read from the ' +
      'dead-letter queue and from the state table, which keeps those that are too large for a queue.',
  );
  command.helpCommand(false);
  declareList(command.command('list').summary('group dead letters by what is wrong with them'));
  declareShow(command.command('show').summary('show one dead letter and the place that failed'));
  declareTry(command.command('try').summary('convert all dead letters with a mapping, and send nothing'));
  declareRedrive(command.command('redrive').summary('send dead letters back to the event queue'));
  declarePurge(command.command('purge').summary('delete dead letters, after writing them to an archive'));
};

const addLetterOptions = (command: Command): Command => {
  for (const option of sinkOptions('stack', 'deadLetterQueueUrl', 'table', 'sink', 'endpoint'))
    command.addOption(option);
  return command;
};

const limitOption = (): Option =>
  wholeNumberOption('--limit <n>', 'dead letters to look at, at most', [1, LIMIT_MAX]).default(LIMIT_DEFAULT);

const REASONS = [...REFUSAL_CODES, MOVED_BY_SQS];

const readReason = (value: string, name: string): string => {
  if (REASONS.includes(value as (typeof REASONS)[number])) return value;
  const near = nearName(
    value.replaceAll('-', '_'),
    REASONS.map((reason) => reason.replaceAll('-', '_')),
  );
  const hint = near === undefined ? 'docs/refusals.md lists them.' : `Did you mean ${near.replaceAll('_', '-')}?`;
  throw new UsageError(`${name}: no dead letter has the reason "${value}". ${hint}`);
};

const reasonOption = (description: string): Option => {
  const option = valueOption('--reason <code>', description, readReason);
  const { parseArg } = option;
  // `choices` is for completion and help, and replaces the parser.
  option.choices(REASONS);
  return parseArg === undefined ? option : option.argParser(parseArg);
};

const PEEKING =
  'SQS shows messages only by receiving them: meanwhile they are hidden from others, and then they are given back, also ' +
  'after Ctrl-C.';

const declareList = (command: Command): void => {
  addLetterOptions(command)
    .description(`Group dead letters by reason, measurement, rule, and path. ${PEEKING}`)
    .option('--each', 'each letter with its id, time, and detail, instead of groups')
    .addOption(limitOption())
    .option('--json', 'output as one line of JSON')
    .action(async (options: ListOptions) => {
      const { list } = await import('../dead-letters/list.ts');
      process.exitCode = await list(options);
    });
  addExamples(
    command,
    `${PROGRAM} dlq list --stack opengemini-sink-prod`,
    `${PROGRAM} dlq list --each --stack opengemini-sink-prod`,
  );
};

const declareShow = (command: Command): void => {
  addLetterOptions(command)
    .description(
      'Show one dead letter: the event with the place that failed, the reason, what repairs it, and where the log of its ' +
        'invocation is.',
    )
    .argument('<id>', 'id of a dead letter, or its first characters')
    .addOption(limitOption())
    .option('--json', 'output as one line of JSON')
    .action(async (id: string, options: ShowOptions) => {
      const { show } = await import('../dead-letters/show.ts');
      process.exitCode = await show(id, options);
    });
  addExamples(command, `${PROGRAM} dlq show 7d3f2a`);
};

const idOption = (): Option => textOption('--id <id>', 'only the letter whose id begins with these characters');

const mappingOption = (description: string): Option => textOption('--mapping <file>', description);

const declareTry = (command: Command): void => {
  addLetterOptions(command)
    .description(
      'Convert all dead letters as the function would if they were sent back, and print which of them would now be ' +
        'written, and which would be refused and why. Nothing is sent. The exit code is 1 if one would be refused.',
    )
    .addOption(
      mappingOption('mapping file (JSON or YAML), inline JSON, or preset:NAME').default(
        undefined,
        'the SINK_* variables, or no mapping',
      ),
    )
    .addOption(handlerOption())
    .addOption(limitOption())
    .option('--json', 'output as one line of JSON')
    .action(async (options: TryOptions) => {
      const { tryMapping } = await import('../dead-letters/try.ts');
      process.exitCode = await tryMapping(options);
    });
  addExamples(command, `${PROGRAM} dlq try --mapping mapping.yaml --stack opengemini-sink-prod`);
};

const declareRedrive = (command: Command): void => {
  addLetterOptions(command)
    .description(
      'Send dead letters back to the event queue with their attributes, and delete each one after SQS has confirmed the ' +
        'sending. Then wait for letters that come back refused, except with --archive and --move. Correct and deploy the ' +
        'mapping first. If the command is interrupted, nothing is lost, and at most one letter for each connection is sent twice, which changes nothing. ' +
        'The exit code is 1 if letters came back.',
    )
    .addOption(reasonOption('only letters with this reason'))
    .addOption(idOption())
    .addOption(
      numberOption('--rate <n>', 'letters per second, at most', [RATE_MIN, RATE_MAX]).default(undefined, 'no limit'),
    )
    .addOption(textOption('--to <url>', 'URL of the queue that receives them').default(undefined, 'the event queue'))
    .addOption(
      wholeNumberOption('--connections <n>', 'letters in transit at a time; one for a FIFO queue', [1, 64]).default(
        CONNECTIONS_DEFAULT,
      ),
    )
    .addOption(
      wholeNumberOption('--wait <seconds>', 'how long letters that come back are awaited', [0, 3_600]).default(
        WAIT_DEFAULT_SECONDS,
      ),
    )
    .addOption(
      mappingOption(
        'mapping of the function, for letters of the state table: they are converted here, because they are too large for a queue',
      ).default(undefined, 'they stay in the table'),
    )
    .addOption(
      textOption(
        '--archive <file>',
        'letters of an archive that "dlq purge" wrote, instead of those in the queue',
      ).default(undefined, 'the dead-letter queue'),
    )
    .option('--move', "SQS's own message move task, for all letters")
    .option('--json', 'output as one line of JSON')
    .action(async (options: RedriveOptions) => {
      const { redrive } = await import('../dead-letters/redrive.ts');
      process.exitCode = await redrive(options);
    });
  addExamples(command, `${PROGRAM} dlq redrive --reason field-type --rate 100 --stack opengemini-sink-prod`);
};

const declarePurge = (command: Command): void => {
  /** The parser keeps only the last of the two, which would delete letters without the archive that was named. */
  const given = new Set<string>();
  for (const name of ['archive', 'no-archive']) command.on(`option:${name}`, () => given.add(name));
  addLetterOptions(command)
    .description(
      'Delete dead letters. They are written to an archive first, one in each line as JSON. The command asks for the ' +
        'number of letters, unless --yes is given.',
    )
    .addOption(reasonOption('only letters with this reason'))
    .addOption(idOption())
    .option('--yes', 'no question')
    .addOption(textOption('--archive <file>', 'new file of the archive').default(undefined, 'dead-letters-TIME.ndjson'))
    .option('--no-archive', 'no archive')
    .addOption(limitOption())
    .option('--json', 'output as one line of JSON')
    .action(async ({ archive = true, ...options }: Omit<PurgeOptions, 'archive'> & { archive?: string | boolean }) => {
      if (given.size > 1) throw new UsageError('--archive and --no-archive exclude each other. Use one of them.');
      const { purge } = await import('../dead-letters/purge.ts');
      // Because of --no-archive, the parser sets `true` if neither option is given.
      process.exitCode = await purge(archive === true ? options : { ...options, archive });
    });
  addExamples(command, `${PROGRAM} dlq purge --reason expired --stack opengemini-sink-prod`);
};
