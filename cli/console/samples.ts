/** Sample events: events of the sink's own format, those of the presets, and those of the tests of the user's mapping. */

import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PACKAGE_ROOT } from '../../local/package-root.ts';
import type { Outgoing } from '../../local/queue/queue-access.ts';
import type { Message } from '../../src/sink/message.ts';
import { PRESETS } from '../../src/sink/presets/presets.ts';
import { readTestFile } from '../mapping-test/test-file.ts';
import type { SampleSet } from './protocol.ts';

/** A set with its messages. */
export interface Samples extends SampleSet {
  /** @param random - Returns a number from 0 to less than 1. */
  make(nowMs: number, random: () => number): readonly Outgoing[];
}

const EVENTS_PER_MESSAGE = 20;
const MESSAGES = 20;
const BROKEN_MESSAGES = 5;

/**
 * Returns all sets that can be sent.
 *
 * @param mappingFile - The user's mapping file. If a file with tests is next to it, its messages are the first set.
 */
export const sampleSets = (mappingFile: string | undefined): readonly Samples[] => [
  ...(mappingFile === undefined ? [] : testsOf(mappingFile)),
  { name: 'valid', title: 'Valid events in the format of the sink', messages: MESSAGES, make: validMessages },
  { name: 'broken', title: 'Events of which some are broken', messages: BROKEN_MESSAGES, make: brokenMessages },
  ...Object.keys(PRESETS).flatMap((name) =>
    fromTests(`preset:${name}`, `Events for preset:${name}`, join(PACKAGE_ROOT, `presets/${name}.test.yaml`)),
  ),
];

const testsOf = (mappingFile: string): readonly Samples[] => {
  const file = mappingFile.replace(/\.[^.]+$/, '.test.yaml');
  return fromTests('tests', `Events of ${basename(file)}`, file);
};

const fromTests = (name: string, title: string, file: string): readonly Samples[] => {
  const read = existsSync(file) ? readTestFile(file) : { faults: [] };
  // The command "test" reports the faults of such a file.
  if ('faults' in read) return [];
  const messages = read.tests.flatMap((one) => one.messages);
  return [{ name, title, messages: messages.length, make: () => messages.map(outgoing) }];
};

/** The queue of the local system takes attributes of type String only. */
const outgoing = ({ body, attributes }: Message): Outgoing => ({
  body,
  attributes: Object.fromEntries(
    Object.entries(attributes).flatMap(([name, { type, value }]) => (type === 'String' ? [[name, value]] : [])),
  ),
});

const eventOf = (host: number, atMs: number, random: () => number): Readonly<Record<string, unknown>> => ({
  measurement: 'cpu',
  tags: { host: `host-${host}` },
  fields: { used: Math.round(random() * 1_000) / 10, load: Math.round(random() * 400) / 100 },
  timestamp: `${atMs}000000`,
});

const validMessages: Samples['make'] = (nowMs, random) =>
  Array.from({ length: MESSAGES }, (_, message) => ({
    body: JSON.stringify(
      Array.from({ length: EVENTS_PER_MESSAGE }, (_event, host) => eventOf(host, nowMs - message, random)),
    ),
  }));

/** Mistakes as producers make them, each with another reason. */
const brokenMessages: Samples['make'] = (nowMs, random) => {
  const good = eventOf(1, nowMs, random);
  return [
    { body: JSON.stringify([good, { ...good, fields: { used: { percent: 3 } } }]) },
    { body: JSON.stringify([good, { ...good, measurement: undefined }]) },
    { body: JSON.stringify([good, { ...good, timestamp: true }]) },
    { body: JSON.stringify([good, { ...good, fields: {} }]) },
    { body: '{"measurement":"cpu","fields":{"used":' },
  ];
};
