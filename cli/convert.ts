/**
 * `convert`: reads one message body per line from standard input, and writes line protocol to standard output and
 * refusals to standard error.
 */

import { createInterface } from 'node:readline';
import { type Config, ConfigError, readConfig, SIMPLE_MAPPING } from '../src/config/config.ts';
import type { Target } from '../src/sink/ports.ts';
import { createMessageConverter } from '../src/testing/convert-messages.ts';
import { buildMessage } from '../src/testing/messages.ts';
import { createLinePrinter } from './line-printer.ts';
import { type Options, type Parsed, parseOptions } from './usage.ts';

const OPTIONS: Options = {
  mapping: {
    type: 'string',
    value: 'FILE',
    meaning: 'mapping file or inline JSON (default the SINK_* variables, or no mapping)',
  },
  converter: {
    type: 'string',
    value: 'line|point',
    meaning: 'fast path or point converter; both write the same bytes (default SINK_CONVERTER, otherwise line)',
  },
  input: {
    type: 'string',
    value: 'FORM',
    meaning: 'format of the lines, with the values of SINK_INPUT (default SINK_INPUT, otherwise auto)',
  },
  'sent-at': { type: 'string', value: 'MS', meaning: 'time of the messages, for events without a time (default now)' },
};

const ABOUT = [
  'Read one message body per line from standard input, and print line protocol. Each refused event is printed to standard',
  'error as one JSON object. Nothing is sent. The SINK_* variables of the shell apply; an option replaces the variable of',
  'its name, and --mapping also replaces the variables of the simple mapping.',
];

/** Target of events whose rule names none. Nothing is sent, so the target has no name, and no mapping can name it. */
const CONFIGURED: Target = { database: '', retentionPolicy: undefined };

/** Runs the command. Returns the exit code: 0, or 1 if an event was refused. */
export const convert = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions('convert', ABOUT, OPTIONS, args);
  if (options === undefined) return 0;
  const config = configOf(options);
  const sentAtMs = options.integer('sent-at', 0, Number.MAX_SAFE_INTEGER) ?? Date.now();
  const convertMessage = createMessageConverter({ ...config, target: CONFIGURED });
  const print = createLinePrinter(CONFIGURED, (text) => process.stdout.write(text));
  let refused = 0;
  let line = 0;
  for await (const body of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (body.trim() === '') continue;
    const { lines, refusals } = convertMessage(buildMessage(body, { id: `line-${line}`, sentAtMs }));
    for (const { eventIndex, code, detail } of refusals) {
      const hint = code === 'undecodable' && isCutOff(body) ? CUT_OFF_HINT : '';
      process.stderr.write(`${JSON.stringify({ line, event: eventIndex, reason: code, detail: detail + hint })}\n`);
    }
    refused += refusals.length;
    print(lines);
  }
  return refused > 0 ? 1 : 0;
};

/** Whether the line looks like the first line of JSON that spans several lines. */
const isCutOff = (body: string): boolean => /^\s*[{[]/.test(body) && !/[}\]]\s*$/.test(body);
const CUT_OFF_HINT = ' (one line is one message body; "jq -c ." writes JSON on one line)';

/** The options that override environment variables of the function. */
const VARIABLES_OF_OPTIONS = { mapping: 'SINK_MAPPING', converter: 'SINK_CONVERTER', input: 'SINK_INPUT' } as const;

const configOf = (options: Parsed): Config => {
  const given = Object.entries(VARIABLES_OF_OPTIONS).filter(([option]) => options.text(option) !== undefined);
  const isReplaced = (name: string): boolean =>
    options.text('mapping') !== undefined && (SIMPLE_MAPPING as readonly string[]).includes(name);
  try {
    return readConfig({
      ...Object.fromEntries(
        Object.entries(process.env).filter(([name]) => name.startsWith('SINK_') && !isReplaced(name)),
      ),
      OPENGEMINI_URL: 'http://127.0.0.1:8086',
      OPENGEMINI_DATABASE: 'none',
      ...Object.fromEntries(given.map(([option, variable]) => [variable, options.text(option)])),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // The user gave an option, so the fault names the option instead of the variable.
    const inOptions = (fault: string): string =>
      given.reduce((text, [option, variable]) => text.replaceAll(variable, `--${option}`), fault);
    throw new ConfigError(error.faults.map(inOptions));
  }
};
