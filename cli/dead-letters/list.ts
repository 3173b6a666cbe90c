/** `dlq list`: groups the dead letters by what is wrong with them, or lists each of them. */

import { counted } from '../counted.ts';
import { PROGRAM } from '../program-name.ts';
import type { SinkNameOptions } from '../sink-names.ts';
import { styled, widthOf, wrapped } from '../terminal.ts';
import { type Desk, visitAll, withDesk } from './desk.ts';
import { failingPlace } from './failing-place.ts';
import type { Letter } from './letter.ts';
import { type LetterGroup, LetterGroups } from './letter-groups.ts';
import type { Visited } from './visit-letters.ts';

/** Options of one call. */
export interface ListOptions extends SinkNameOptions {
  readonly limit: number;
  /** Whether to list each letter instead of the groups. */
  readonly each?: boolean;
  readonly json?: boolean;
}

/** What `--each` shows of a letter. */
type ListedLetter = Pick<Letter, 'id' | 'place' | 'reason' | 'detail' | 'measurement' | 'sentAtMs'>;

/** Runs the command. Returns the exit code. */
export const list = (options: ListOptions): Promise<number> =>
  withDesk(options, async (desk, signal) => {
    const collected = new LetterGroups();
    const each: ListedLetter[] = [];
    const add = (letter: Letter): void => {
      if (options.each !== true) collected.add(letter);
      else each.push(listed(letter));
    };
    const visited = await visitAll(desk, add, { max: options.limit, signal });
    const groups = collected.groups();
    each.sort((a, b) => a.sentAtMs - b.sentAtMs);
    const found = options.each === true ? { each } : { groups };
    const entries = options.each === true ? each.map(letterText) : groups.map(groupText);
    const text = options.json
      ? JSON.stringify({ queue: desk.queue.url, ...visited, ...found })
      : listText(desk, visited, entries).join('\n');
    process.stdout.write(`${text}\n`);
    return 0;
  });

/** Returns the part of a letter that is listed, so that bodies of 100,000 letters need no memory. */
const listed = ({ id, place, reason, detail, measurement, sentAtMs }: Letter): ListedLetter => ({
  id,
  place,
  reason,
  detail,
  measurement,
  sentAtMs,
});

const INDENT = 8;

/** @param entries - Lines of each group or letter. */
const listText = (desk: Desk, visited: Visited, entries: readonly (readonly string[])[]): string[] => {
  const width = widthOf(process.stdout);
  const { letters } = visited;
  return [
    styled('bold', `${counted(letters, 'dead letter')} of ${desk.names.sink}, in ${desk.queue.url}`, process.stdout),
    ...entries.flatMap((lines) => lines.map((line) => wrapped(line, width, INDENT))),
    ...remarks(visited, desk).map((text) => wrapped(text, width)),
    ...(letters === 0
      ? []
      : [
          `Show one with "${PROGRAM} dlq show ID", and try a repaired mapping with "${PROGRAM} dlq try --mapping FILE".`,
        ]),
  ];
};

const groupText = (group: LetterGroup): string[] => {
  const { count, inTable, reason, example } = group;
  const place = placeText(group);
  const table = inTable === 0 ? '' : `; ${inTable} in the state table, because they are too large for a queue`;
  const { found } = failingPlace(example.detail);
  const indent = ' '.repeat(INDENT);
  return [
    `${String(count).padStart(INDENT - 2)}  ${styled('bold', reason, process.stdout)}${place === '' ? '' : `: ${place}`}`,
    `${indent}for example ${example.id}${found === '' ? '' : `: ${found}`}`,
    `${indent}${periodText(group)}${table}`,
  ];
};

const letterText = ({ id, place, reason, detail, sentAtMs }: ListedLetter): string[] => [
  `${id}  ${styled('bold', reason, process.stdout)}, ${timeText(sentAtMs)}${place === 'table' ? ', in the state table' : ''}`,
  `${' '.repeat(INDENT)}${detail === '' ? 'no detail' : detail}`,
];

const placeText = ({ rule, path, measurement }: LetterGroup): string => {
  const place = rule !== undefined && path !== undefined ? `${rule} (${path})` : (rule ?? '');
  if (measurement === undefined) return place;
  return place === '' ? `measurement ${measurement}` : `${place} of measurement ${measurement}`;
};

const periodText = ({ firstMs, lastMs }: LetterGroup): string =>
  timeText(firstMs) === timeText(lastMs) ? timeText(firstMs) : `${timeText(firstMs)} to ${timeText(lastMs)}`;

/** Returns a time to the second. */
const timeText = (ms: number): string => (ms === 0 ? 'an unknown time' : `${new Date(ms).toISOString().slice(0, 19)}Z`);

/** Returns sentences about letters that were not seen. */
export const remarks = ({ hidden, unseen }: Visited, { queue }: Pick<Desk, 'queue'>): string[] => [
  ...(hidden === 0
    ? []
    : [
        `${counted(hidden, 'more letter')} may be in the queue: another process has received them, and they are hidden.`,
      ]),
  ...(unseen === 0
    ? []
    : [
        queue.isFifo
          ? `About ${counted(unseen, 'more letter')} were not seen: SQS returns only the first messages of each group of a FIFO queue.`
          : `About ${counted(unseen, 'more letter')} were not seen. Use a larger --limit.`,
      ]),
];
