/** Sends bodies through a local system, and reads back the points that its server has stored. */

import { Digits, measurements, type ServerAccess, selectAll } from '../../local/opengemini-client.ts';
import { openQueues } from '../../local/queue/queue-access.ts';
import type { LocalSystem } from '../../local/system.ts';
import { pointLine } from '../../src/sink/convert/point-converter.ts';
import { parseOwnLine } from '../../src/sink/lines/parse-own-line.ts';
import type { FieldValue } from '../../src/sink/lines/point.ts';

/** Sends each body as one message. */
export const send = async ({ addresses }: LocalSystem, bodies: readonly string[]): Promise<void> => {
  const queues = openQueues(addresses.sqsEndpoint);
  await queues.send(
    addresses.queueUrl,
    bodies.map((body) => ({ body })),
  );
  queues.close();
};

/** Returns a line without the difference of integers and floats, because a stored value as the server returns it does not show whether a number is an integer. */
export const comparable = (line: string): string => {
  const { measurement, tags, fields, time } = parseOwnLine(line);
  const values = fields.map(([name, { value }]): [string, FieldValue] => [
    name,
    typeof value === 'number' ? { type: 'float', value } : ({ type: typeof value, value } as FieldValue),
  ]);
  return pointLine({ measurement, tags, fields: values.sort(([a], [b]) => (a < b ? -1 : 1)), time });
};

const storedLines = async (server: ServerAccess, database: string): Promise<readonly string[]> => {
  const lines: string[] = [];
  for (const measurement of await measurements(server, database))
    for (const { tags, columns, values } of await selectAll(server, database, measurement))
      for (const row of values) {
        const fields = columns.slice(1).flatMap((name, at): [string, FieldValue][] => {
          const value = row[at + 1];
          if (value === null || value === undefined) return [];
          const found = value instanceof Digits ? Number(value.text) : value;
          return [[name, { type: typeof found === 'number' ? 'float' : typeof found, value: found } as FieldValue]];
        });
        const time = String(row[0]);
        lines.push(
          pointLine({
            measurement,
            tags: Object.entries(tags).filter(([, value]) => value !== ''),
            fields: fields.sort(([a], [b]) => (a < b ? -1 : 1)),
            time: { seconds: Number(time.slice(0, -9)), nanos: Number(time.slice(-9)) },
          }),
        );
      }
  return lines.sort();
};

const TRIES = 300;
const PAUSE_MS = 100;

/** Reads until the database contains as many points, or the time is over. */
export const awaitLines = async (server: ServerAccess, database: string, count: number): Promise<readonly string[]> => {
  let lines: readonly string[] = [];
  for (let tries = 0; tries < TRIES && lines.length < count; tries++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    lines = await storedLines(server, database);
  }
  return lines;
};

/** Policies for type conflicts, and the lines that a column with a float and texts contains then. */
export const CONFLICTS: readonly (readonly [string, readonly unknown[], readonly string[]])[] = [
  [
    'suffix',
    [1, 'hot', 'cold', 4],
    ['m v=1 1000000', 'm v_string="hot" 2000000', 'm v_string="cold" 3000000', 'm v=4 4000000'],
  ],
  ['coerce', [1, 'hot', '3', 4], ['m v=1 1000000', 'm v=3 3000000', 'm v=4 4000000']],
];

/** Declaration of a mapping with one field whose type follows from the value. */
export const conflictMapping = (policy: string): string =>
  JSON.stringify({ version: 1, measurement: 'm', timestamp: 'ts', otherFields: 'include', conflict: policy });

/** Sends values of one field one after the other, so that the first one decides the type of the column. */
export const sendInOrder = async (
  system: LocalSystem,
  database: string,
  values: readonly unknown[],
  expected: readonly string[],
): Promise<void> => {
  for (const [index, v] of values.entries()) {
    const ts = index + 1;
    await send(system, [JSON.stringify({ ts, v })]);
    const isStored = expected.some((line) => line.endsWith(` ${ts}000000`));
    if (isStored)
      await awaitLines(
        system.server,
        database,
        expected.filter((line) => Number(line.split(' ').at(-1)) <= ts * 1e6).length,
      );
  }
};
