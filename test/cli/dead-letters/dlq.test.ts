/** Tests of `cli/dead-letters/`: the commands of `dlq` on queues and a table of this machine. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emulatorAccess } from '../../../local/loopback.ts';
import { type QueueService, type Queues, startQueueService } from '../../../local/queue/queue.ts';
import { startTableService, type ThrottledTableService } from '../../../local/table.ts';
import { systemClock } from '../../../src/adapters/clock.ts';
import { keepDeadLetter, listKeptLetters } from '../../../src/adapters/dynamodb/large-letters.ts';
import type { TableAccess } from '../../../src/adapters/dynamodb/table-access.ts';
import { tableAccess } from '../../../src/adapters/dynamodb.ts';
import { buildMessage } from '../../../src/testing/messages.ts';
import { folderWith } from '../folder.ts';
import { MAIN, run } from '../running.ts';
import {
  AT_MS,
  bodyOf,
  CORRECTED,
  consume,
  contents,
  deadLettersOf,
  depths,
  MAPPING,
  newQueues,
  sendAll,
} from './letters.ts';

const TABLE = 'state';

let service: QueueService;
let tables: ThrottledTableService;
let client: SQSClient;
let dynamodb: DynamoDBClient;
let table: TableAccess;

beforeAll(async () => {
  service = await startQueueService();
  tables = await startTableService();
  await tables.createStateTable(TABLE);
  client = new SQSClient(emulatorAccess(service.endpoint));
  dynamodb = new DynamoDBClient(emulatorAccess(tables.endpoint));
  table = tableAccess(dynamodb, TABLE, systemClock);
});

afterAll(async () => {
  client.destroy();
  dynamodb.destroy();
  await service.close();
  await tables.close();
});

/** Queues with three letters for a wrong type, and one for a missing tag. */
const withLetters = async (fifo = false): Promise<Queues> => {
  const queues = await newQueues(service, fifo);
  const letters = [
    ...deadLettersOf(buildMessage(bodyOf('hall', '1.5', 2, 'hot', '3'), { id: 'first', groupId: 'a' })),
    ...deadLettersOf(buildMessage(bodyOf(undefined, 4), { id: 'second', groupId: 'b' })),
  ];
  expect(letters.map(({ attributes }) => attributes.reason)).toEqual([
    'field-type',
    'field-type',
    'field-type',
    'tag-missing',
  ]);
  await sendAll(client, queues.deadLetterQueueUrl, letters);
  return queues;
};

const dlq = (command: string, { deadLetterQueueUrl }: Queues, ...args: readonly string[]) =>
  run(['dlq', command, ...args, '--dead-letter-queue-url', deadLetterQueueUrl]);

describe('list', () => {
  test('groups letters by reason, measurement, rule, and path', async () => {
    const queues = await withLetters();
    const { code, out, err } = await dlq('list', queues, '--json');
    expect([code, err]).toEqual([0, '']);
    const { letters, hidden, groups } = JSON.parse(out);
    expect({ letters, hidden }).toEqual({ letters: 4, hidden: 0 });
    expect(groups).toMatchObject([
      { reason: 'field-type', measurement: 'room', rule: 'field "temp"', path: 'temp', count: 3 },
      { reason: 'tag-missing', measurement: 'room', rule: 'tag "room"', path: '$root.room', count: 1 },
    ]);
    expect(groups[0].firstMs).toBeLessThanOrEqual(groups[0].lastMs);
    expect(groups[0].lastMs).toBeGreaterThan(Date.now() - 600_000);
  });

  test('lists each letter with its id and detail', async () => {
    const queues = await withLetters();
    const { code, out } = await dlq('list', queues, '--each', '--json');
    const { letters, groups, each } = JSON.parse(out);
    expect([code, letters, groups]).toEqual([0, 4, undefined]);
    const room = { place: 'queue', reason: 'field-type', measurement: 'room' };
    expect(each).toHaveLength(4);
    expect(each).toContainEqual({
      ...room,
      id: expect.any(String),
      detail: expect.stringContaining('temp'),
      sentAtMs: expect.any(Number),
    });
    expect(new Set(each.map(({ id }: { id: string }) => id)).size).toBe(4);
    const { out: readable } = await dlq('list', queues, '--each');
    for (const { id, detail } of each) {
      expect(readable).toContain(id);
      expect(readable.replaceAll(/\s+/g, ' ')).toContain(detail.replaceAll(/\s+/g, ' '));
    }
  });

  test('states that letters behind the first ones of a FIFO group cannot be seen', async () => {
    const queues = await withLetters(true);
    const { out } = await dlq('list', queues, '--json');
    const { letters, unseen } = JSON.parse(out);
    expect([letters, unseen]).toEqual([2, 2]);
    const { out: readable } = await dlq('list', queues);
    expect(readable).toContain('SQS returns only the first messages of each group of a FIFO queue');
    expect(await depths(client, queues.deadLetterQueueUrl)).toEqual({ visible: 4, hidden: 0 });
  });

  test('gives all letters back', async () => {
    const queues = await withLetters();
    for (let look = 0; look < 3; look++) expect(JSON.parse((await dlq('list', queues, '--json')).out).letters).toBe(4);
    expect(await depths(client, queues.deadLetterQueueUrl)).toEqual({ visible: 4, hidden: 0 });
  });

  test.each([false, true])('gives all letters back after Ctrl-C (with a state table: %s)', async (withTable) => {
    const queues = await newQueues(service);
    const letters = Array.from({ length: 400 }, (_, index) =>
      deadLettersOf(buildMessage(bodyOf('hall', 'hot'), { id: `message ${index}` })),
    ).flat();
    await sendAll(client, queues.deadLetterQueueUrl, letters);
    const args = [MAIN, 'dlq', 'list', '--dead-letter-queue-url', queues.deadLetterQueueUrl];
    if (withTable) args.push('--table', TABLE, '--endpoint', tables.endpoint);
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const errors = text(child.stderr);
    // Interrupts the command as soon as it has hidden something.
    while ((await depths(client, queues.deadLetterQueueUrl)).hidden === 0 && child.exitCode === null);
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    expect([code, await errors]).toEqual([130, '']);
    expect(await depths(client, queues.deadLetterQueueUrl)).toEqual({ visible: 400, hidden: 0 });
  });

  test('looks at no more letters than --limit', async () => {
    const queues = await withLetters();
    const { out } = await dlq('list', queues, '--limit', '2', '--json');
    expect(JSON.parse(out)).toMatchObject({ letters: 2, unseen: 2 });
    expect((await dlq('list', queues, '--limit', '2')).out).toContain(
      'About 2 more letters were not seen. Use a larger --limit.',
    );
  });

  test('does not receive from a queue that would move its messages away', async () => {
    const { deadLetterQueueArn } = await newQueues(service);
    const { queueUrl } = await service.createQueues({
      name: 'moving',
      visibilityTimeoutSeconds: 60,
      maxReceiveCount: 3,
      retentionSeconds: 3_600,
    });
    expect(deadLetterQueueArn).toContain('dead-letters');
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'x' }));
    for (let look = 0; look < 4; look++) {
      const { code, err } = await run(['dlq', 'list', '--dead-letter-queue-url', queueUrl]);
      expect([code, err]).toEqual([2, expect.stringContaining('after 3 receives')]);
    }
    const [message] = await contents(client, queueUrl);
    expect(message?.Attributes?.ApproximateReceiveCount).toBe('1');
  });

  test('counts messages that SQS itself moved', async () => {
    const queues = await newQueues(service);
    await client.send(new SendMessageCommand({ QueueUrl: queues.deadLetterQueueUrl, MessageBody: '{"a":1}' }));
    const { out } = await dlq('list', queues, '--json');
    expect(JSON.parse(out).groups).toMatchObject([{ reason: 'moved-by-sqs', count: 1 }]);
  });
});

const idOf = async (queues: Queues, reason: string): Promise<string> => {
  const { groups } = JSON.parse((await dlq('list', queues, '--json')).out);
  return groups.find((group: { reason: string }) => group.reason === reason).example.id;
};

describe('show', () => {
  test('marks the value that failed', async () => {
    const queues = await withLetters();
    const id = await idOf(queues, 'tag-missing');
    const { code, out } = await dlq('show', queues, id.slice(0, 8), '--json');
    const letter = JSON.parse(out);
    expect([code, letter.id, letter.reason]).toEqual([0, id, 'tag-missing']);
    expect(letter).toMatchObject({ absent: 'room', failingLine: 1, measurement: 'room', rule: 'tag "room"' });
    expect(letter.remedy).toContain('default');
    expect(letter.origin).toMatchObject({ messageId: 'second', eventIndex: 0 });
    const wrong = await idOf(queues, 'field-type');
    const { out: readable } = await dlq('show', queues, wrong);
    expect(readable).toMatch(/"temp": "[^"]+" {3}<- field "temp": expected a number, found string\n/);
    expect(await depths(client, queues.deadLetterQueueUrl)).toEqual({ visible: 4, hidden: 0 });
  });

  test('names an id that no letter has, and one that several have', async () => {
    const queues = await withLetters();
    const unknown = await dlq('show', queues, 'nothing');
    expect([unknown.code, unknown.err]).toEqual([
      2,
      expect.stringContaining('No dead letter has the id nothing; 4 letters were seen.'),
    ]);
    const several = await dlq('show', queues, '');
    expect(several.code).toBe(2);
  });
});

describe('try', () => {
  test('shows what another mapping would do, and sends nothing', async () => {
    const queues = await withLetters();
    const before = await dlq('try', queues, '--json', '--mapping', JSON.stringify(MAPPING));
    expect([before.code, JSON.parse(before.out)]).toMatchObject([1, { written: 0, refused: 4 }]);
    const after = await dlq('try', queues, '--json', '--mapping', JSON.stringify(CORRECTED));
    expect(after.code).toBe(1);
    const { written, refused, changes } = JSON.parse(after.out);
    expect({ written, refused }).toEqual({ written: 2, refused: 2 });
    expect(changes).toMatchObject([
      { from: 'field-type', to: 'written', count: 2 },
      { from: 'field-type', to: 'field-type', count: 1, example: { detail: expect.stringContaining('temp') } },
      { from: 'tag-missing', to: 'tag-missing', count: 1 },
    ]);
    expect(await depths(client, queues.deadLetterQueueUrl)).toEqual({ visible: 4, hidden: 0 });
    expect(await depths(client, queues.queueUrl)).toEqual({ visible: 0, hidden: 0 });
  });

  test('reports faults of the mapping with exit code 2', async () => {
    const queues = await newQueues(service);
    const { code, err } = await dlq('try', queues, '--mapping', '{"version":1,"measurment":"m"}');
    expect([code, err]).toEqual([2, expect.stringContaining('measurment')]);
  });
});

describe('redrive', () => {
  const redrive = (queues: Queues, ...args: readonly string[]) =>
    dlq('redrive', queues, '--to', queues.queueUrl, '--wait', '0', '--json', ...args);

  test.each([false, true])('sends letters with their attributes, and deletes them (FIFO: %s)', async (fifo) => {
    const queues = await withLetters(fifo);
    const before = await consume(client, queues.deadLetterQueueUrl);
    const again = await withLetters(fifo);
    const { code, out } = await redrive(again);
    expect([code, JSON.parse(out)]).toMatchObject([0, { sent: 4, undeleted: 0, skipped: 0, returned: 0 }]);
    expect(await depths(client, again.deadLetterQueueUrl)).toEqual({ visible: 0, hidden: 0 });
    const sent = await consume(client, again.queueUrl);
    const parts = (messages: typeof sent) =>
      messages
        .map(({ Body, MessageAttributes, Attributes }) => ({
          Body,
          MessageAttributes,
          group: Attributes?.MessageGroupId,
        }))
        .sort((a, b) => String(a.Body).localeCompare(String(b.Body)));
    expect(parts(sent)).toEqual(parts(before));
    if (fifo) expect(new Set(sent.map(({ Attributes }) => Attributes?.MessageGroupId))).toEqual(new Set(['a', 'b']));
  });

  test('keeps the order of a FIFO group', async () => {
    const queues = await newQueues(service, true);
    const values = Array.from({ length: 25 }, (_, index) => `x${String(index).padStart(2, '0')}`);
    await sendAll(
      client,
      queues.deadLetterQueueUrl,
      deadLettersOf(buildMessage(bodyOf('hall', ...values), { id: 'first', groupId: 'a' })),
    );
    await redrive(queues);
    const found: string[] = [];
    for (const { Body = '' } of await consume(client, queues.queueUrl)) found.push(JSON.parse(Body).readings[0].temp);
    expect(found).toEqual(values);
  });

  test('sends only letters with the reason, and gives the others back', async () => {
    const queues = await withLetters();
    const { out } = await redrive(queues, '--reason', 'tag-missing');
    expect(JSON.parse(out)).toMatchObject({ sent: 1, skipped: 3 });
    expect(await depths(client, queues.deadLetterQueueUrl)).toEqual({ visible: 3, hidden: 0 });
  });

  test('loses nothing if the target does not accept the letters', async () => {
    const queues = await withLetters();
    const { code, err } = await dlq('redrive', queues, '--to', `${queues.queueUrl}-missing`, '--wait', '0');
    expect([code, err]).toEqual([
      2,
      expect.stringContaining(`The queue ${queues.queueUrl}-missing does not accept the letters: `),
    ]);
    expect(await depths(client, queues.deadLetterQueueUrl)).toEqual({ visible: 4, hidden: 0 });
  });

  test('does not send letters in circles that come back refused', async () => {
    const queues = await withLetters();
    // Returns each letter at once, as a sink whose mapping is still wrong.
    const args = ['dlq', 'redrive', '--dead-letter-queue-url', queues.deadLetterQueueUrl];
    const command = run([...args, '--to', queues.queueUrl, '--wait', '30', '--rate', '2', '--json']);
    const refusals = (async () => {
      const returned = new Set<string>();
      while (returned.size < 4)
        for (const message of await contents(client, queues.queueUrl)) {
          if (returned.has(message.MessageId ?? '')) continue;
          returned.add(message.MessageId ?? '');
          await client.send(
            new SendMessageCommand({
              QueueUrl: queues.deadLetterQueueUrl,
              MessageBody: message.Body,
              MessageAttributes: message.MessageAttributes,
            }),
          );
        }
    })();
    const { code, out } = await command;
    await refusals;
    const result = JSON.parse(out);
    expect([code, result.sent]).toEqual([1, 4]);
    expect(result.returned).toBeGreaterThan(0);
    expect(result.groups[0].reason).toBe('field-type');
  });

  test('says that it was interrupted, and exits with 130', async () => {
    const queues = await withLetters();
    const args = ['dlq', 'redrive', '--dead-letter-queue-url', queues.deadLetterQueueUrl, '--to', queues.queueUrl];
    const child = spawn(process.execPath, [MAIN, ...args, '--rate', '0.1', '--connections', '1'], {
      env: { PATH: process.env.PATH },
    });
    const out = text(child.stdout);
    while ((await depths(client, queues.queueUrl)).visible === 0 && child.exitCode === null);
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    expect([code, await out]).toEqual([130, expect.stringContaining('The redrive was interrupted.')]);
    expect(await out).toContain('About 3 more letters in the dead-letter queue');
    expect(await depths(client, queues.deadLetterQueueUrl)).toEqual({ visible: 3, hidden: 0 });
  });

  test('counts letters that another process has received, and names an id that no letter has', async () => {
    const queues = await withLetters();
    await contents(client, queues.deadLetterQueueUrl);
    const hidden = JSON.parse((await redrive(queues)).out);
    expect([hidden.sent, hidden.others]).toEqual([0, 4]);
    const none = await redrive(await withLetters(), '--id', 'zzz');
    expect([none.code, none.err]).toEqual([
      2,
      expect.stringContaining('No dead letter has an id that begins with zzz'),
    ]);
  });

  test('counts the letters of a FIFO queue that came back behind others', async () => {
    const queues = await withLetters(true);
    const again = await withLetters(true);
    await contents(client, again.deadLetterQueueUrl);
    // The letters behind the first of each group cannot be seen, as those that have come back.
    expect(JSON.parse((await redrive(again)).out).others).toBe(4);
    expect(JSON.parse((await redrive(queues)).out)).toMatchObject({ sent: 4, others: 0 });
  });

  test('keeps to the rate', async () => {
    const queues = await withLetters();
    const started = performance.now();
    const { out } = await redrive(queues, '--rate', '4');
    expect(JSON.parse(out).sent).toBe(4);
    // Four letters have three pauses of 250 ms. A slow machine takes longer.
    expect(performance.now() - started).toBeGreaterThan(750);
  });

  test.each([false, true])('moves all letters with the task of SQS (FIFO: %s)', async (fifo) => {
    const queues = await withLetters(fifo);
    const { code, out } = await dlq('redrive', queues, '--to', queues.queueUrl, '--move', '--json');
    expect([code, JSON.parse(out)]).toEqual([0, { status: 'COMPLETED', moved: 4, failure: null }]);
    expect(await depths(client, queues.deadLetterQueueUrl)).toEqual({ visible: 0, hidden: 0 });
    const found = await consume(client, queues.queueUrl);
    expect(found.every(({ MessageAttributes }) => MessageAttributes?.origin?.StringValue !== undefined)).toBe(true);
  });

  test.each([
    [['--reason', 'field-type'], '--move is not possible with --reason: SQS moves all messages of the queue.'],
    [['--rate', '0.5'], '--move needs a --rate that is a whole number from 1 to 500, got 0.5. Without --move'],
    [['--rate', '501'], '--move needs a --rate that is a whole number from 1 to 500, got 501.'],
  ])('does not move letters with %j', async (args, message) => {
    const queues = await withLetters();
    const { code, err } = await dlq('redrive', queues, '--to', queues.queueUrl, '--move', ...args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(await depths(client, queues.deadLetterQueueUrl)).toEqual({ visible: 4, hidden: 0 });
  });

  test('says why SQS does not move the messages of a queue', async () => {
    const { queueUrl, deadLetterQueueUrl } = await newQueues(service);
    const args = ['dlq', 'redrive', '--dead-letter-queue-url', queueUrl, '--to', deadLetterQueueUrl, '--move'];
    const { code, err } = await run(args);
    expect([code, err]).toEqual([
      2,
      '--move is not possible: Source queue must be configured as a Dead Letter Queue.\nWithout --move this command sends the letters itself.\n',
    ]);
  });

  test('waits for no turns of connections that the rate does not need', async () => {
    const queues = await withLetters();
    const started = performance.now();
    const { out } = await redrive(queues, '--rate', '1', '--connections', '64', '--reason', 'field-type');
    expect(JSON.parse(out)).toMatchObject({ sent: 3, skipped: 1, others: 0 });
    // The turns of 64 connections would take 64 s.
    expect(performance.now() - started).toBeLessThan(40_000);
  });

  test('refuses the dead-letter queue itself as the target', async () => {
    const queues = await withLetters();
    const { code, err } = await dlq('redrive', queues, '--to', queues.deadLetterQueueUrl);
    expect([code, err]).toEqual([2, expect.stringContaining('The target is the dead-letter queue itself')]);
  });
});

describe('letters of the state table', () => {
  const keep = async (sink: string): Promise<void> => {
    const deadline = systemClock.deadlineIn(60_000);
    const message = buildMessage(bodyOf('hall', '7'), { id: 'large' });
    for (const letter of deadLettersOf(message)) await keepDeadLetter(table, sink, letter, deadline);
    deadline.release();
  };

  const options = (sink: string) => ['--table', TABLE, '--endpoint', tables.endpoint, '--sink', sink];
  const kept = async (sink: string) => (await listKeptLetters(table, sink, AbortSignal.timeout(60_000))).length;

  test('are listed, shown, and tried like others', async () => {
    const queues = await newQueues(service);
    await keep('s1');
    const { out } = await dlq('list', queues, '--json', ...options('s1'));
    const { letters, groups } = JSON.parse(out);
    expect([letters, groups]).toMatchObject([1, [{ reason: 'field-type', inTable: 1 }]]);
    const shown = await dlq('show', queues, groups[0].example.id, ...options('s1'));
    expect(shown.out).toMatch(/in the state table[\s\S]*"temp": "7" {3}<- field "temp"/);
    const tried = await dlq('try', queues, '--mapping', JSON.stringify(CORRECTED), '--json', ...options('s1'));
    expect(JSON.parse(tried.out)).toMatchObject({ written: 1 });
  });

  test('are sent as points if a mapping converts them', async () => {
    const queues = await newQueues(service);
    await keep('s2');
    const args = ['--to', queues.queueUrl, '--wait', '0', '--json', ...options('s2')];
    const without = await dlq('redrive', queues, ...args);
    expect(JSON.parse(without.out)).toMatchObject({ sent: 0, table: { unconverted: 1 } });
    const wrong = await dlq('redrive', queues, '--mapping', JSON.stringify(MAPPING), ...args);
    expect([wrong.code, JSON.parse(wrong.out)]).toMatchObject([1, { sent: 0, table: { refused: 1 } }]);
    expect(await kept('s2')).toBe(1);
    const { code, out } = await dlq('redrive', queues, '--mapping', JSON.stringify(CORRECTED), ...args);
    expect([code, JSON.parse(out)]).toMatchObject([0, { sent: 1, table: { sent: 1 } }]);
    expect(await kept('s2')).toBe(0);
    const [message] = await contents(client, queues.queueUrl);
    expect(JSON.parse(message?.Body ?? '')).toMatchObject({ measurement: 'room', tags: { room: 'hall' } });
    const origin = JSON.parse(message?.MessageAttributes?.origin?.StringValue ?? '{}');
    expect(origin).toMatchObject({ messageId: 'large', eventIndex: 0, form: 'canonical' });
    expect(message?.Body).toContain(String(AT_MS));
  });

  test('are purged with the others, after they are in the archive', async () => {
    const queues = await withLetters();
    await keep('s3');
    const folder = folderWith({});
    const archive = join(folder, 'a.ndjson');
    const { out } = await dlq('purge', queues, '--yes', '--archive', archive, '--json', ...options('s3'));
    expect(JSON.parse(out)).toEqual({ deleted: 5, archive, hidden: 0, unseen: 0 });
    const lines = readFileSync(archive, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ place }) => place).sort()).toEqual(['queue', 'queue', 'queue', 'queue', 'table']);
    expect(lines.every(({ body, attributes }) => body !== '' && attributes.origin.value !== '')).toBe(true);
    expect(await kept('s3')).toBe(0);
    expect(await depths(client, queues.deadLetterQueueUrl)).toEqual({ visible: 0, hidden: 0 });
  });
});

describe('purge', () => {
  test('deletes only letters with the reason', async () => {
    const queues = await withLetters();
    const { code, out } = await dlq('purge', queues, '--yes', '--no-archive', '--reason', 'field-type');
    expect([code, out]).toEqual([0, '3 dead letters deleted.\n']);
    expect(await depths(client, queues.deadLetterQueueUrl)).toEqual({ visible: 1, hidden: 0 });
  });

  test('deletes nothing without a confirmation, or if the archive cannot be written', async () => {
    const queues = await withLetters();
    const unconfirmed = await dlq('purge', queues);
    expect([unconfirmed.code, unconfirmed.err]).toEqual([
      2,
      '4 dead letters would be deleted. Standard input is no terminal, so confirm with --yes.\n',
    ]);
    const folder = folderWith({ 'a.ndjson': 'precious' });
    const { code, err } = await dlq('purge', queues, '--yes', '--archive', join(folder, 'a.ndjson'));
    expect([code, err]).toEqual([2, expect.stringContaining('so nothing was deleted')]);
    expect(readFileSync(join(folder, 'a.ndjson'), 'utf8')).toBe('precious');
    expect(await depths(client, queues.deadLetterQueueUrl)).toEqual({ visible: 4, hidden: 0 });
  });

  test.each([false, true])('writes an archive that redrive sends with all attributes (FIFO: %s)', async (fifo) => {
    const before = await consume(client, (await withLetters(fifo)).deadLetterQueueUrl);
    const queues = await withLetters(fifo);
    const folder = folderWith({});
    for (let call = 0; (await depths(client, queues.deadLetterQueueUrl)).visible > 0; call++)
      await dlq('purge', queues, '--yes', '--archive', join(folder, `${call}.ndjson`));
    const files = readdirSync(folder).sort();
    expect(files.length).toBe(fifo ? 3 : 1);
    for (const file of files) {
      const { code, out } = await dlq('redrive', queues, '--to', queues.queueUrl, '--archive', join(folder, file));
      expect([code, out]).toEqual([0, expect.stringContaining('The archive stays as it is.')]);
    }
    const parts = (messages: typeof before) =>
      messages
        .map(({ Body, MessageAttributes, Attributes }) => [Body, MessageAttributes, Attributes?.MessageGroupId])
        .sort(([a], [b]) => String(a).localeCompare(String(b)));
    expect(parts(await consume(client, queues.queueUrl))).toEqual(parts(before));
  });

  test('names the line of a file that is no archive, and sends nothing', async () => {
    const queues = await withLetters();
    const good = '{"id":"a","place":"queue","attributes":{},"body":"x"}';
    for (const bad of ['{', 'null', '{"id":"a","body":"x"}', '{"id":"a","body":"x","attributes":{"reason":"r"}}']) {
      const file = join(folderWith({ 'a.ndjson': `${good}\n\n${bad}\n` }), 'a.ndjson');
      const { code, err } = await dlq('redrive', queues, '--to', queues.queueUrl, '--archive', file);
      expect([code, err]).toEqual([2, expect.stringContaining(`${file}, line 3: expected a dead letter`)]);
    }
    const missing = await dlq('redrive', queues, '--to', queues.queueUrl, '--archive', 'nowhere.ndjson');
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('The archive cannot be read: ENOENT')]);
    expect(await depths(client, queues.queueUrl)).toEqual({ visible: 0, hidden: 0 });
  });

  test('deletes nothing if --archive and --no-archive contradict each other', async () => {
    const queues = await withLetters();
    for (const args of [
      ['--archive', 'a.ndjson', '--no-archive'],
      ['--no-archive', '--archive', 'a.ndjson'],
    ]) {
      const { code, err } = await dlq('purge', queues, '--yes', ...args);
      expect([code, err]).toEqual([2, expect.stringContaining('--archive and --no-archive exclude each other')]);
    }
    expect(await depths(client, queues.deadLetterQueueUrl)).toEqual({ visible: 4, hidden: 0 });
  });

  test('deletes one letter by its id, and states what it cannot see', async () => {
    const queues = await withLetters(true);
    const id = await idOf(queues, 'tag-missing');
    const { out } = await dlq('purge', queues, '--yes', '--no-archive', '--id', id.slice(0, 12));
    expect(out).toContain('1 dead letter deleted.\nAbout 2 more letters were not seen: SQS returns only');
    const { code, out: none } = await dlq(
      'purge',
      queues,
      '--yes',
      '--no-archive',
      '--reason',
      'tag-missing',
      '--json',
    );
    expect([code, JSON.parse(none)]).toEqual([0, { deleted: 0, archive: null, hidden: 0, unseen: 2 }]);
  });

  test('names the archive by the time, in the working directory', async () => {
    const queues = await withLetters();
    const folder = folderWith({});
    const args = ['dlq', 'purge', '--yes', '--json', '--dead-letter-queue-url', queues.deadLetterQueueUrl];
    const { archive } = JSON.parse((await run(args, '', {}, folder)).out);
    expect(archive).toMatch(/^dead-letters-\d{8}T\d{6}Z\.ndjson$/);
    expect(existsSync(join(folder, archive))).toBe(true);
  });
});

test.each([
  [['dlq', 'lst'], 'There is no command "dlq lst". Did you mean list?'],
  [['dlq', 'show'], 'The argument <id> is missing.'],
  [['dlq', 'redrive', '--reason', 'feild-type'], 'Did you mean field-type?'],
  [['dlq', 'redrive', '--rate', '0'], '--rate must be a number from 0.01 to 10000, got "0".'],
  [['dlq', 'list', '--dead-letter-queue-url', 'nowhere'], '--dead-letter-queue-url must be the address of a queue'],
])('%j names what is wrong', async (args, message) => {
  const { code, err } = await run(args, '', {}, folderWith({}));
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
});
