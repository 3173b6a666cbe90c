/** `convert`: prints the lines of message bodies, and the events that are refused. */

import { once } from 'node:events';
import type { Config } from '../src/config/config.ts';
import type { SinkExtensions } from '../src/config/handler-options.ts';
import type { Mapping } from '../src/sink/mapping/mapping.ts';
import {
  type ConversionRefusal,
  type ConvertedLine,
  createInspectedConverter,
  UNNAMED_TARGET,
} from '../src/testing/convert-messages.ts';
import { buildMessage } from '../src/testing/messages.ts';
import { type ConversionSummary, SummaryCollector } from './analysis/conversion-summary.ts';
import { summaryLines } from './analysis/summary-text.ts';
import { conversionConfig } from './conversion-config.ts';
import { incompleteJson } from './document-reader.ts';
import { loadProgram } from './handler-file.ts';
import { type InputDocument, inputDocuments } from './input-documents.ts';
import { createLinePrinter } from './line-printer.ts';
import type { Attributes } from './message-options.ts';
import { styled, widthOf, wrapped } from './terminal.ts';

/** Options of one call. */
export interface ConvertOptions {
  readonly mapping?: string;
  readonly converter?: string;
  readonly input?: string;
  /** In ms since 1970. */
  readonly sentAt?: number;
  readonly attribute?: Attributes;
  readonly group?: string;
  /** Whether each file is one body. */
  readonly whole?: boolean;
  readonly summary?: boolean;
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
  const { config, extensions } = conversionConfig(options, await loadProgram(options.handler));
  const sentAtMs = options.sentAt ?? Date.now();
  const mapping = extensions.converter === undefined ? config.mapping : undefined;
  const collector = createCollector(options, mapping);
  const settings = { ...config, mapping, extensions, target: UNNAMED_TARGET };
  const convertMessage = createInspectedConverter(settings, (decoded) => collector?.inspect(decoded));
  const print = options.json ? printJson : createPrinter();
  let refused = 0;
  for await (const input of inputDocuments(files, {
    linesOnly: readsLines(config, extensions),
    whole: options.whole,
  })) {
    const given = { attributes: options.attribute ?? {}, groupId: options.group };
    const conversion = convertMessage(buildMessage(input.text, { id: `line-${input.place}`, sentAtMs, ...given }));
    const { lines, refusals } = conversion;
    refused += refusals.length;
    collector?.add(conversion, placeOf(input));
    await print(input, lines, refusals);
  }
  if (collector !== undefined) printSummary(collector.summary(), options.json === true);
  return refused > 0 ? 1 : 0;
};

/**
 * Returns the collector of the summary, or undefined if no summary is printed: into a pipe only those who ask for it get
 * one, because scripts read standard error.
 */
const createCollector = (
  { json, summary }: ConvertOptions,
  mapping: Mapping | undefined,
): SummaryCollector | undefined =>
  json === true || summary === true || process.stderr.isTTY ? new SummaryCollector(mapping) : undefined;

const placeOf = ({ file, line }: InputDocument): string => `${file === undefined ? '' : `${file}, `}line ${line}`;

const printSummary = (summary: ConversionSummary, json: boolean): void => {
  if (json) {
    process.stderr.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  const [counts = '', ...findings] = summaryLines(summary);
  const width = widthOf(process.stderr);
  const lines = [styled('bold', counts, process.stderr), ...findings.map((text) => wrapped(text, width, 2, '- '))];
  process.stderr.write(`${lines.join('\n')}\n`);
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

const refusalMembers = (input: InputDocument, { eventIndex, code, detail }: ConversionRefusal): unknown => ({
  file: input.file,
  line: input.line,
  event: eventIndex,
  reason: code,
  // The sink reports only that the JSON is not complete. The reader of the files has its place.
  detail: code === 'undecodable' ? (incompleteJson(input) ?? detail) : detail,
});

/** Whether every line is a body: its text is not JSON, or only code of the user can read it. */
const readsLines = ({ input }: Config, { decode }: SinkExtensions): boolean =>
  decode !== undefined || input === 'line-protocol' || input === 'ndjson';
