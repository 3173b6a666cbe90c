/** `convert`: one message body a line on standard input -> lines on standard output, refusals on standard error. */

import { createInterface } from 'node:readline';
import { readConfig } from '../config.ts';
import { createConverter } from '../sink/converter.ts';
import type { Refused } from '../sink/letter.ts';
import { LineBuffer } from '../sink/line-buffer.ts';
import type { Message } from '../sink/message.ts';
import { type Options, parseOptions } from './usage.ts';

const OPTIONS: Options = {
  mapping: { type: 'string', value: 'FILE', meaning: 'mapping file, or inline JSON; else SINK_* variables, or none' },
  converter: { type: 'string', value: 'line|point', meaning: 'the quick or the readable converter; same bytes' },
  input: { type: 'string', value: 'FORM', meaning: 'what the lines are, as SINK_INPUT; auto by default' },
  'sent-at': { type: 'string', value: 'MS', meaning: "the messages' time, for events without any; now by default" },
};

export const convert = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions('convert', OPTIONS, args);
  if (options === undefined) return 0;
  const target = { database: 'none', retentionPolicy: undefined };
  const config = readConfig({
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('SINK_'))),
    OPENGEMINI_URL: 'http://127.0.0.1:8086',
    OPENGEMINI_DATABASE: target.database,
    ...given('SINK_MAPPING', options.text('mapping')),
    ...given('SINK_CONVERTER', options.text('converter')),
    ...given('SINK_INPUT', options.text('input')),
  });
  const sentAtMs = options.integer('sent-at', 0, Number.MAX_SAFE_INTEGER) ?? Date.now();
  const converter = createConverter({
    ...config,
    target,
    decode: { input: config.input, messageBytesMax: config.messageBytesMax },
  });
  let refusals = 0;
  let line = 0;
  for await (const body of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (body.trim() === '') continue;
    const buffer = new LineBuffer(target);
    const refused = (event: Refused): void => {
      refusals += 1;
      const { code, detail } = event.refusal;
      process.stderr.write(`${JSON.stringify({ line, event: event.eventIndex, reason: code, detail })}\n`);
    };
    converter.convert(converter.open(messageOf(body, line, sentAtMs)), line, {
      bufferFor: () => buffer,
      refused,
      isFull: () => false,
    });
    process.stdout.write(buffer.bytes.subarray(0, buffer.length));
  }
  return refusals > 0 ? 1 : 0;
};

/** An option goes before the variable of the function. */
const given = (name: string, value: string | undefined): Record<string, string> =>
  value === undefined ? {} : { [name]: value };

const messageOf = (body: string, line: number, sentAtMs: number): Message => ({
  id: `line-${line}`,
  body,
  sentAtMs,
  firstReceivedAtMs: sentAtMs,
  receiveCount: 1,
  groupId: undefined,
  attributes: {},
  origin: undefined,
});
