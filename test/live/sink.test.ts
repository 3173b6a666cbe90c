/** The whole sink with a real openGemini. The server returns the sent values bit for bit. */

import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { LOCAL_DEFAULTS } from '../../local/local-defaults.ts';
import { createDatabase, Digits, dropDatabase, type ServerAccess, selectAll } from '../../local/opengemini-client.ts';
import { startLocalSystem } from '../../local/system.ts';
import { addToLedger, emptyLedger, isBalanced } from '../../local/workload/ledger-totals.ts';
import { makeWorkload } from '../../local/workload/messages.ts';
import { runWorkload } from '../../local/workload/run.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { openGemini } from '../../src/adapters/opengemini.ts';
import { fixedCredentials } from '../../src/adapters/secrets.ts';
import { appendPoint } from '../../src/sink/convert/point-converter.ts';
import { LineBuffer } from '../../src/sink/lines/line-buffer.ts';
import type { Point } from '../../src/sink/lines/point.ts';
import { checkName, checkTagValue } from '../../src/sink/mapping/name-rules.ts';
import { TEST_SEED } from '../seed.ts';

const url = process.env.OPENGEMINI_URL;
const { OPENGEMINI_USERNAME: username, OPENGEMINI_PASSWORD: password } = process.env;
const credentials = username && password ? { username, password } : undefined;

describe('real openGemini', () => {
  const server: ServerAccess = { url: url ?? '', credentials };
  const database = `sink_live_${Date.now()}`;
  // A server supports about a hundred databases, so the test leaves none behind.
  afterAll(async () => {
    for (const made of [database, `${database}_any`]) await dropDatabase(server, made);
  });

  test('stores 20,000 events of mixed messages on a real server and quarantines the broken ones, one in a hundred', async () => {
    const ledger = emptyLedger();
    const system = await startLocalSystem({
      ...LOCAL_DEFAULTS,
      windowMs: 500,
      visibilitySeconds: 361,
      variables: { ...process.env, OPENGEMINI_DATABASE: database, SINK_MAPPING: 'examples/mapping.json' },
      onLogLine: (line) => addToLedger(ledger, line),
    });
    try {
      const workload = makeWorkload({ messages: 1_000, eventsPerMessage: 20, brokenOneIn: 100, seed: TEST_SEED });
      const { points, letters } = await runWorkload(system, workload, ledger, () => undefined);
      expect([points.missing, points.unexpected]).toEqual([[], []]);
      expect([letters.missing, letters.unexpected, letters.wrongReason, letters.crowded]).toEqual([[], [], [], []]);
      expect(new Set(workload.letters.map(({ fault }) => fault)).size).toBeGreaterThanOrEqual(20);
      expect(isBalanced(ledger)).toBe(true);
    } finally {
      await system.close();
    }
  });

  test('reads back from a real server all names, texts and numbers that the encoder accepts', async () => {
    await createDatabase(server, `${database}_any`, undefined);
    const writer = openGemini({
      urls: [server.url],
      credentials: fixedCredentials(credentials),
      ca: undefined,
      clientCertificate: undefined,
      timeoutMs: 30_000,
      gzip: 'on',
      clock: systemClock,
    });
    const points = fc
      .sample(pointArbitrary, { numRuns: 3_000, seed: TEST_SEED })
      .map((point, n): Point => ({ ...point, time: { seconds: 1_780_000_000, nanos: n } }));
    const buffer = new LineBuffer({ database: `${database}_any`, retentionPolicy: undefined });
    for (const [n, point] of points.entries()) expect(appendPoint(point, buffer, 0, n)).toBeUndefined();
    while (buffer.lines > 0) {
      const outcome = await writer.write(buffer.flush({ linesMax: 400, bytesMax: 60_000 }), {
        remainingMs: () => 30_000,
        signal: new AbortController().signal,
      });
      expect(outcome).toEqual({ kind: 'written' });
    }
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const found = new Map<string, string>();
    for (const { tags, columns, values } of await selectAll(server, `${database}_any`, 'any')) {
      for (const row of values) {
        const fields = columns
          .slice(1)
          .map((name, at) => [name, row[at + 1]] as const)
          .filter(([, value]) => value !== null);
        found.set(
          String(row[0]),
          shown(
            Object.entries(tags).filter(([, value]) => value !== ''),
            fields,
          ),
        );
      }
    }
    for (const { tags, fields, time } of points) {
      const expected = shown(
        tags,
        fields.map(([name, { value }]) => [name, value]),
      );
      expect(found.get(`${time.seconds}${String(time.nanos).padStart(9, '0')}`)).toBe(expected);
    }
    await writer.close();
  });
});

const shown = (tags: readonly (readonly [string, string])[], fields: readonly (readonly [string, unknown])[]): string =>
  JSON.stringify([
    [...tags].sort(),
    [...fields]
      .sort()
      .map(([name, value]) => [name, value instanceof Digits ? Number(value.text) : Object.is(value, -0) ? 0 : value]),
  ]);

const odd = fc.constantFrom('\\', '"', ' ', ',', '=', '\t', 'é', '日', '😀', '#', "'", '\\\\', '/', ';', 'x');
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.array(odd, { maxLength: 12 }).map((parts) => parts.join('')),
);
/** A few odd names of one kind. The points share them, because the server is slow with thousands of columns. */
const names = (role: 'tag' | 'field', kind: string): fc.Arbitrary<string> => {
  const legal = text.map((name) => kind + name).filter((name) => checkName(role, name, '') === undefined);
  return fc.constantFrom(...new Set(fc.sample(legal, 25)));
};
const tagName = names('tag', 't');
const tagValue = text.filter((value) => value !== '' && checkTagValue(value, '') === undefined);
const stringValue = text.filter((value) => value.isWellFormed() && !value.includes('\n') && !value.includes('\u0000'));

// Columns of different types have different names, because a column has one type.
const field = fc.oneof(
  fc.tuple(
    names('field', 'f'),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => ({ type: 'float', value }) as const),
  ),
  fc.tuple(
    names('field', 'i'),
    fc.maxSafeInteger().map((value) => ({ type: 'integer', value }) as const),
  ),
  fc.tuple(
    names('field', 'b'),
    fc.boolean().map((value) => ({ type: 'boolean', value }) as const),
  ),
  fc.tuple(
    names('field', 's'),
    stringValue.map((value) => ({ type: 'string', value }) as const),
  ),
);
const pointArbitrary: fc.Arbitrary<Point> = fc.record({
  measurement: fc.constant('any'),
  tags: fc
    .uniqueArray(fc.tuple(tagName, tagValue), { maxLength: 3, selector: ([name]) => name })
    .map((tags) => tags.sort(([a], [b]) => (a < b ? -1 : 1))),
  fields: fc.uniqueArray(field, { minLength: 1, maxLength: 4, selector: ([name]) => name }),
  time: fc.constant({ seconds: 0, nanos: 0 }),
});
