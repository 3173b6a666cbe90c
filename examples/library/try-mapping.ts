/** Converts two events with a mapping, and prints their lines and refusals. */

import { parseMapping } from 'opengemini-sqs-sink';
import { convertBodies } from 'opengemini-sqs-sink/testing';

const parsed = parseMapping({
  version: 1,
  measurement: 'room',
  timestamp: { path: 'ts', precision: 's' },
  tags: { room: 'room' },
  fields: { temperature: 'temperature' },
});
if ('faults' in parsed) throw new Error(parsed.faults.join('\n'));

const { lines, refusals, counters } = convertBodies(
  [
    { room: 'hall', ts: 1_780_000_000, temperature: 21.5 },
    { room: 'library', ts: 1_780_000_000, temperature: 'warm' },
  ],
  { mapping: parsed.mapping },
);

for (const { text } of lines) console.log(text);
for (const { messageIndex, code, detail } of refusals) console.log(`message ${messageIndex}: ${code}: ${detail}`);
console.log(`${counters.events} events, ${counters.lines} line, ${counters.refusals} refusal`);
