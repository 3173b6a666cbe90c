/** The mapping editor: reads a mapping with the places of its faults, converts the last messages, and writes the file. */

import { readFileSync, writeFileSync } from 'node:fs';
import { namesMappingFile } from '../../infra/mapping-file.ts';
import { isYamlFile, readSource } from '../../infra/source-document.ts';
import type { Config } from '../../src/config/config.ts';
import type { Mapping } from '../../src/sink/mapping/mapping.ts';
import { parseMapping } from '../../src/sink/mapping/parse-mapping.ts';
import type { Message } from '../../src/sink/message.ts';
import { type Conversion, createMessageConverter, UNNAMED_TARGET } from '../../src/testing/convert-messages.ts';
import { shortened } from './letter-view.ts';
import type { ConversionView, ConvertedBody, MappingFault, MappingFormat, MappingView } from './protocol.ts';

/** Characters of a mapping, at most. The longest of the presets has about 5,000. */
export const MAPPING_CHARS_MAX = 262_144;

/** Settings of the conversion in addition to the mapping. */
export type ConversionSettings = Pick<Config, 'input' | 'linePrecision' | 'messageBytesMax'>;

/** A mapping, or its faults with their places. */
export type ReadMapping = { readonly mapping: Mapping } | { readonly faults: readonly MappingFault[] };

/** Reads the text of a mapping as the function reads the file. Never throws. */
export const readMappingText = (text: string, format: MappingFormat): ReadMapping => {
  if (text.length > MAPPING_CHARS_MAX)
    return { faults: [{ line: 1, column: 1, text: `A mapping has at most ${MAPPING_CHARS_MAX} characters.` }] };
  const source = readSource(text, `mapping.${format}`, 'mapping');
  if ('faults' in source) return source;
  const parsed = parseMapping(JSON.parse(source.document.json));
  if ('mapping' in parsed) return parsed;
  return { faults: parsed.faults.map((fault) => ({ ...source.document.positionOf(fault), text: fault })) };
};

/** Converts messages with the mapping in the editor. Never throws. */
export const convertWith = (
  text: string,
  format: MappingFormat,
  messages: readonly Message[],
  settings: ConversionSettings,
): ConversionView => {
  const read = readMappingText(text, format);
  if ('faults' in read) return { faults: read.faults, bodies: [] };
  const convert = createMessageConverter({ ...settings, mapping: read.mapping });
  return { faults: [], bodies: messages.map((message) => convertedBody(message.body, convert(message))) };
};

/** Lines of one message that the page shows, at most. */
const LINES_MAX = 50;

const convertedBody = (body: string, { lines, refusals, counters }: Conversion): ConvertedBody => ({
  body: shortened(body),
  lines: lines
    .slice(0, LINES_MAX)
    .map(({ text, target }) =>
      target === UNNAMED_TARGET ? shortened(text) : `${shortened(text)}  → ${target.database}`,
    ),
  refusals: refusals.slice(0, LINES_MAX).map(({ code, detail }) => ({ reason: code, detail })),
  dropped: counters.dropped,
});

const EXAMPLE = `# Events of the last messages appear on the right as lines, as you type.
version: 1
measurement: cpu
timestamp: { path: timestamp, precision: ns }
tags:
  host: tags.host
fields:
  used: fields.used
`;

/**
 * Returns the mapping of the running function for the editor.
 *
 * @param declared - Value of `SINK_MAPPING` as the user named it.
 */
export const currentMapping = (declared: string | undefined): MappingView => {
  if (declared === undefined || declared === '')
    return { text: EXAMPLE, format: 'yaml', file: null, why: `dev runs without a mapping file. ${START_WITH_FILE}` };
  const isFile: boolean = namesMappingFile(declared);
  if (!isFile) {
    const isPreset = declared.startsWith('preset:');
    return {
      text: isPreset ? `version: 1\npreset: ${declared.slice('preset:'.length)}\n` : declared,
      format: isPreset ? 'yaml' : 'json',
      file: null,
      why: `SINK_MAPPING is ${isPreset ? 'a preset' : 'inline JSON'}. ${START_WITH_FILE}`,
    };
  }
  const format = isYamlFile(declared) ? 'yaml' : 'json';
  try {
    return { text: readFileSync(declared, 'utf8'), format, file: declared, why: '' };
  } catch (error) {
    return { text: EXAMPLE, format, file: null, why: `${declared} cannot be read: ${(error as Error).message}.` };
  }
};

const START_WITH_FILE = 'To apply a mapping, save it in a file, and start "dev --mapping FILE".';

/** Writes the mapping file unless the text has faults, which are then returned. */
export const applyMapping = (text: string, format: MappingFormat, file: string): readonly MappingFault[] => {
  const read = readMappingText(text, format);
  if ('faults' in read) return read.faults;
  writeFileSync(file, text);
  return [];
};
