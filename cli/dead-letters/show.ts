/** `dlq show`: one dead letter, with the place in its event that failed. */

import { counted } from '../counted.ts';
import type { SinkNameOptions, SinkNames } from '../sink-names.ts';
import { row, styled, widthOf } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { visitAll, withDesk } from './desk.ts';
import { type FailingPlace, failingPlace } from './failing-place.ts';
import { type Letter, originOf } from './letter.ts';
import { type MarkedEvent, markedEvent } from './marked-event.ts';
import { remedyFor } from './remedies.ts';

/** Options of one call. */
export interface ShowOptions extends SinkNameOptions {
  readonly limit: number;
  readonly json?: boolean;
}

/** Runs the command. Returns the exit code. Throws a `UsageError` if no letter, or more than one, has an id that begins with `id`. */
export const show = (id: string, options: ShowOptions): Promise<number> =>
  withDesk(options, async (desk, signal) => {
    const found: Letter[] = [];
    const whole = new AbortController();
    const take = (letter: Letter): void => {
      if (letter.id.startsWith(id)) found.push(letter);
      // No other letter has the whole id.
      if (letter.id === id) whole.abort();
    };
    const looking = { max: options.limit, signal: AbortSignal.any([signal, whole.signal]) };
    const { letters } = await visitAll(desk, take, looking);
    const letter = only(found, id, letters);
    const place = failingPlace(letter.detail);
    const event = markedEvent(letter, place);
    const text = options.json
      ? JSON.stringify(members(letter, place, event))
      : showText(letter, place, event, desk.names).join('\n');
    process.stdout.write(`${text}\n`);
    return 0;
  });

const only = (found: readonly Letter[], id: string, seen: number): Letter => {
  const [letter, other] = found;
  if (letter === undefined)
    throw new UsageError(
      `No dead letter has the id ${id}; ${counted(seen, 'letter')} ${seen === 1 ? 'was' : 'were'} seen. "dlq list" prints ids. A letter that was received meanwhile is hidden for a time.`,
    );
  if (other !== undefined && letter.id !== id)
    throw new UsageError(`${found.length} dead letters have ids that begin with ${id}. Give more characters.`);
  return found.find((one) => one.id === id) ?? letter;
};

const members = (letter: Letter, { rule, paths }: FailingPlace, { lines, failing, absent }: MarkedEvent): unknown => ({
  id: letter.id,
  place: letter.place,
  reason: letter.reason,
  detail: letter.detail,
  remedy: remedyFor(letter.reason),
  rule: rule ?? null,
  paths,
  measurement: letter.measurement ?? null,
  sentAt: letter.sentAtMs,
  receives: letter.receiveCount,
  groupId: letter.groupId ?? null,
  origin: originOf(letter) ?? null,
  event: lines.join('\n'),
  failingLine: failing === undefined ? null : failing + 1,
  absent: absent ?? null,
});

const COLUMN = 16;

const showText = (letter: Letter, place: FailingPlace, event: MarkedEvent, names: SinkNames): string[] => {
  const width = widthOf(process.stdout);
  const line = (name: string, text: string | undefined): string[] =>
    text === undefined ? [] : [row(name, text, COLUMN, width)];
  const origin = originOf(letter);
  return [
    ...line('dead letter', `${letter.id}, in the ${letter.place === 'queue' ? 'queue' : 'state table'}`),
    ...line('reason', letter.reason),
    ...line('detail', letter.detail || undefined),
    ...line('remedy', remedyFor(letter.reason)),
    ...line('measurement', letter.measurement),
    ...line(
      'event',
      origin && `number ${origin.eventIndex + 1} of message ${origin.messageId}, sent ${isoText(origin.sentAtMs)}`,
    ),
    ...line('refused', isoText(letter.sentAtMs)),
    ...line('group', letter.groupId),
    ...line('partly stored', letter.partlyStored ? 'openGemini may have stored other fields of the line' : undefined),
    ...line('envelopes', event.envelopes.join(', ') || undefined),
    // Commands are not wrapped, so that they can be pasted.
    row('log', logText(letter, names), COLUMN, undefined),
    '',
    ...eventLines(event, place),
  ];
};

const isoText = (ms: number): string => new Date(ms).toISOString();

const MINUTE_MS = 60_000;

/** Returns the command that reads the log records of the time at which the event was refused. */
const logText = ({ sentAtMs }: Letter, { ingestFunction, dynamodbEndpoint }: SinkNames): string => {
  if (dynamodbEndpoint !== undefined) return `the output of "dev" at ${isoText(sentAtMs)}`;
  const group = `/aws/lambda/${ingestFunction ?? 'FUNCTION'}`;
  return `aws logs filter-log-events --log-group-name ${group} --start-time ${sentAtMs - MINUTE_MS} --end-time ${sentAtMs + MINUTE_MS} --filter-pattern refused`;
};

const eventLines = ({ lines, failing, absent }: MarkedEvent, { rule, found }: FailingPlace): string[] =>
  lines.flatMap((line, index) => {
    if (index !== failing) return [line];
    const text = absent === undefined ? `${rule}: ${found}` : `${rule}: no member "${absent}" here`;
    return [styled('red', `${line}   <- ${text}`, process.stdout)];
  });
