/** Writes the scalar members of one object as fields of their own names, on the fast path. */

import { isObject, isScalar, type Json } from '../json/json.ts';
import { type Header, header } from '../lines/header.ts';
import { NOT_PLAIN } from '../lines/line-bytes.ts';
import { Shapes } from '../lines/shapes.ts';
import { type MappingRule, MEMBERS_MAX } from '../mapping/mapping.ts';
import { resolvePath } from '../mapping/path.ts';
import { columnNames } from './column-headers.ts';
import { namedColumns } from './event-context.ts';
import type { EventInput } from './event-input.ts';
import { type MemberSource, memberSources } from './members.ts';
import { writeFieldMember } from './wildcard-bytes.ts';

/** Returns the writer of a rule whose only wildcard takes the scalar members of one object; otherwise `undefined`. */
export const plainMembers = (rule: MappingRule): MemberWriter | undefined => {
  const { tags, fields } = memberSources(rule);
  const [source, ...others] = fields;
  if (source === undefined || others.length > 0 || tags.length > 0) return undefined;
  return source.isPlain && rule.nullTexts.size === 0 ? new MemberWriter(source, rule) : undefined;
};

/** Stands for a member that the rule uses in another way. */
const SKIPPED: Header = header('');

/** Writes the members that a wildcard takes. */
export class MemberWriter {
  readonly #source: MemberSource;
  readonly #shapes: Shapes;
  readonly #ignoresNulls: boolean;

  constructor(source: MemberSource, rule: MappingRule) {
    const names = columnNames('field');
    const columns = namedColumns(rule);
    this.#source = source;
    this.#shapes = new Shapes((name) => {
      if (source.skip.has(name)) return SKIPPED;
      // The point converter refuses a member with the name of a column that the rule declares.
      return columns.has(name) ? undefined : names.header(name);
    });
    this.#ignoresNulls = rule.nulls === 'ignore';
  }

  /** Writes the members of an event. Returns the position after them, or `NOT_PLAIN`. */
  write(input: EventInput, bytes: Buffer, view: DataView, start: number, limit: number): number {
    const object = resolvePath(this.#source.rule.path, input);
    if (!isObject(object)) return start;
    const { names, headers } = this.#shapes.of(Object.keys(object));
    let at = start;
    let count = 0;
    for (let index = 0; index < names.length; index++) {
      const head = headers[index];
      if (head === SKIPPED) continue;
      const value = object[names[index] as string] as Json;
      if (value === null && this.#ignoresNulls) {
        input.altered += 1;
        count += 1;
        continue;
      }
      if (!isScalar(value)) continue;
      count += 1;
      at = writeFieldMember(bytes, view, at, head, value, limit);
      if (at < 0) return NOT_PLAIN;
      input.isGiven = true;
    }
    return count > MEMBERS_MAX ? NOT_PLAIN : at;
  }
}
