/** Tests of `local/opengemini/storage.ts`, `schema.ts`, `points-writer.ts`, and `index-limits.ts`. */

import { describe, expect, test } from 'vitest';
import { DATABASE, withStandIn } from './stand-in-fixture.ts';

const DAY_NS = 86_400_000_000_000n;
const START_NS = 1_755_216_000_000_000_000n;
const NEXT_GROUP_NS = START_NS + 7n * DAY_NS;

const conflict = (field: string, measurement: string, given: string, known: string): string =>
  `field type conflict: input field "${field}" on measurement "${measurement}" is type ${given}, already exists as type ${known}`;

const partial = (reason: string, dropped: number): object => ({
  status: 400,
  error: `partial write: ${reason} dropped=${dropped}`,
});

describe('points of one series and time', () => {
  test(
    'points of one series and time are merged field by field, and the later value wins',
    withStandIn({}, async ({ standIn, write }) => {
      await write('m,t=x a=1,b=2 5\nm,t=x b=3 5');
      await write('m,t=x c="z" 5\nm a=9 5');
      expect(standIn.points(DATABASE)).toEqual([
        { measurement: 'm', tags: { t: 'x' }, fields: { a: 1, b: 3, c: 'z' }, timeNs: 5n },
        { measurement: 'm', tags: {}, fields: { a: 9 }, timeNs: 5n },
      ]);
    }),
  );

  test(
    'points without a time get the time of their block',
    withStandIn({ clock: () => 77n }, async ({ standIn, write }) => {
      expect((await write('m v=1\nm v=2\nm v=3  ')).status).toBe(204);
      expect(standIn.points(DATABASE)).toEqual([{ measurement: 'm', tags: {}, fields: { v: 3 }, timeNs: 77n }]);
    }),
  );
});

describe('a time', () => {
  test.each([
    ['u', 1_000n],
    ['us', 1_000n],
    ['µ', 1_000n],
    ['ms', 1_000_000n],
    ['s', 1_000_000_000n],
    ['m', 60_000_000_000n],
    ['h', 3_600_000_000_000n],
    ['n', 1n],
    ['MS', 1n],
    ['constructor', 1n],
  ])('a time unit with precision %s has %d nanosecond(s)', async (precision, unitNs) => {
    const play = withStandIn({}, async ({ standIn, write }) => {
      expect((await write('m v=1 3', { params: { precision } })).status).toBe(204);
      expect(standIn.points(DATABASE)[0]?.timeNs).toBe(3n * unitNs);
    });
    await play();
  });

  test(
    'a time that overflows 64 bits wraps into another year or into the past',
    withStandIn({}, async ({ standIn, write }) => {
      expect((await write('m v=1 1755216000000000000', { params: { precision: 's' } })).status).toBe(204);
      expect(standIn.points(DATABASE)[0]?.timeNs).toBe(351_702_994_439_372_800n);
      const expired = await write('m v=1 1755216000000000000', { params: { precision: 'h' } });
      expect(expired).toMatchObject(partial('point time is expired, compared with rp duration', 1));
    }),
  );

  test(
    'a time may be any 64-bit value except the last nanosecond',
    withStandIn({}, async ({ write }) => {
      expect((await write('m v=1 9223372036854775806')).status).toBe(204);
      const outside = 'time outside range -9223372036854775806 - 9223372036854775806';
      expect(await write('m v=1 9223372036854775807')).toMatchObject(partial(outside, 1));
    }),
  );

  test(
    'a point that is older than the duration of its retention policy is refused',
    withStandIn({ clock: () => START_NS }, async ({ standIn, write, query }) => {
      await query(`CREATE RETENTION POLICY "hour" ON ${DATABASE} DURATION 1h REPLICATION 1`);
      const body = `m v=1 ${START_NS - 3_600_000_000_000n}\nm v=2 ${START_NS - 3_600_000_000_001n}`;
      const reply = await write(body, { params: { rp: 'hour' } });
      expect(reply).toMatchObject(partial('point time is expired, compared with rp duration', 1));
      expect(standIn.points(DATABASE, 'hour')).toHaveLength(1);
      expect(standIn.points(DATABASE)).toHaveLength(0);
    }),
  );
});

describe('a field of another type', () => {
  test(
    'a field of another type is dropped from its row, and a row without remaining fields is dropped',
    withStandIn({}, async ({ standIn, write }) => {
      await write('m v=1i,w=1i 5');
      expect(await write('m v=2.5,w=2i 6')).toMatchObject(partial(conflict('v', 'm', 'float', 'integer'), 0));
      expect(await write('m v="x" 7\nm w=3i 7\nm v=t 8')).toMatchObject(
        partial(conflict('v', 'm', 'boolean', 'integer'), 2),
      );
      expect(standIn.points(DATABASE).map(({ fields }) => fields)).toEqual([{ v: 1n, w: 1n }, { w: 2n }, { w: 3n }]);
    }),
  );

  test(
    'a field of another type in a newer shard group drops the whole row, with a shorter error',
    withStandIn({}, async ({ standIn, write }) => {
      await write(`m v=1i,w=1i ${START_NS}`);
      expect(await write(`m v=1.5,w=2i ${NEXT_GROUP_NS}`)).toMatchObject(partial('field type conflict', 1));
      expect(await write(`m v=1.5 ${NEXT_GROUP_NS}`)).toMatchObject(partial(conflict('v', 'm', 'float', 'integer'), 1));
      expect(standIn.points(DATABASE)).toHaveLength(1);
    }),
  );

  test(
    'a field that is already a tag is named in the error, and a tag that is already a field conflicts only in a newer shard group',
    withStandIn({}, async ({ standIn, write }) => {
      await write(`m,h=a v=1 ${START_NS}`);
      expect(await write(`m h=5i,v=2 ${START_NS}`)).toMatchObject(partial(conflict('h', 'm', 'integer', 'tag'), 0));
      expect((await write(`m,v=x w=1 ${START_NS}`)).status).toBe(204);
      expect(await write(`m,v=x w=1 ${NEXT_GROUP_NS}`)).toMatchObject(partial('field type conflict', 1));
      expect(standIn.points(DATABASE)).toHaveLength(3);
      expect(standIn.points(DATABASE).map(({ tags }) => tags)).toContainEqual({});
    }),
  );

  test(
    'a field and a tag with the same name in one row conflict, and the server then has a tag that no row has',
    withStandIn({}, async ({ write }) => {
      expect(await write('m,h=a h=1 5')).toMatchObject(partial('field type conflict', 1));
      expect(await write('m h=1,v=1 5')).toMatchObject(partial('field type conflict', 1));
      expect((await write('m,h=a v=1 5')).status).toBe(204);
      expect(await write('m h=1,v=1 5')).toMatchObject(partial(conflict('h', 'm', 'float', 'tag'), 0));
    }),
  );
});

describe('a row that the server refuses', () => {
  test(
    'a row with an invalid name, a long shard key, or two types of one field is dropped alone',
    withStandIn({}, async ({ standIn, write }) => {
      for (const name of ['a/b', 'a;b', 'a\\,b', 'a\\\\b', '.', '..', 'a\u00a0b', 'a\u00adb', 'a\tb']) {
        const shown = name.replace(/\\(.)/, '$1');
        expect(await write(`${name} v=1 5\nm v=1 5`)).toMatchObject(partial(`invalid measurement name: ${shown}`, 1));
      }
      expect(await write(`m,t=${'x'.repeat(65_528)} v=1 5`)).toMatchObject(partial('unknown error', 1));
      expect(await write('m v=1,v="a" 5\nm v=1,v=2,time=5i 6')).toMatchObject(partial('conflict field type: v', 1));
      expect(standIn.points(DATABASE).map(({ fields }) => fields)).toEqual([{ v: 1 }, { v: 2 }]);
    }),
  );

  test(
    'a row with a duplicate tag fails its whole block',
    withStandIn({}, async ({ standIn, write }) => {
      expect(await write('m v=1 5\nm,a=1,a=2 v=1 5')).toMatchObject({ status: 500, error: 'duplicate tag a' });
      expect(standIn.points(DATABASE)).toHaveLength(0);
    }),
  );

  test(
    'a row whose only field is time fails its whole shard group',
    withStandIn({}, async ({ standIn, write }) => {
      const reply = await write(`m v=1 ${START_NS}\nm time=1 ${START_NS}\nm v=1 ${NEXT_GROUP_NS}`);
      expect(reply).toMatchObject({ status: 500, error: 'parse fail, point without fields is unsupported' });
      expect(standIn.points(DATABASE).map(({ timeNs }) => timeNs)).toEqual([NEXT_GROUP_NS]);
    }),
  );

  test(
    'a row whose series is too long for the index fails alone',
    withStandIn({}, async ({ standIn, write }) => {
      const line = (bytes: number): string => `m,t=${'x'.repeat(bytes)} v=1 5`;
      expect((await write(line(65_507))).status).toBe(204);
      expect((await write(line(65_508))).error).toMatch(
        /^cannot insert data into .*: cannot insert an item .* too large\?/,
      );
      expect((await write(`m v=1 5\n${line(65_509)}\nm v=2 6`)).status).toBe(500);
      expect(standIn.points(DATABASE)).toHaveLength(3);
    }),
  );

  test(
    'a row with a tag named time is stored without it, and the server reports that',
    withStandIn({}, async ({ standIn, write }) => {
      const reply = await write('m,h=a,time=5 v=1 5\nm v=1 6');
      expect(reply).toMatchObject(partial("tag key can't be time, measurement is 'm'", 0));
      expect(standIn.points(DATABASE).map(({ tags }) => tags)).toEqual([{ h: 'a' }, {}]);
    }),
  );
});
