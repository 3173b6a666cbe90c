/**
 * Tests of `local/opengemini/block-reader.ts` and `gzip-body.ts`: splitting and unpacking of bodies in the stand-in.
 */

import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { splitBlocks } from '../../../local/opengemini/block-reader.ts';
import { DATABASE, withStandIn } from './stand-in-fixture.ts';

const START_NS = 1_755_216_000_000_000_000n;

/** Lines of 64 bytes: 1,024 of them fill a block to the last byte. */
const lineOf = (index: number, value = `${index}i`): string =>
  `m i=${value},p="${'x'.repeat(34 - value.length)}" ${START_NS + BigInt(index)}\n`;

const linesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => lineOf(index));

const bodyWithBad = (count: number, bad: number): string => linesOf(count).with(bad, lineOf(bad, 'x')).join('');

test('the generated lines of the block tests have 64 bytes', () => {
  expect(lineOf(999)).toHaveLength(64);
});

test.each([
  [1_023, 1],
  [1_024, 1],
  [1_025, 2],
  [4_096, 4],
])('a body of %i lines with 64 bytes is split into %i block(s)', (lines, blocks) => {
  expect(splitBlocks({ bytes: Buffer.from(linesOf(lines).join('')), readError: undefined }).blocks).toHaveLength(
    blocks,
  );
});

test(
  'a bad last line discards its own block, and the earlier blocks are stored',
  withStandIn({}, async ({ standIn, write }) => {
    const reply = await write(bodyWithBad(3_000, 2_999));
    expect(reply).toMatchObject({
      status: 400,
      error: 'cannot parse field value for "i": invalid field value',
    });
    expect(standIn.points(DATABASE)).toHaveLength(2_048);
  }),
);

test(
  'a bad line at the end of the first block is reported although the second block is stored',
  withStandIn({}, async ({ standIn, write }) => {
    expect((await write(bodyWithBad(2_000, 1_023))).status).toBe(400);
    expect(standIn.points(DATABASE)).toHaveLength(2_000 - 1_024);
  }),
);

test(
  'a bad line that is not the last one of its block is lost without an error',
  withStandIn({}, async ({ standIn, write }) => {
    expect((await write(bodyWithBad(2_000, 1_000))).status).toBe(204);
    expect(standIn.points(DATABASE)).toHaveLength(1_999);
  }),
);

test(
  'a parse error of one block hides a store error of another block',
  withStandIn({}, async ({ write }) => {
    const lines = linesOf(2_000).with(10, `m,a=1,a=2 i=1i,p="${'x'.repeat(24)}" ${START_NS}\n`);
    expect(await write(lines.join(''))).toMatchObject({ status: 500, error: 'duplicate tag a' });
    expect(await write(lines.with(1_999, 'bad').join(''))).toMatchObject({ status: 400 });
  }),
);

test(
  'a line that exceeds the buffer ends the reading of the body, and the blocks before it are stored',
  withStandIn({}, async ({ standIn, write }) => {
    const reply = await write(`${linesOf(1_024).join('')}m s="${'x'.repeat(3_000_000)}" 5`);
    expect(reply).toMatchObject({
      status: 400,
      error: 'cannot read influx line protocol data: too long line: more than 1048576 bytes',
    });
    expect(standIn.points(DATABASE)).toHaveLength(1_024);
    expect((await write(`m s="${'x'.repeat(1_100_000)}" 5`)).status).toBe(204);
  }),
);

test(
  'a chunked body beyond the limit is truncated, and its complete blocks are stored',
  withStandIn({ maxBodyBytes: 100_000 }, async ({ standIn, write }) => {
    const body = linesOf(2_000).join('');
    expect(await write(body)).toMatchObject({ status: 413, error: 'Request Entity Too Large' });
    expect(standIn.points(DATABASE)).toHaveLength(0);
    const reply = await write(body, { isChunked: true });
    expect(reply.error).toBe(
      'cannot read influx line protocol data: cannot read a block of data in 0.000s: Read: truncated',
    );
    expect(standIn.points(DATABASE)).toHaveLength(1_024);
  }),
);

const GZIP = { headers: { 'Content-Encoding': 'gzip' } };

test(
  'the body limit does not apply to unpacked gzip, and two gzip members are one body',
  withStandIn({ maxBodyBytes: 100_000 }, async ({ standIn, write }) => {
    const half = (from: number): Buffer =>
      gzipSync(
        linesOf(3_000)
          .slice(from, from + 1_500)
          .join(''),
      );
    expect((await write(Buffer.concat([half(0), half(1_500)]), GZIP)).status).toBe(204);
    expect(standIn.points(DATABASE)).toHaveLength(3_000);
  }),
);

const packed = gzipSync(linesOf(3_000).join(''));
const READING = 'cannot read influx line protocol data: cannot read a block of data in 0.000s: ';

test.each([
  ['an empty body', Buffer.alloc(0), 'EOF', 0],
  ['an uncompressed body', Buffer.from(lineOf(1)), 'gzip: invalid header', 0],
  ['a truncated header', packed.subarray(0, 9), 'unexpected EOF', 0],
  ['a truncated trailer', packed.subarray(0, -3), `${READING}unexpected EOF`, 2_048],
  [
    'a wrong checksum',
    Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8)]),
    `${READING}gzip: invalid checksum`,
    2_048,
  ],
  ['invalid bytes after it', Buffer.concat([packed, Buffer.alloc(16, 'x')]), `${READING}gzip: invalid header`, 2_048],
])('a gzip request with %s is refused', async (_what, body, error, stored) => {
  const play = withStandIn({}, async ({ standIn, write }) => {
    expect(await write(body, GZIP)).toMatchObject({ status: 400, error });
    expect(standIn.points(DATABASE)).toHaveLength(stored);
  });
  await play();
});

test(
  'a content encoding other than "gzip" is ignored',
  withStandIn({}, async ({ write }) => {
    for (const encoding of ['GZIP', 'gzip, identity', 'zstd']) {
      expect((await write(packed, { headers: { 'Content-Encoding': encoding } })).status).toBe(400);
      expect((await write('m v=1 5', { headers: { 'Content-Encoding': encoding } })).status).toBe(204);
    }
  }),
);
