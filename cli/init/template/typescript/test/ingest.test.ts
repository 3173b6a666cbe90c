/** Readings become points, and an invalid one is refused. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { convertBodies } from 'opengemini-sqs-sink/testing';
import { converter, type Reading } from '../src/ingest.ts';

const extensions = { converter };

test('the sample events become points', () => {
  const events = readFileSync(new URL('../events.ndjson', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  const { lines, refusals } = convertBodies(events, { extensions });
  assert.deepEqual(refusals, []);
  assert.deepEqual(
    lines.map(({ text }) => text),
    [
      'room,floor=2,room=hall temperature=21.5,people=3i 1780000000000000000',
      'room,floor=1,room=library temperature=19,people=0i 1780000000250000000',
    ],
  );
});

test('a reading without people becomes a point without that field', () => {
  const reading: Reading = { room: { name: 'hall', floor: 2 }, ts: 1_780_000_000, temperature: 20 };
  const { lines } = convertBodies([reading], { extensions });
  assert.equal(lines[0]?.text, 'room,floor=2,room=hall temperature=20 1780000000000000000');
});

test('a temperature that is not a number is refused with its reason', () => {
  const { lines, refusals } = convertBodies([{ room: { name: 'hall' }, ts: 1_780_000_000, temperature: 'warm' }], {
    extensions,
  });
  assert.deepEqual(lines, []);
  assert.deepEqual(
    refusals.map(({ code }) => code),
    ['field-type'],
  );
});
