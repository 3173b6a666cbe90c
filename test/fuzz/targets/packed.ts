/** Bodies in base64, gzip, and zlib. */

import { deflateSync, gzipSync } from 'node:zlib';
import { BODY_BYTES_MAX, checkConversion, delivered, sampleBodies, settingOf } from '../conversion.ts';
import { inputOf, mustEqual, selected, type Target } from '../target.ts';

const INPUTS = ['auto', 'base64', 'gzip'] as const;
const NUL = 0;

type Pack = (bytes: Buffer) => string;

const packGzip: Pack = (bytes) => gzipSync(bytes).toString('base64');

/** Ways to make a body of the bytes of an input. */
const PACKS: readonly Pack[] = [
  packGzip,
  (bytes) => bytes.toString('base64'),
  (bytes) => bytes.toString('base64url'),
  (bytes) => deflateSync(bytes).toString('base64'),
  (bytes) => bytes.toString('utf8'),
  // Members of gzip, one after the other.
  (bytes) =>
    Buffer.concat([
      gzipSync(bytes.subarray(0, bytes.length >> 1)),
      gzipSync(bytes.subarray(bytes.length >> 1)),
    ]).toString('base64'),
];

const isText = (bytes: Buffer): boolean => Buffer.from(bytes.toString('utf8')).equals(bytes) && !bytes.includes(NUL);

export const target: Target = {
  meaning: 'bodies in base64, gzip, and zlib',
  selectors: 3,
  seeds: () => [
    ...sampleBodies().flatMap((body) => PACKS.map((_, pack) => inputOf([9, 0, pack], body))),
    ...PACKS.slice(0, 4).flatMap((pack) =>
      [0, 1, 2].map((input) => inputOf([9, input, 4], pack(Buffer.from('{"v":1}')))),
    ),
    inputOf([1, 0, 1], gzipSync('{"temperature":1}')),
    inputOf([1, 1, 1], deflateSync('{"temperature":1}')),
    // Unpacks to more than the limit.
    inputOf([1, 0, 1], gzipSync(Buffer.alloc(2 * BODY_BYTES_MAX))),
  ],
  run: (input) => {
    const bytes = Buffer.from(input.subarray(3));
    const index = input[0] ?? 0;
    const body = selected(PACKS, input[2])(bytes);
    const events = checkConversion(delivered(body), settingOf(index, selected(INPUTS, input[1])));
    if ((input[2] ?? 0) % PACKS.length !== 0 || !isText(bytes)) return;
    // Text that begins with a byte order mark or is itself packed is read differently in a packed body.
    const text = bytes.toString('utf8');
    const plain = checkConversion(delivered(text), settingOf(index, 'auto'));
    const isWritten = plain.length > 0 && plain.every((event) => !/^(?:refused |dropped)/.test(event));
    if (isWritten) mustEqual(events, plain, 'gzip changes a line');
  },
};
