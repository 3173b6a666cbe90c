/** Reads a file with tests of a mapping. Every fault has its line, its column, and its remedy. */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { namesMappingFile } from '../../infra/mapping-file.ts';
import { readSource, type SourceDocument } from '../../infra/source-document.ts';
import { spanAt, spanText, wholeSpan } from '../../src/sink/json/source-spans.ts';
import type { Message, MessageAttribute } from '../../src/sink/message.ts';
import { buildMessage } from '../../src/testing/messages.ts';
import { instantMs } from '../message-options.ts';
import { type Expectation, readExpectation } from './expectation.ts';
import { MemberReader, type Members } from './member-reader.ts';

/** One test of a mapping. */
export interface MappingTest {
  readonly name: string;
  /** Line of the test in its file. */
  readonly line: number;
  readonly messages: readonly Message[];
  readonly expected: Expectation;
}

/** A file with tests. */
export interface TestFile {
  readonly file: string;
  /** Variables of the configuration: the mapping, and those that the file sets. */
  readonly variables: Readonly<Record<string, string>>;
  readonly tests: readonly MappingTest[];
  /** Returns a fault of the configuration with the file that causes it, its line, and its column. */
  located(fault: string): string;
}

/** Returns the tests of a file, or its faults as sentences that begin with file, line, and column. */
export const readTestFile = (file: string): TestFile | { readonly faults: readonly string[] } => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return { faults: [`${file}: The file cannot be read: ${(error as Error).message}.`] };
  }
  const source = readSource(text, file, '');
  if ('document' in source) return new TestFileReader(file, source.document).read();
  return {
    faults: source.faults.map(({ line, column, text: fault }) => `${file}:${line}:${column}: ${withoutDot(fault)}`),
  };
};

const withoutDot = (text: string): string => text.replace(/^\./, '');

const FILE_MEMBERS = ['$schema', 'mapping', 'variables', 'tests'];
const TEST_MEMBERS = ['name', 'messages', 'lines', 'refusals', 'dropped'];
const BODY_MEMBERS = ['body', 'text', 'file'];
const MESSAGE_MEMBERS = [...BODY_MEMBERS, 'attributes', 'sentAt', 'group', 'id'];

class TestFileReader {
  readonly #file: string;
  readonly #document: SourceDocument;
  readonly #read = new MemberReader();

  constructor(file: string, document: SourceDocument) {
    this.#file = file;
    this.#document = document;
  }

  read(): TestFile | { readonly faults: readonly string[] } {
    const whole = this.#read.members(JSON.parse(this.#document.json), '', FILE_MEMBERS);
    const variables = { ...this.#variables(whole), ...this.#mapping(whole.mapping) };
    const tests = this.#read.list(whole.tests, '.tests').map((test, index) => this.#test(test, `.tests[${index}]`));
    if (this.#read.faults.length === 0 && tests.length === 0)
      this.#read.fault('.tests', 'must contain at least one test');
    const located = (fault: string): string => this.#located(fault);
    if (this.#read.faults.length > 0) return { faults: this.#read.faults.map(located) };
    return { file: this.#file, variables, tests, located: (fault) => this.#ofConfiguration(fault) };
  }

  #located(fault: string): string {
    const { line, column } = this.#document.positionOf(fault);
    return `${this.#file}:${line}:${column}: ${withoutDot(fault)}`;
  }

  /** A mapping in the file itself has its places in the file. A mapping file is named by its own faults. */
  #ofConfiguration(fault: string): string {
    const inline = /^SINK_MAPPING: (mapping[.:[ ].*)$/s.exec(fault)?.[1];
    return inline === undefined ? `${this.#file}: ${fault}` : this.#located(`.${inline}`);
  }

  #variables({ variables }: Members): Record<string, string> {
    if (variables === undefined) return {};
    const given = this.#read.members(variables, '.variables');
    for (const name of Object.keys(given))
      if (!/^SINK_/.test(name) || name === 'SINK_MAPPING')
        this.#read.fault(`.variables.${name}`, 'must be a variable of the sink, SINK_NAME. "mapping" sets the mapping');
    return Object.fromEntries(Object.keys(given).map((name) => [name, this.#textAt('variables', name)]));
  }

  #mapping(mapping: unknown): { readonly SINK_MAPPING?: string } {
    if (mapping === undefined) return {};
    if (typeof mapping === 'object') return { SINK_MAPPING: this.#jsonAt('mapping') };
    if (typeof mapping !== 'string' || mapping === '') {
      this.#read.fault('.mapping', 'must be the path of a mapping file, a mapping, or preset:NAME');
      return {};
    }
    return { SINK_MAPPING: namesMappingFile(mapping) ? join(dirname(this.#file), mapping) : mapping };
  }

  #test(value: unknown, place: string): MappingTest {
    const test = this.#read.members(value, place, TEST_MEMBERS);
    const name = this.#read.text(test.name, `${place}.name`) ?? place.slice(1);
    const messages = this.#read.list(test.messages, `${place}.messages`);
    if (Array.isArray(test.messages) && messages.length === 0)
      this.#read.fault(`${place}.messages`, 'must contain at least one message');
    return {
      name,
      line: this.#document.positionOf(place).line,
      messages: messages.map((message, index) => this.#message(message, `${place}.messages[${index}]`, index)),
      // A missing list is a fault already, so the places of refusals are not compared with it.
      expected: readExpectation(test, place, messages.length === 0 ? undefined : messages.length, this.#read),
    };
  }

  #message(value: unknown, place: string, index: number): Message {
    const message = this.#read.members(value, place, MESSAGE_MEMBERS);
    const sentAtMs = this.#sentAt(message.sentAt, `${place}.sentAt`);
    const group = this.#read.text(message.group, `${place}.group`);
    return buildMessage(this.#body(message, place), {
      id: this.#read.text(message.id, `${place}.id`) ?? `message-${index}`,
      ...(sentAtMs === undefined ? {} : { sentAtMs }),
      ...(group === undefined ? {} : { groupId: group }),
      attributes: this.#attributes(message.attributes, `${place}.attributes`),
    });
  }

  #body(message: Members, place: string): string {
    const given = BODY_MEMBERS.filter((name) => message[name] !== undefined);
    if (given.length !== 1) this.#read.fault(place, 'must have exactly one of "body", "text", and "file"');
    else if (given[0] === 'body') return this.#jsonAt(...segmentsOf(place), 'body');
    else if (given[0] === 'text') return this.#read.text(message.text, `${place}.text`) ?? '';
    else return this.#bodyFile(message.file, `${place}.file`);
    return '';
  }

  #bodyFile(value: unknown, place: string): string {
    const file = this.#read.text(value, place);
    if (file === undefined) return '';
    try {
      return readFileSync(join(dirname(this.#file), file), 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      this.#read.fault(place, `cannot be read: ${(error as Error).message}`);
      return '';
    }
  }

  #sentAt(value: unknown, place: string): number | undefined {
    if (value === undefined) return undefined;
    const ms = typeof value === 'number' || typeof value === 'string' ? instantMs(String(value)) : undefined;
    if (ms === undefined)
      this.#read.fault(place, 'must be milliseconds since 1970 or ISO 8601 with a zone, like 2026-06-01T12:00:00Z');
    return ms;
  }

  #attributes(value: unknown, place: string): Record<string, MessageAttribute> {
    if (value === undefined) return {};
    const entries = Object.entries(this.#read.members(value, place));
    return Object.fromEntries(entries.map(([name, one]) => [name, this.#attribute(one, `${place}.${name}`)]));
  }

  #attribute(value: unknown, place: string): MessageAttribute {
    if (typeof value === 'number') return { type: 'Number', value: this.#jsonAt(...segmentsOf(place)) };
    if (typeof value === 'string') return { type: 'String', value };
    const { type, value: text } = this.#read.members(value, place, ['type', 'value']);
    return {
      type: this.#read.text(type, `${place}.type`) ?? 'String',
      value: this.#read.text(text, `${place}.value`) ?? '',
    };
  }

  /** Returns the JSON of a value with its numbers as they are written. */
  #jsonAt(...segments: readonly string[]): string {
    const { json } = this.#document;
    const span = spanAt(json, wholeSpan(json), segments);
    return span === undefined ? '' : spanText(json, span);
  }

  #textAt(...segments: readonly string[]): string {
    const json = this.#jsonAt(...segments);
    return json.startsWith('"') ? JSON.parse(json) : json;
  }
}

/** Returns the steps of a place whose names contain neither dots nor brackets, which holds above every free name. */
const segmentsOf = (place: string): string[] => {
  const [, fixed = '', free] = /^((?:\.\w+|\[\d+\])*?\.attributes|(?:\.\w+|\[\d+\])*)(?:\.(.*))?$/s.exec(place) ?? [];
  const steps = [...fixed.matchAll(/\w+/g)].map(([step]) => step);
  return free === undefined ? steps : [...steps, free];
};
