/** `convert`: one message body a line on standard input -> lines on standard output, refusals on standard error. */

import { createInterface } from 'node:readline';
import { type Config, ConfigError, readConfig } from '../src/config/config.ts';
import { createConverter } from '../src/sink/convert/converter.ts';
import type { Message } from '../src/sink/message.ts';
import type { Target } from '../src/sink/ports.ts';
import type { RefusedEvent } from '../src/sink/refusal.ts';
import { createLinePrinter } from './line-printer.ts';
import { type Options, type Parsed, parseOptions } from './usage.ts';

const OPTIONS: Options = {
  mapping: { type: 'string', value: 'FILE', meaning: 'mapping file, or inline JSON; else SINK_* variables, or none' },
  converter: { type: 'string', value: 'line|point', meaning: 'the quick or the readable converter; same bytes' },
  input: { type: 'string', value: 'FORM', meaning: 'what the lines are, as SINK_INPUT; auto by default' },
  'sent-at': { type: 'string', value: 'MS', meaning: "the messages' time, for events without any; now by default" },
};

const ABOUT = [
  'Reads one message body a line from standard input, and prints lines of line protocol. Refused events are told on',
  'standard error, one JSON object each. Nothing is sent anywhere; variables SINK_* of the shell count.',
];

/** Nothing is sent, so that it has no name; no mapping can name it either. */
const CONFIGURED: Target = { database: '', retentionPolicy: undefined };

export const convert = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions('convert', ABOUT, OPTIONS, args);
  if (options === undefined) return 0;
  const config = configOf(options);
  const sentAtMs = options.integer('sent-at', 0, Number.MAX_SAFE_INTEGER) ?? Date.now();
  const converter = createConverter({
    ...config,
    target: CONFIGURED,
    decode: { input: config.input, messageBytesMax: config.messageBytesMax },
  });
  const printer = createLinePrinter(CONFIGURED, (text) => process.stdout.write(text));
  let refusals = 0;
  let line = 0;
  for await (const body of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (body.trim() === '') continue;
    const refused = (event: RefusedEvent): void => {
      refusals += 1;
      const { code, detail } = event.refusal;
      const hint = code === 'undecodable' && isCutOff(body) ? CUT_OFF_HINT : '';
      process.stderr.write(
        `${JSON.stringify({ line, event: event.eventIndex, reason: code, detail: detail + hint })}\n`,
      );
    };
    const decoded = converter.decode(messageOf(body, line, sentAtMs), line);
    converter.convert(decoded, printer, { refused, converted: () => undefined }).next();
    printer.flush();
  }
  return refusals > 0 ? 1 : 0;
};

/** The first line of JSON that goes over several. */
const isCutOff = (body: string): boolean => /^\s*[{[]/.test(body) && !/[}\]]\s*$/.test(body);
const CUT_OFF_HINT = ' (one line is one message body; "jq -c ." writes JSON so)';

/** Options go before the variables of the function. */
const VARIABLES_OF_OPTIONS = { mapping: 'SINK_MAPPING', converter: 'SINK_CONVERTER', input: 'SINK_INPUT' } as const;

const configOf = (options: Parsed): Config => {
  const given = Object.entries(VARIABLES_OF_OPTIONS).filter(([option]) => options.text(option) !== undefined);
  try {
    return readConfig({
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('SINK_'))),
      OPENGEMINI_URL: 'http://127.0.0.1:8086',
      OPENGEMINI_DATABASE: 'none',
      ...Object.fromEntries(given.map(([option, variable]) => [variable, options.text(option)])),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // Told in the words of whoever gave an option and no variable.
    const inOptions = (fault: string): string =>
      given.reduce((text, [option, variable]) => text.replaceAll(variable, `--${option}`), fault);
    throw new ConfigError(error.faults.map(inOptions));
  }
};

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
