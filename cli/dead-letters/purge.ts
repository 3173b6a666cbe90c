/** `dlq purge`: deletes dead letters, after writing them to an archive. */

import { createInterface } from 'node:readline/promises';
import type { KeptLetter } from '../../src/adapters/dynamodb/large-letters.ts';
import { counted } from '../counted.ts';
import type { SinkNameOptions } from '../sink-names.ts';
import { UsageError } from '../usage-error.ts';
import { type Archive, archiveName, createArchive } from './archive.ts';
import { type Desk, type TableLetters, visitAll, withDesk } from './desk.ts';
import { type Letter, letterFilter } from './letter.ts';
import { remarks } from './list.ts';
import { createProgress } from './progress.ts';
import { type Purged, purgeQueue } from './purge-queue.ts';
import type { Visited } from './visit-letters.ts';

/** Options of one call. */
export interface PurgeOptions extends SinkNameOptions {
  readonly reason?: string;
  /** First characters of the id of one letter. */
  readonly id?: string;
  readonly limit: number;
  readonly yes?: boolean;
  /** File of the archive; `false` for none. */
  readonly archive?: string | false;
  readonly json?: boolean;
}

/** Runs the command. Returns the exit code: 0, or 1 if the user did not confirm. */
export const purge = (options: PurgeOptions): Promise<number> =>
  withDesk(options, async (desk, signal) => {
    const { ids, visited } = await idsToDelete(desk, options, signal);
    if (signal.aborted) return 0;
    // Letters that cannot be seen are not deleted, which must not look like success.
    const unseen = remarks(visited, desk);
    const remark = unseen.map((text) => `\n${text}`).join('');
    const { hidden } = visited;
    if (ids.size === 0)
      return print(
        options,
        { deleted: 0, archive: null, hidden, unseen: visited.unseen },
        `No dead letter was found.${remark}`,
      );
    if (!options.yes && !(await isConfirmed(ids.size, desk.queue.url, signal)))
      return print(options, { deleted: 0, archive: null, hidden, unseen: visited.unseen }, 'Nothing was deleted.', 1);
    const file = options.archive === false ? undefined : (options.archive ?? archiveName(new Date()));
    const archive = createArchive(file);
    try {
      const deleted = await deleteAll(desk, ids, archive, signal);
      const where = file === undefined ? '' : ` The archive is ${file}.`;
      const members = { deleted, archive: file ?? null, hidden, unseen: visited.unseen };
      return print(options, members, `${counted(deleted, 'dead letter')} deleted.${where}${remark}`);
    } finally {
      archive.close();
    }
  });

const print = (options: PurgeOptions, members: unknown, text: string, code = 0): number => {
  process.stdout.write(`${options.json ? JSON.stringify(members) : text}\n`);
  return code;
};

/** Returns the ids of the letters that match. Only they are deleted, even if others arrive meanwhile. */
const idsToDelete = async (
  desk: Desk,
  { reason, id, limit }: PurgeOptions,
  signal: AbortSignal,
): Promise<{ ids: Set<string>; visited: Visited }> => {
  const ids = new Set<string>();
  const isWanted = letterFilter({ reason, id });
  const note = (letter: Letter): void => {
    if (isWanted(letter)) ids.add(letter.id);
  };
  const visited = await visitAll(desk, note, { max: limit, signal });
  return { ids, visited };
};

const isConfirmed = async (count: number, url: string, signal: AbortSignal): Promise<boolean> => {
  if (!process.stdin.isTTY)
    throw new UsageError(
      `${counted(count, 'dead letter')} would be deleted. Standard input is no terminal, so confirm with --yes.`,
    );
  const questions = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const text = `Type ${count} to delete ${counted(count, 'dead letter')} of ${url}: `;
    return (await questions.question(text, { signal })).trim() === String(count);
  } catch (error) {
    // Ctrl-C, or the end of the input.
    if ((error as Error).name === 'AbortError') return false;
    throw error;
  } finally {
    questions.close();
  }
};

const deleteAll = async (
  desk: Desk,
  ids: ReadonlySet<string>,
  archive: Archive,
  signal: AbortSignal,
): Promise<number> => {
  const progress = createProgress('letters');
  const purged: Purged = { deleted: 0 };
  const onDeleted = (): void => progress.show(purged.deleted, ids.size);
  try {
    await purgeQueue(desk.queue, ids, { archive, signal, purged, onDeleted });
    for (const kept of await keptOf(desk.table, ids, signal)) {
      if (signal.aborted) break;
      const table = desk.table as TableLetters;
      archive.add([await table.read(kept, signal)]);
      await table.delete(kept, signal);
      purged.deleted += 1;
      onDeleted();
    }
  } finally {
    progress.end();
  }
  return purged.deleted;
};

const keptOf = async (
  table: TableLetters | undefined,
  ids: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<readonly KeptLetter[]> =>
  table === undefined || signal.aborted ? [] : (await table.list(signal)).filter(({ id }) => ids.has(id));
