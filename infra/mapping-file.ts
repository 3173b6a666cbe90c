/**
 * Mapping files that are YAML, JSON, or JSON with comments. The functions read JSON only, so that their bundles contain no
 * parser of YAML. The tools turn such a file into JSON before they read, run, or package it.
 */

import { readFileSync } from 'node:fs';
import { ConfigError, type EnvironmentVariables } from '../src/config/config.ts';
import { readSource, type SourceDocument, type SourceFault } from './source-document.ts';

/** Whether a value of `SINK_MAPPING` names a file: it is neither inline JSON nor the name of a preset. */
export const namesMappingFile = (declared: string | undefined): declared is string =>
  declared !== undefined && declared !== '' && !/^\s*[{[]|^preset:/.test(declared);

const START = { line: 1, column: 1 };

/** Begins a fault of the configuration that the mapping causes. */
const PREFIX = 'SINK_MAPPING: ';

/**
 * Calls a function that reads the configuration, with the mapping file as inline JSON. Faults of the mapping file then
 * begin with file, line, and column, like `mapping.yaml:3:1: `.
 *
 * @param read - Throws a `ConfigError` with all faults. Every other error is passed on.
 * @throws ConfigError with the faults of the mapping file and all others.
 */
export const withMappingFile = <T>(
  variables: EnvironmentVariables,
  read: (variables: EnvironmentVariables) => T,
): T => {
  const { SINK_MAPPING: file } = variables;
  const text = namesMappingFile(file) ? textOf(file) : undefined;
  // The reader of the configuration reports a file that cannot be read.
  if (file === undefined || text === undefined) return read(variables);
  const source = readSource(text, file, 'mapping');
  if ('document' in source) {
    const { document } = source;
    // Any other text would be read as the name of another file.
    if (namesMappingFile(document.json))
      throw new ConfigError([
        faultText(file, START, `mapping must be a JSON object, got ${document.json.slice(0, 60)}.`),
      ]);
    return locating(
      () => read({ ...variables, SINK_MAPPING: document.json }),
      (faults) => inOrder(faults, file, document),
    );
  }
  const faults = source.faults.map((fault) => faultText(file, fault, fault.text));
  try {
    read({ ...variables, SINK_MAPPING: undefined });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError([...faults, ...error.faults]);
  }
  throw new ConfigError(faults);
};

/**
 * Returns the mapping as JSON text if `SINK_MAPPING` names a file that is not JSON as the functions read it. Undefined
 * for a JSON file, and for a file with faults, which `withMappingFile` reports.
 */
export const convertedMapping = ({ SINK_MAPPING: file }: EnvironmentVariables): string | undefined => {
  const text = namesMappingFile(file) ? textOf(file) : undefined;
  if (file === undefined || text === undefined || isJson(text)) return undefined;
  const source = readSource(text, file, 'mapping');
  return 'document' in source ? source.document.json : undefined;
};

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''));
    return true;
  } catch {
    return false;
  }
};

const locating = <T>(work: () => T, locate: (faults: readonly string[]) => readonly string[]): T => {
  try {
    return work();
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(locate(error.faults)) : error;
  }
};

/** Returns the faults with their positions, those of the mapping in the order of the file, and then all others. */
const inOrder = (faults: readonly string[], file: string, document: SourceDocument): readonly string[] => {
  const texts = faults.filter((fault) => fault.startsWith(PREFIX)).map((fault) => fault.slice(PREFIX.length));
  const placed = texts.map((text) => ({ text, ...document.positionOf(text) }));
  placed.sort((a, b) => a.line - b.line || a.column - b.column);
  const others = faults.filter((fault) => !fault.startsWith(PREFIX));
  return [...placed.map((fault) => faultText(file, fault, fault.text)), ...others];
};

const faultText = (file: string, { line, column }: Pick<SourceFault, 'line' | 'column'>, text: string): string =>
  `${file}:${line}:${column}: ${text}`;
