/** `dlq redrive`: sends dead letters back to the event queue, and reports what comes back refused. */

import { counted } from '../counted.ts';
import { PROGRAM } from '../program-name.ts';
import { queueClient, requiredName, type SinkNameOptions } from '../sink-names.ts';
import { styled, widthOf, wrapped } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { type Desk, withDesk } from './desk.ts';
import { letterFilter } from './letter.ts';
import { LetterGroups } from './letter-groups.ts';
import { LetterQueue } from './letter-queue.ts';
import { moveAll } from './move-task.ts';
import { createProgress } from './progress.ts';
import { readArchive, sendArchived } from './redrive-archive.ts';
import { type RedriveResult, RedriveRun } from './redrive-run.ts';
import { redriveTable, type TableResult } from './redrive-table.ts';
import { converterFor } from './try.ts';

/** Options of one call. */
export interface RedriveOptions extends SinkNameOptions {
  readonly reason?: string;
  readonly id?: string;
  /** Letters per second, at most. */
  readonly rate?: number;
  readonly to?: string;
  readonly connections: number;
  /** Seconds in which letters that come back are awaited. */
  readonly wait: number;
  readonly mapping?: string;
  readonly move?: boolean;
  /** File with the letters, instead of the dead-letter queue. */
  readonly archive?: string;
  readonly json?: boolean;
}

/** Runs the command. Returns the exit code: 0, or 1 if letters came back refused or could not be sent. */
export const redrive = (options: RedriveOptions): Promise<number> =>
  withDesk(options, async (desk, signal) => {
    const url = options.to ?? requiredName(desk.names, 'queueUrl');
    const client = await queueClient(url, '--to');
    try {
      const target = new LetterQueue(client, url);
      assertTarget(desk.queue, target);
      if (options.archive !== undefined) return await sendArchive(options.archive, target, options, signal);
      return options.move ? await move(desk, target, options, signal) : await sendBack(desk, target, options, signal);
    } finally {
      client.destroy();
    }
  });

const assertTarget = (from: LetterQueue, to: LetterQueue): void => {
  if (to.url === from.url) throw new UsageError(`The target is the dead-letter queue itself, ${from.url}. Use --to.`);
};

const sendBack = async (desk: Desk, target: LetterQueue, options: RedriveOptions, signal: AbortSignal) => {
  const { reason, id, rate, connections, wait, mapping } = options;
  const convert = mapping === undefined ? undefined : await converterFor({ mapping });
  const total = (await desk.queue.facts()).visible;
  const progress = createProgress('letters');
  const wants = letterFilter({ reason, id });
  const run = new RedriveRun(desk.queue, target, {
    wants,
    rate,
    connections,
    signal,
    onSent: (sent) => progress.show(sent, total),
  });
  try {
    await run.send();
    const table = await redriveTable(desk, target, { wants, convert, signal });
    if (run.result.sent + table.sent > 0) await run.watch(wait);
    progress.end();
    const isInterrupted = signal.aborted;
    return report({ ...run.result, others: await run.others(), isInterrupted }, table, target, options);
  } catch (error) {
    progress.end();
    // The error follows. Without this line the user would not know what has happened already.
    if (run.result.sent > 0) process.stderr.write(`${sentText(run.result.sent, target)}\n`);
    throw error;
  } finally {
    await run.giveBack();
  }
};

const sentText = (sent: number, target: LetterQueue): string =>
  `${counted(sent, 'dead letter')} sent to ${target.url} and deleted.`;

interface Outcome extends RedriveResult {
  /** Letters that were neither sent nor seen. */
  readonly others: number;
  readonly isInterrupted: boolean;
}

const report = (outcome: Outcome, table: TableResult, target: LetterQueue, options: RedriveOptions): number => {
  const { sent, undeleted, skipped, returned, others, isInterrupted } = outcome;
  const { json, wait, id } = options;
  if (id !== undefined && sent + table.sent + returned.length + others === 0)
    throw new UsageError(`No dead letter has an id that begins with ${id}. "dlq list" prints ids.`);
  const collected = new LetterGroups();
  for (const letter of returned) collected.add(letter);
  const groups = collected.groups();
  if (json) {
    const counts = { sent: sent + table.sent, undeleted, skipped, returned: returned.length, others };
    const members = { ...counts, interrupted: isInterrupted, groups, table };
    process.stdout.write(`${JSON.stringify(members)}\n`);
  } else {
    const width = widthOf(process.stdout);
    const lines = [
      sentText(sent + table.sent, target),
      ...(skipped === 0 ? [] : [`${counted(skipped, 'letter')} with another reason or id: not sent.`]),
      ...tableTexts(table),
      ...(isInterrupted ? ['The redrive was interrupted. Call it again for the rest.'] : []),
      ...(others === 0 ? [] : [othersText(others)]),
      ...(isInterrupted ? [] : returnedTexts(returned.length, groups, wait)),
    ];
    process.stdout.write(`${lines.map((line) => wrapped(line, width)).join('\n')}\n`);
  }
  return returned.length + undeleted + table.refused > 0 ? 1 : 0;
};

const othersText = (others: number): string =>
  `About ${counted(others, 'more letter')} in the dead-letter queue: sent there meanwhile, hidden because another process has received them, or behind the first of a FIFO group.`;

const tableTexts = ({ sent, refused, unconverted }: TableResult): string[] => [
  ...(sent === 0 ? [] : [`${sent} of them came from the state table, and were sent as canonical events.`]),
  ...(refused === 0
    ? []
    : [
        `Not sent from the state table: ${counted(refused, 'letter')} that the mapping refuses, or whose line is too large.`,
      ]),
  ...(unconverted === 0
    ? []
    : [
        `Not sent from the state table: ${counted(unconverted, 'letter')} too large for a queue. With --mapping they are converted here, and only their points are sent.`,
      ]),
];

const returnedTexts = (returned: number, groups: ReturnType<LetterGroups['groups']>, wait: number): string[] => {
  if (wait === 0) return [];
  if (returned === 0) return [styled('green', 'None was seen to come back refused within the wait.', process.stdout)];
  return [
    styled('red', `${counted(returned, 'letter')} came back refused:`, process.stdout),
    ...groups.map(
      ({ count, reason, example }) => `  ${count} x ${reason}, for example ${example.id}: ${example.detail}`,
    ),
    `Correct the mapping of the function, and deploy it. "${PROGRAM} dlq try --mapping FILE" tests a mapping without sending anything.`,
  ];
};

const move = async (desk: Desk, target: LetterQueue, options: RedriveOptions, signal: AbortSignal) => {
  for (const name of ['reason', 'id'] as const)
    if (options[name] !== undefined)
      throw new UsageError(`--move is not possible with --${name}: SQS moves all messages of the queue.`);
  const progress = createProgress('letters');
  const { status, moved, failure } = await moveAll(desk.client, desk.queue, target, {
    rate: options.rate,
    signal,
    onProgress: progress.show,
  });
  progress.end();
  const text = options.json
    ? JSON.stringify({ status, moved, failure: failure ?? null })
    : `SQS moved ${counted(moved, 'letter')} to ${target.url} (${status}${failure === undefined ? '' : `: ${failure}`}).`;
  process.stdout.write(`${text}\n`);
  return status === 'COMPLETED' ? 0 : 1;
};

const sendArchive = async (file: string, target: LetterQueue, options: RedriveOptions, signal: AbortSignal) => {
  if (options.move || options.rate !== undefined)
    throw new UsageError('--archive cannot be combined with --move or --rate. Remove the other option.');
  const { letters, tooLarge } = await readArchive(file, letterFilter({ reason: options.reason, id: options.id }));
  const progress = createProgress('letters');
  const show = (sent: number): void => progress.show(sent, letters.length);
  const sent = await sendArchived(letters, target, options.connections, signal, show).finally(() => progress.end());
  const text = options.json
    ? JSON.stringify({ sent, unsent: letters.length - sent, tooLarge })
    : [
        `${counted(sent, 'dead letter')} of ${file} sent to ${target.url}. The archive stays as it is.`,
        ...(sent === letters.length ? [] : [`Interrupted: ${counted(letters.length - sent, 'letter')} not sent.`]),
        ...(tooLarge === 0
          ? []
          : [`Not sent: ${counted(tooLarge, 'letter')} of the state table, too large for a queue.`]),
      ].join('\n');
  process.stdout.write(`${text}\n`);
  return tooLarge > 0 ? 1 : 0;
};
