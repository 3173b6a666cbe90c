/**
 * Turns a file that a user writes (YAML, JSON, or JSON with comments) into JSON, with the position of every member.
 * Numbers keep their digits, because a 64-bit integer in a test of a mapping must not become a double.
 */

import { createRequire } from 'node:module';
import type { Alias, Document, LineCounter, Node, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { withoutComments } from './json-with-comments.ts';

type Yaml = typeof import('yaml');
let loaded: Yaml | undefined;

/** Loads the parser at the first use, because most programs that import this package read no YAML. */
const yamlParser = (): Yaml => {
  loaded ??= createRequire(import.meta.url)('yaml') as Yaml;
  return loaded;
};

/** A fault of a file. */
export interface SourceFault {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** A sentence. */
  readonly text: string;
}

/** A file as JSON. */
export interface SourceDocument {
  /** The value as JSON text. */
  readonly json: string;
  /**
   * Returns the position of a fault whose text contains the place of a value, like `mapping.fields.v`. A value that is
   * not in the file has the position of the innermost object that is.
   */
  positionOf(fault: string): Pick<SourceFault, 'line' | 'column'>;
}

/** Result of reading a file. It has a document unless it has faults. */
export type ReadSource = { readonly document: SourceDocument } | { readonly faults: readonly SourceFault[] };

/** Aliases that are replaced by their values, at most. Aliases of aliases could otherwise exhaust the memory. */
const ALIASES_MAX = 1_000;

/** Whether the name of a file is that of a YAML file. */
export const isYamlFile = (file: string): boolean => /\.ya?ml$/i.test(file);

/**
 * Reads the text of a file. Never throws.
 *
 * @param file - Name of the file. Its extension decides the format: YAML for `.yaml` and `.yml`, otherwise JSON with or
 * without comments.
 * @param root - Name of the whole value in places.
 */
export const readSource = (text: string, file: string, root: string): ReadSource => {
  const yaml = isYamlFile(file);
  const content = text.replace(/^\uFEFF/, '');
  const source = yaml ? content : withoutComments(content);
  const lines = new (yamlParser().LineCounter)();
  try {
    const parsed = yamlParser().parseDocument(source, { ...OPTIONS, lineCounter: lines });
    const writer = new JsonWriter(parsed, yaml, root);
    const json = writer.whole();
    const [syntax] = yaml ? yamlFaults(parsed) : jsonFaults(source, parsed, writer.faults);
    const faults = syntax === undefined ? writer.faults : [syntax];
    if (faults.length > 0)
      return { faults: faults.map((fault) => ({ ...positionAt(lines, fault.at), text: fault.text })) };
    return { document: { json, positionOf: (fault) => positionAt(lines, writer.offsetOf(fault)) } };
  } catch (error) {
    // The parser and the writer call themselves for each level.
    if (!(error instanceof RangeError)) throw error;
    return { faults: [{ line: 1, column: 1, text: TOO_DEEP }] };
  }
};

const OPTIONS = {
  prettyErrors: false,
  // The writer reports repeated names itself, with their place.
  uniqueKeys: false,
  // A mapping is data: no value is a date or a set.
  schema: 'core',
} as const;

const TOO_DEEP = 'The file is nested too deeply, or has too many aliases.';

/** A fault at an offset of the text. */
interface Found {
  readonly at: number;
  readonly text: string;
}

/** Returns the errors of the parser. Only the first is reliable, because the others follow from it. */
const yamlFaults = ({ errors, warnings }: Document.Parsed): readonly Found[] =>
  [...errors, ...warnings].map(({ pos: [at], message, code }) => {
    if (code === 'MULTIPLE_DOCS') return { at, text: 'The file must contain one document. Remove the lines "---".' };
    if (/call stack/.test(message)) return { at, text: TOO_DEEP };
    return { at, text: `${message}.${REMEDIES.find(([pattern]) => pattern.test(message))?.[1] ?? ''}` };
  });

/** Remedies for errors of the parser that do not name the mistake of a person. */
const REMEDIES: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/^Nested mappings are not allowed/, ' Is the indentation right? A text that contains ": " needs quotes.'],
  [/same indentation|must start at the same column|indented|implicit (?:map )?key/i, ' Is the indentation right?'],
];

/** Returns the errors of a text that is not JSON. The texts of the YAML parser do not fit JSON, but its positions do. */
const jsonFaults = (source: string, parsed: Document.Parsed, found: readonly Found[]): readonly Found[] => {
  try {
    JSON.parse(source);
    return yamlFaults(parsed);
  } catch (error) {
    const { message } = error as Error;
    const [, at] = / at position (\d+)/.exec(message) ?? [];
    const text = `The file is not JSON: ${message.replace(/ at position \d+.*/, '').replace(/, (?:\.\.\.)?".*/s, '')}.`;
    if (at !== undefined) return [{ at: Number(at), text }];
    if (found.length > 0 && parsed.errors.length === 0) return found;
    return [{ at: parsed.errors[0]?.pos[0] ?? source.trimEnd().length, text }];
  }
};

const positionAt = (lines: LineCounter, offset: number): Pick<SourceFault, 'line' | 'column'> => {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
};

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Writes the nodes of a document as JSON, and records the place of each. */
class JsonWriter {
  readonly faults: Found[] = [];
  readonly #offsets = new Map<string, number>();
  readonly #document: Document.Parsed;
  readonly #yaml: boolean;
  readonly #root: string;
  #aliases = 0;

  constructor(document: Document.Parsed, yaml: boolean, root: string) {
    this.#document = document;
    this.#yaml = yaml;
    this.#root = root;
  }

  whole(): string {
    const { contents, errors } = this.#document;
    if (contents === null) {
      if (errors.length === 0) this.faults.push({ at: 0, text: 'The file is empty.' });
      return 'null';
    }
    return this.#text(contents, this.#root, startOf(contents));
  }

  offsetOf(fault: string): number {
    const start = fault.indexOf(this.#root);
    for (let end = fault.length; start >= 0 && end > start; end--) {
      const offset = this.#offsets.get(fault.slice(start, end));
      if (offset !== undefined && !/\w/.test(fault[end] ?? '')) return offset;
    }
    return this.#offsets.get(this.#root) ?? 0;
  }

  /** @param at - Offset of the value, or of the name of its member. */
  #text(node: unknown, place: string, at: number): string {
    if (!this.#offsets.has(place)) this.#offsets.set(place, at);
    if (yamlParser().isAlias(node)) return this.#alias(node, place, at);
    if (yamlParser().isMap(node)) return this.#object(node, place);
    if (yamlParser().isSeq(node)) return this.#array(node, place);
    return yamlParser().isScalar(node) ? this.#scalar(node, place) : 'null';
  }

  #alias(alias: Alias, place: string, at: number): string {
    // This also ends the walk of a node that contains an alias of itself.
    this.#aliases += 1;
    if (this.#aliases > ALIASES_MAX) throw new RangeError('too many aliases');
    return this.#text(alias.resolve(this.#document), place, at);
  }

  #array({ items }: YAMLSeq, place: string): string {
    const texts = items.map((item, index) => this.#text(item, `${place}[${index}]`, startOf(item)));
    return `[${texts.join(',')}]`;
  }

  #object({ items }: YAMLMap, place: string): string {
    const names = new Set<string>();
    const members = items.map(({ key, value }) => {
      const name = this.#name(key, place);
      const inner = `${place}.${name}`;
      if (names.has(name)) this.#fault(key, `${inner} is declared more than once. Remove all but one declaration.`);
      names.add(name);
      return `${JSON.stringify(name)}:${this.#text(value, inner, startOf(key))}`;
    });
    return `{${members.join(',')}}`;
  }

  /** Returns the name of a member as it is written: `01` and `1.0` are names, not the number 1. */
  #name(key: unknown, place: string): string {
    if (yamlParser().isScalar(key)) {
      if (key.type === yamlParser().Scalar.PLAIN && !this.#yaml)
        this.#fault(
          key,
          `${place} has a name without quotes, ${key.source}. JSON needs quotes: "${key.source}". If the file is YAML, its name must end with .yaml.`,
        );
      return typeof key.value === 'string' ? key.value : (key.source ?? '');
    }
    this.#fault(key, `${place} has a name that is not text.`);
    return '';
  }

  #scalar(node: Scalar, place: string): string {
    const { value, source = '', type } = node;
    if (!this.#yaml) this.#checkJson(node, place);
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return JSON.stringify(value);
    if (type === yamlParser().Scalar.PLAIN && JSON_NUMBER.test(source)) return source;
    if (typeof value === 'number' && Number.isFinite(value))
      return /^0[xo]/.test(source) ? String(BigInt(source)) : String(value);
    this.#fault(node, `${place} has a value without a form in JSON, ${source}.`);
    return 'null';
  }

  /** Adds a fault for a scalar that is YAML but not JSON. */
  #checkJson(node: Scalar, place: string): void {
    const { source = '', type } = node;
    if (type === yamlParser().Scalar.QUOTE_DOUBLE || JSON_NUMBER.test(source) || /^(?:true|false|null)$/.test(source))
      return;
    const found = source === '' ? 'no value' : `${source}, which is not JSON. Text needs double quotes`;
    this.#fault(node, `${place} has ${found}.`);
  }

  #fault(node: unknown, text: string): void {
    this.faults.push({ at: startOf(node), text });
  }
}

const startOf = (node: unknown): number => (node as Node | null)?.range?.[0] ?? 0;
