/** `convert`: prints the lines of message bodies, and the events that are refused. */

import { once } from 'node:events';
import { type Config, ConfigError, SIMPLE_MAPPING } from '../src/config/config.ts';
import type { SinkExtensions } from '../src/config/handler-options.ts';
import {
  type ConversionRefusal,
  type ConvertedLine,
  createMessageConverter,
  UNNAMED_TARGET,
} from '../src/testing/convert-messages.ts';
import { buildMessage } from '../src/testing/messages.ts';
import { loadProgram, type Program, type ProgramConfig, readProgramConfig } from './handler-file.ts';
import { type InputDocument, inputDocuments } from './input-documents.ts';
import { createLinePrinter } from './line-printer.ts';
import { styled } from './terminal.ts';

/** Options of one call. */
export interface ConvertOptions {
  readonly mapping?: string;
  readonly converter?: string;
  readonly input?: string;
  readonly sentAt?: number;
  readonly handler?: string;
  readonly json?: boolean;
}

/** What became of one message body. */
type Print = (
  input: InputDocument,
  lines: readonly ConvertedLine[],
  refusals: readonly ConversionRefusal[],
) => Promise<void>;

/** Runs the command. Returns the exit code: 0, or 1 if an event was refused. */
export const convert = async (files: readonly string[], options: ConvertOptions): Promise<number> => {
  const { config, extensions } = configOf(options, await loadProgram(options.handler));
  const sentAtMs = options.sentAt ?? Date.now();
  const mapping = extensions.converter === undefined ? config.mapping : undefined;
  const convertMessage = createMessageConverter({ ...config, mapping, extensions, target: UNNAMED_TARGET });
  const print = options.json ? printJson : createPrinter();
  let refused = 0;
  for await (const input of inputDocuments(files, { linesOnly: readsLines(config, extensions) })) {
    const message = buildMessage(input.text, { id: `line-${input.place}`, sentAtMs });
    const { lines, refusals } = convertMessage(message);
    refused += refusals.length;
    await print(input, lines, refusals);
  }
  return refused > 0 ? 1 : 0;
};

/** Writes to standard output. Waits if its reader is slower, so that large outputs do not fill the memory. */
const write = async (text: string): Promise<void> => {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
};

const createPrinter = (): Print => {
  let text = '';
  const print = createLinePrinter(UNNAMED_TARGET, (more) => {
    text += more;
  });
  return async (input, lines, refusals) => {
    for (const refusal of refusals) {
      const json = JSON.stringify(refusalMembers(input, refusal));
      // A program may read this JSON although FORCE_COLOR is set.
      process.stderr.write(`${process.stderr.isTTY ? styled('red', json, process.stderr) : json}\n`);
    }
    print(lines);
    const written = text;
    text = '';
    await write(written);
  };
};

/** Prints lines and refusals of one message in the order of its events. */
const printJson: Print = async (input, lines, refusals) => {
  const events = [
    ...lines.map((line) => ({ event: line.eventIndex, members: lineMembers(input, line) })),
    ...refusals.map((refusal) => ({ event: refusal.eventIndex, members: refusalMembers(input, refusal) })),
  ].sort((a, b) => a.event - b.event);
  await write(events.map(({ members }) => `${JSON.stringify(members)}\n`).join(''));
};

const lineMembers = ({ file, line }: InputDocument, { eventIndex, text, target }: ConvertedLine): unknown => ({
  file,
  line,
  event: eventIndex,
  lineProtocol: text,
  database: target.database || null,
  retentionPolicy: target.retentionPolicy ?? null,
});

const refusalMembers = (
  { file, line, fault }: InputDocument,
  { eventIndex, code, detail }: ConversionRefusal,
): unknown => ({
  file,
  line,
  event: eventIndex,
  reason: code,
  detail:
    code === 'undecodable' && fault !== undefined ? `the JSON begins in line ${line}, but ${fault}: ${detail}` : detail,
});

/** Whether every line is a body: its text is not JSON, or only code of the user can read it. */
const readsLines = ({ input }: Config, { decode }: SinkExtensions): boolean =>
  decode !== undefined || input === 'line-protocol' || input === 'ndjson';

/** The options that override environment variables of the function. */
const VARIABLES_OF_OPTIONS = { mapping: 'SINK_MAPPING', converter: 'SINK_CONVERTER', input: 'SINK_INPUT' } as const;
type VariableOption = keyof typeof VARIABLES_OF_OPTIONS;

const configOf = (options: ConvertOptions, program: Program): ProgramConfig => {
  const given = Object.entries(VARIABLES_OF_OPTIONS).filter(([name]) => options[name as VariableOption] !== undefined);
  const isReplaced = (name: string): boolean =>
    options.mapping !== undefined && (SIMPLE_MAPPING as readonly string[]).includes(name);
  try {
    const isPassed = (name: string): boolean =>
      (name.startsWith('SINK_') && !isReplaced(name)) || Object.hasOwn(program.options.settings ?? {}, name);
    return readProgramConfig(program, {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => isPassed(name))),
      OPENGEMINI_URL: 'http://127.0.0.1:8086',
      OPENGEMINI_DATABASE: 'none',
      ...Object.fromEntries(given.map(([name, variable]) => [variable, options[name as VariableOption]])),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // The user gave an option, so the fault names the option instead of the variable.
    const inOptions = (fault: string): string =>
      given.reduce((text, [name, variable]) => text.replaceAll(variable, `--${name}`), fault);
    throw new ConfigError(error.faults.map(inOptions));
  }
};
