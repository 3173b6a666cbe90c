/**
 * Fast path for rules with wildcards (`*`, `otherFields`): writes plain events directly into bytes. The point converter
 * converts all others. Both write the same bytes.
 */

import { isObject, type Json, type JsonObject, SourceNumber } from '../json/json.ts';
import { LINE_BYTES_MAX, type LineBuffer } from '../lines/line-buffer.ts';
import { NOT_PLAIN, writeTime } from '../lines/line-bytes.ts';
import { type FieldRule, type MappingRule, MEMBERS_MAX } from '../mapping/mapping.ts';
import { followPlain, type PlainPath, plainPath, resolveFirst, resolvePath } from '../mapping/path.ts';
import { isRefusal } from '../refusal.ts';
import { columnNames } from './column-headers.ts';
import type { FastPath } from './encoder.ts';
import {
  type EventInput,
  type MemberSource,
  measurementOf,
  memberSources,
  namedColumns,
  timeOf,
} from './event-context.ts';
import { SERIES_BYTES_MAX } from './point-converter.ts';
import { writeFieldMember, writeMeasurement, writeTagMember } from './wildcard-bytes.ts';

const SPACE = 32;
const NEWLINE = 10;

const JSON_TYPES = { float: 'number', integer: 'number', boolean: 'boolean', string: 'string' } as const;

/** The fast path of a rule with wildcards. */
export class WildcardEncoder implements FastPath {
  readonly #rule: MappingRule;
  readonly #tagSources: readonly MemberSource[];
  readonly #fieldSources: readonly MemberSource[];
  readonly #columns: ReadonlySet<string>;
  readonly #plainPaths: ReadonlyMap<MappingRule['tags'][number] | FieldRule, PlainPath | undefined>;
  readonly #measurements = columnNames('measurement');
  readonly #tagNames = columnNames('tag');
  readonly #fieldNames = columnNames('field');

  constructor(rule: MappingRule) {
    this.#rule = rule;
    const sources = memberSources(rule);
    this.#tagSources = sources.tags;
    this.#fieldSources = sources.fields;
    this.#columns = namedColumns(rule);
    this.#plainPaths = new Map([...rule.tags, ...rule.fields].map((column) => [column, plainPath(column.paths)]));
  }

  write(input: EventInput, out: LineBuffer): number {
    out.reserve(0);
    const { bytes, length: start } = out;
    const limit = start + LINE_BYTES_MAX;
    const measurement = measurementOf(this.#rule, input);
    if (typeof measurement === 'object') return NOT_PLAIN;
    const tags = this.#plainTags(input);
    if (tags === undefined) return NOT_PLAIN;
    let at = writeMeasurement(bytes, start, this.#measurements, measurement, limit);
    for (let i = 0; i < tags.length && at >= 0; i += 2) {
      at = writeTagMember(bytes, at, this.#tagNames, tags[i] as string, tags[i + 1] as string, limit);
    }
    if (at < 0 || at - start > SERIES_BYTES_MAX) return NOT_PLAIN;
    const fieldsStart = at;
    at = this.#writeNamedFields(input, bytes, at, limit);
    if (at >= 0) at = this.#writeMembers(input, bytes, at, limit, tags);
    if (at <= fieldsStart) return NOT_PLAIN;
    bytes[fieldsStart] = SPACE;
    return this.#writeEnd(input, bytes, at, limit);
  }

  #valueOf(column: MappingRule['tags'][number] | FieldRule, input: EventInput): Json | undefined {
    const plain = this.#plainPaths.get(column);
    return plain === undefined ? resolveFirst(column.paths, input) : followPlain(plain, input.event, input.root);
  }

  /** Returns names and values alternately, sorted by name; `undefined` if one of them is not plain text. */
  #plainTags(input: EventInput): string[] | undefined {
    const pairs: [string, string][] = [];
    for (const tag of this.#rule.tags) {
      const found = this.#valueOf(tag, input);
      // A null is not an absent value. The point converter omits it and counts it.
      const value = found === undefined ? tag.default : found;
      if (value === undefined && !tag.required) continue;
      if (typeof value !== 'string' || value === '') return undefined;
      pairs.push([tag.name, value]);
    }
    for (const { path, skip } of this.#tagSources) {
      const object = resolvePath(path, input);
      if (!isObject(object)) continue;
      for (const name of Object.keys(object)) {
        const value = object[name] as Json;
        if (skip.has(name) || (typeof value === 'object' && value !== null && !(value instanceof SourceNumber)))
          continue;
        if (typeof value !== 'string' || value === '' || this.#columns.has(name)) return undefined;
        pairs.push([name, value]);
      }
    }
    if (this.#tagSources.length > 0) pairs.sort(([a], [b]) => (a < b ? -1 : 1));
    // Several objects may contain the same name; one object cannot.
    if (this.#tagSources.length > 1 || pairs.length > MEMBERS_MAX) return undefined;
    return pairs.flat();
  }

  #writeNamedFields(input: EventInput, bytes: Buffer, start: number, limit: number): number {
    let at = start;
    for (const field of this.#rule.fields) {
      const value = this.#valueOf(field, input);
      if (value === undefined) continue;
      if (field.byType !== undefined || (field.type !== 'value' && typeof value !== JSON_TYPES[field.type]))
        return NOT_PLAIN;
      const integer = field.type === 'integer';
      if (integer && !input.source.integersPlain()) return NOT_PLAIN;
      at = writeFieldMember(bytes, at, this.#fieldNames, field.name, value, integer, limit);
      if (at < 0) return NOT_PLAIN;
    }
    return at;
  }

  #writeMembers(input: EventInput, bytes: Buffer, start: number, limit: number, tags: readonly string[]): number {
    if (this.#fieldSources.length > 1) return NOT_PLAIN;
    const [source] = this.#fieldSources;
    const object = source === undefined ? undefined : resolvePath(source.path, input);
    return source === undefined || !isObject(object)
      ? start
      : this.#writeObject(object, source.skip, bytes, start, limit, tags);
  }

  #writeObject(
    object: JsonObject,
    skip: ReadonlySet<string>,
    bytes: Buffer,
    start: number,
    limit: number,
    tags: readonly string[],
  ): number {
    let at = start;
    let count = 0;
    for (const name of Object.keys(object)) {
      const value = object[name] as Json;
      if (skip.has(name) || (typeof value === 'object' && value !== null && !(value instanceof SourceNumber))) continue;
      if (this.#columns.has(name) || (this.#tagSources.length > 0 && isTagName(tags, name)) || ++count > MEMBERS_MAX)
        return NOT_PLAIN;
      at = writeFieldMember(bytes, at, this.#fieldNames, name, value, false, limit);
      if (at < 0) return NOT_PLAIN;
    }
    return at;
  }

  #writeEnd(input: EventInput, bytes: Buffer, start: number, limit: number): number {
    const time = timeOf(this.#rule, input);
    if (isRefusal(time)) return NOT_PLAIN;
    bytes[start] = SPACE;
    const end = writeTime(bytes, start + 1, time.seconds, time.nanos);
    bytes[end] = NEWLINE;
    return end + 1 > limit ? NOT_PLAIN : end + 1;
  }
}

const isTagName = (tags: readonly string[], name: string): boolean => {
  for (let i = 0; i < tags.length; i += 2) if (tags[i] === name) return true;
  return false;
};
