/** The mapping converts the sample events, and refuses an invalid one. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseMapping } from 'opengemini-sqs-sink';
import { convertBodies } from 'opengemini-sqs-sink/testing';

const read = (file) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

const parsed = parseMapping(JSON.parse(read('mapping.json')));
if ('faults' in parsed) throw new Error(parsed.faults.join('\n'));
const { mapping } = parsed;

test('the sample events become points', () => {
  const { lines, refusals } = convertBodies(read('events.ndjson').trim().split('\n'), { mapping });
  assert.deepEqual(refusals, []);
  assert.deepEqual(
    lines.map(({ text }) => text),
    [
      'room,floor=2,room=hall temperature=21.5,people=3i 1780000000000000000',
      'room,floor=1,room=library temperature=19,people=0i 1780000000250000000',
    ],
  );
});

test('a temperature that is not a number is refused with its reason', () => {
  const { lines, refusals } = convertBodies([{ room: 'hall', ts: 1_780_000_000, temperature: 'warm' }], { mapping });
  assert.deepEqual(lines, []);
  assert.deepEqual(
    refusals.map(({ code }) => code),
    ['field-type'],
  );
});
