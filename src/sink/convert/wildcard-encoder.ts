/**
 * Fast path for rules with wildcards (`*`, `otherFields`): writes plain events directly into bytes. The point converter
 * converts all others. Both write the same bytes.
 */

import { isObject, isScalar, type Json, type JsonObject } from '../json/json.ts';
import { LINE_BYTES_MAX, type LineBuffer, SERIES_BYTES_MAX } from '../lines/line-buffer.ts';
import { NOT_PLAIN } from '../lines/line-bytes.ts';
import { type FieldRule, type MappingRule, MEMBERS_MAX } from '../mapping/mapping.ts';
import { followPlain, type PlainPath, plainPath, resolveFirst, resolvePath } from '../mapping/path.ts';
import { isComposed } from '../mapping/plain-rule.ts';
import { isRefusal } from '../refusal.ts';
import { columnNames } from './column-headers.ts';
import { fieldOf, tagOf } from './columns.ts';
import type { FastPath } from './encoder.ts';
import { measurementOf, namedColumns, needsOwnValue } from './event-context.ts';
import type { EventInput } from './event-input.ts';
import { collectMembers, type Member, type MemberSource, memberSources } from './members.ts';
import { TimeWriter } from './time-writer.ts';
import { writeFieldMember, writeIntegerMember, writeMeasurement, writeTagMember } from './wildcard-bytes.ts';

const SPACE = 32;
const NEWLINE = 10;

const JSON_TYPES = { float: 'number', integer: 'number', boolean: 'boolean', string: 'string' } as const;

type Column = MappingRule['tags'][number] | FieldRule;

/** The fast path of a rule with wildcards. */
export class WildcardEncoder implements FastPath {
  readonly #rule: MappingRule;
  readonly #tagSources: readonly MemberSource[];
  readonly #fieldSources: readonly MemberSource[];
  /** Whether names of tags or of fields may repeat, or whether values must be compared with texts that count as null. */
  readonly #checksTags: boolean;
  readonly #checksFields: boolean;
  readonly #columns: ReadonlySet<string>;
  readonly #composed: ReadonlySet<Column>;
  readonly #plainPaths: ReadonlyMap<Column, PlainPath | undefined>;
  readonly #measurements = columnNames('measurement');
  readonly #tagNames = columnNames('tag');
  readonly #fieldNames = columnNames('field');
  readonly #needsOwnValue: boolean;
  readonly #time: TimeWriter;

  constructor(rule: MappingRule) {
    this.#rule = rule;
    const sources = memberSources(rule);
    this.#tagSources = sources.tags;
    this.#fieldSources = sources.fields;
    const checks = (list: readonly MemberSource[]): boolean =>
      list.length > 1 || rule.nullTexts.size > 0 || list.some(({ isPlain }) => !isPlain);
    this.#checksTags = checks(sources.tags);
    this.#checksFields = checks(sources.fields);
    this.#columns = namedColumns(rule);
    const columns: readonly Column[] = [...rule.tags, ...rule.fields];
    this.#composed = new Set(
      columns.filter((column) => isComposed(column, rule) || ('byType' in column && column.byType !== undefined)),
    );
    this.#plainPaths = new Map(columns.map((column) => [column, plainPath(column.paths)]));
    this.#needsOwnValue = needsOwnValue(rule);
    this.#time = new TimeWriter(rule);
  }

  write(input: EventInput, out: LineBuffer): number {
    out.reserve(0);
    const { bytes, view, length: start } = out;
    const limit = start + LINE_BYTES_MAX;
    const measurement = measurementOf(this.#rule, input);
    if (typeof measurement === 'object') return NOT_PLAIN;
    const tags = this.#plainTags(input);
    if (tags === undefined) return NOT_PLAIN;
    let at = writeMeasurement(view, start, this.#measurements, measurement, limit);
    for (let i = 0; i < tags.length && at >= 0; i += 2) {
      at = writeTagMember(bytes, view, at, this.#tagNames.header(tags[i] as string), tags[i + 1] as string, limit);
    }
    if (at < 0 || at - start > SERIES_BYTES_MAX) return NOT_PLAIN;
    const fieldsStart = at;
    out.seriesEnd = at;
    input.isGiven = !this.#needsOwnValue;
    at = this.#writeNamedFields(input, bytes, view, at, limit);
    if (at >= 0) at = this.#writeMembers(input, { bytes, view, start: at, limit, tags });
    if (at <= fieldsStart || !input.isGiven) return NOT_PLAIN;
    bytes[fieldsStart] = SPACE;
    return this.#writeEnd(input, bytes, at, limit);
  }

  #valueOf(column: Column, input: EventInput): Json | undefined {
    const plain = this.#plainPaths.get(column);
    return plain === undefined ? resolveFirst(column.paths, input) : followPlain(plain, input.event, input.root);
  }

  /** Returns names and values alternately, sorted by name; `undefined` if one of them is not plain text. */
  #plainTags(input: EventInput): string[] | undefined {
    const pairs: [string, string][] = [];
    for (const tag of this.#rule.tags) {
      const value = this.#composed.has(tag) ? tagOf(tag, this.#rule, input) : this.#plainTag(tag, input);
      if (value === undefined && !tag.required) continue;
      if (typeof value !== 'string' || value === '') return undefined;
      pairs.push([tag.name, value]);
    }
    const isPlain = this.#checksTags ? this.#checkedTags(input, pairs) : this.#memberTags(input, pairs);
    if (!isPlain) return undefined;
    if (this.#tagSources.length > 0) pairs.sort(([a], [b]) => (a < b ? -1 : 1));
    if (pairs.length > MEMBERS_MAX || (this.#checksTags && hasRepeated(pairs))) return undefined;
    return pairs.flat();
  }

  /** Returns the value of a tag at its path. A null is not an absent value: the point converter omits and counts it. */
  #plainTag(tag: MappingRule['tags'][number], input: EventInput): Json | undefined {
    const found = this.#valueOf(tag, input);
    return found === undefined ? tag.default : found;
  }

  /** Adds the members of the only object that becomes tags. Returns `false` if one of them is not plain. */
  #memberTags(input: EventInput, pairs: [string, string][]): boolean {
    const [source] = this.#tagSources;
    const object = source === undefined ? undefined : resolvePath(source.rule.path, input);
    if (source === undefined || !isObject(object)) return true;
    for (const name of Object.keys(object)) {
      const value = object[name] as Json;
      if (source.skip.has(name) || !isScalar(value)) continue;
      if (typeof value !== 'string' || value === '' || this.#columns.has(name)) return false;
      pairs.push([name, value]);
    }
    return true;
  }

  #checkedTags(input: EventInput, pairs: [string, string][]): boolean {
    for (const { name, value } of membersOf(this.#tagSources, input)) {
      if (typeof value !== 'string' || value === '' || this.#rule.nullTexts.has(value) || this.#columns.has(name))
        return false;
      pairs.push([name, value]);
    }
    return true;
  }

  #writeNamedFields(input: EventInput, bytes: Buffer, view: DataView, start: number, limit: number): number {
    let at = start;
    for (const field of this.#rule.fields) {
      at = this.#composed.has(field)
        ? this.#writeComposed(field, input, bytes, view, at, limit)
        : this.#writePlain(field, input, bytes, view, at, limit);
      if (at < 0) return NOT_PLAIN;
    }
    return at;
  }

  #writePlain(field: FieldRule, input: EventInput, bytes: Buffer, view: DataView, at: number, limit: number): number {
    const value = this.#valueOf(field, input);
    if (value === undefined) return at;
    if (field.type !== 'value' && typeof value !== JSON_TYPES[field.type]) return NOT_PLAIN;
    const integer = field.type === 'integer';
    if (integer && !input.source.integersPlain()) return NOT_PLAIN;
    input.isGiven = true;
    const write = integer ? writeIntegerMember : writeFieldMember;
    return write(bytes, view, at, this.#fieldNames.header(field.name), value, limit);
  }

  #writeComposed(
    field: FieldRule,
    input: EventInput,
    bytes: Buffer,
    view: DataView,
    at: number,
    limit: number,
  ): number {
    const found = fieldOf(field, this.#rule, input);
    if (found === undefined) return at;
    if (isRefusal(found)) return NOT_PLAIN;
    const [name, { type, value }] = found;
    const write = type === 'integer' ? writeIntegerMember : writeFieldMember;
    return write(bytes, view, at, this.#fieldNames.header(name), value, limit);
  }

  #writeMembers(input: EventInput, out: MemberOutput): number {
    if (this.#checksFields) return this.#writeChecked(input, out);
    const [source] = this.#fieldSources;
    const object = source === undefined ? undefined : resolvePath(source.rule.path, input);
    return source === undefined || !isObject(object) ? out.start : this.#writeObject(object, source.skip, input, out);
  }

  #writeChecked(input: EventInput, { bytes, view, start, limit, tags }: MemberOutput): number {
    const members = membersOf(this.#fieldSources, input);
    if (members.length > MEMBERS_MAX || hasRepeatedNames(members)) return NOT_PLAIN;
    let at = start;
    for (const { name, value } of members) {
      if (this.#columns.has(name) || (this.#tagSources.length > 0 && isTagName(tags, name))) return NOT_PLAIN;
      if (typeof value === 'string' && this.#rule.nullTexts.has(value)) return NOT_PLAIN;
      at = writeFieldMember(bytes, view, at, this.#fieldNames.header(name), value, limit);
      if (at < 0) return NOT_PLAIN;
      input.isGiven = true;
    }
    return at;
  }

  #writeObject(
    object: JsonObject,
    skip: ReadonlySet<string>,
    input: EventInput,
    { bytes, view, start, limit, tags }: MemberOutput,
  ): number {
    let at = start;
    let count = 0;
    for (const name of Object.keys(object)) {
      const value = object[name] as Json;
      if (skip.has(name) || !isScalar(value)) continue;
      if (this.#columns.has(name) || (this.#tagSources.length > 0 && isTagName(tags, name)) || ++count > MEMBERS_MAX)
        return NOT_PLAIN;
      at = writeFieldMember(bytes, view, at, this.#fieldNames.header(name), value, limit);
      if (at < 0) return NOT_PLAIN;
      input.isGiven = true;
    }
    return at;
  }

  #writeEnd(input: EventInput, bytes: Buffer, start: number, limit: number): number {
    bytes[start] = SPACE;
    const end = this.#time.write(input, bytes, start + 1);
    if (end < 0) return NOT_PLAIN;
    bytes[end] = NEWLINE;
    return end + 1 > limit ? NOT_PLAIN : end + 1;
  }
}

/** Where members are written. */
interface MemberOutput {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly start: number;
  readonly limit: number;
  /** Names and values of tags, alternately. */
  readonly tags: readonly string[];
}

const membersOf = (sources: readonly MemberSource[], input: EventInput): readonly Member[] => {
  const members: Member[] = [];
  for (const source of sources) collectMembers(source, input, members);
  return members;
};

/** Whether two neighbors of a sorted list have the same name. */
const hasRepeated = (pairs: readonly (readonly [string, string])[]): boolean =>
  pairs.some(([name], index) => index > 0 && pairs[index - 1]?.[0] === name);

const hasRepeatedNames = (members: readonly Member[]): boolean =>
  new Set(members.map(({ name }) => name)).size < members.length;

const isTagName = (tags: readonly string[], name: string): boolean => {
  for (let i = 0; i < tags.length; i += 2) if (tags[i] === name) return true;
  return false;
};
