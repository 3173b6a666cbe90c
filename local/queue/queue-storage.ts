/**
 * Keeps the messages of the queue emulator in a file. The emulator has a store of its own, which refuses to make a
 * received message visible and is not exported. This one uses the same calls, and stores what a message is, but not who
 * has received it: after a restart every message is visible, with the number of its receives.
 */

import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { buildApp } from 'fauxqs';
import { EmulatorsMissing, remedyFor } from '../emulators.ts';

/** Stores of the emulator that `buildApp` accepts. */
type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>;
/** The emulator's queues. */
export type QueueStore = Stores['sqsStore'];
type Queue = ReturnType<QueueStore['createQueue']>;
type Message = Parameters<Queue['enqueue']>[0];

/** An open file of messages. */
export interface QueueStorage {
  /** Receives each change of the store from now on. Messages are restored when their queue is created. */
  attachTo(store: QueueStore): void;
  close(): void;
}

/**
 * Creates the emulator's store of queues. Its class is not exported, so it is loaded by its path.
 *
 * @param root - Folder of the emulator's package.
 * @throws {EmulatorsMissing} If this version of the emulator has the class in another place.
 */
export const createQueueStore = async (root = emulatorRoot()): Promise<QueueStore> => {
  try {
    const { SqsStore } = await import(pathToFileURL(join(root, 'dist/sqs/sqsStore.js')).href);
    return new SqsStore();
  } catch (cause) {
    const text = `The local system cannot use this version of fauxqs. ${remedyFor(['fauxqs'])}`;
    throw new EmulatorsMissing(text, { cause });
  }
};

const emulatorRoot = (): string => dirname(findPackageJSON('fauxqs', import.meta.url) ?? '');

/** Returns stores that contain the queues. The emulator creates the others, which its types require, itself. */
export const storesWith = (sqsStore: QueueStore): Stores => ({ sqsStore }) as Stores;

/** Write-ahead logging without waiting for the disk: the end of the process loses nothing, that of the machine may. */
const SCHEMA = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS queues (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS messages (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  queue TEXT NOT NULL,
  message TEXT NOT NULL,
  receives INTEGER NOT NULL,
  first_received_ms INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS messages_of_queue ON messages (queue, position);`;

/** Opens a file of messages, and creates it if it is missing. */
export const openQueueStorage = (file: string): QueueStorage => {
  const database = new DatabaseSync(file);
  database.exec(SCHEMA);
  const changes = changesOf(database);
  return {
    attachTo: (store) => {
      // The type is that of the emulator's own class, of which it calls only these methods for queues.
      store.persistence = changes as unknown as NonNullable<QueueStore['persistence']>;
    },
    close: () => database.close(),
  };
};

interface Row {
  readonly message: string;
  readonly receives: number;
  readonly first_received_ms: number | null;
}

const messageOf = ({ message, receives, first_received_ms: first }: Row): Message => ({
  ...(JSON.parse(message) as Message),
  approximateReceiveCount: receives,
  ...(first === null ? {} : { approximateFirstReceiveTimestamp: first }),
});

/** Returns the methods that the emulator calls for each change. Their names and parameters are those of the emulator. */
const changesOf = (database: DatabaseSync) => {
  const insert = database.prepare(
    'INSERT OR REPLACE INTO messages (id, queue, message, receives, first_received_ms) VALUES (?, ?, ?, ?, ?)',
  );
  const received = database.prepare('UPDATE messages SET receives = ?, first_received_ms = ? WHERE id = ?');
  const remove = database.prepare('DELETE FROM messages WHERE id = ?');
  const removeAll = database.prepare('DELETE FROM messages WHERE queue = ?');
  const messages = database.prepare('SELECT * FROM messages WHERE queue = ? ORDER BY position');
  const sequence = database.prepare('SELECT sequence FROM queues WHERE name = ?');
  const setSequence = database.prepare('INSERT OR REPLACE INTO queues (name, sequence) VALUES (?, ?)');
  return {
    /** Restores the messages that the queue had. Its attributes are those of its creation. */
    insertQueue: (queue: Queue): void => {
      queue.sequenceCounter = Number(sequence.get(queue.name)?.sequence ?? 0);
      const rows = messages.all(queue.name) as unknown as Row[];
      database.exec('BEGIN');
      for (const row of rows) queue.enqueue(messageOf(row));
      database.exec('COMMIT');
    },
    updateQueueAttributes: (): void => {},
    updateQueueSequenceCounter: (name: string, counter: number): void => void setSequence.run(name, counter),
    deleteQueue: (name: string): void => void removeAll.run(name),
    deleteQueueMessages: (name: string): void => void removeAll.run(name),
    insertMessage: (name: string, message: Message): void => {
      const { messageId, approximateReceiveCount, approximateFirstReceiveTimestamp: first = null } = message;
      insert.run(messageId, name, JSON.stringify(message), approximateReceiveCount, first);
    },
    deleteMessage: (id: string): void => void remove.run(id),
    updateMessageInflight: (id: string, _handle: string, _deadlineMs: number, receives: number, first?: number): void =>
      void received.run(receives, first ?? null, id),
    updateMessageReady: (): void => {},
  };
};
