/** The table into which a rule is compiled for the fast path: one entry for each tag and field, with its header. */

import { memberPattern } from '../json/only-member.ts';
import { type Header, header } from '../lines/header.ts';
import { type FieldRule, fieldNames, type MappingRule, type TagRule } from '../mapping/mapping.ts';
import { escapeName } from '../mapping/name-rules.ts';
import { codeOf, type Path, type PlainPath, plainPath } from '../mapping/path.ts';
import { isComposed } from '../mapping/plain-rule.ts';

/** A tag in the table. */
export interface TagColumn {
  readonly rule: TagRule;
  /** Whether the value does not come from a path alone, so that `tagOf` reads it. */
  readonly isComposed: boolean;
  readonly plain: PlainPath | undefined;
  readonly read: Path['read'];
  readonly header: Header;
}

/** Marks a column of floats. */
export const FLOAT = 0;
/** Marks a column of integers. */
export const INTEGER = 1;
const BOOLEAN = 2;
/** Marks a column of strings. */
export const STRING = 3;
/** Marks a column whose type follows from the value. */
export const BY_VALUE = 4;
const KINDS = { float: FLOAT, integer: INTEGER, boolean: BOOLEAN, string: STRING, value: BY_VALUE } as const;

/** Columns by the type of the value; `undefined` if the rule has no column for a type. */
export interface HeadersByType {
  readonly number: Header | undefined;
  readonly string: Header | undefined;
  readonly boolean: Header | undefined;
}

/** A field in the table. */
export interface FieldColumn {
  readonly rule: FieldRule;
  /** Whether `fieldOf` reads and converts every value, because it is not written as it is at its path. */
  readonly isComposed: boolean;
  readonly plain: PlainPath | undefined;
  readonly read: Path['read'];
  readonly kind: number;
  readonly headers: HeadersByType;
  /** Headers of all names that the field may have. */
  readonly headerByName: ReadonlyMap<string, Header>;
  /** Name of the member with the value, as `SourceText` searches for it. */
  readonly pattern: string | undefined;
  /** The header of a column that does not depend on the type of the value. */
  readonly header: Header;
}

const columnHeader = (name: string): Header => header(`,${escapeName(name)}=`);

const headersByType = ({ name, byType }: FieldRule): HeadersByType => {
  const headerOf = (own: string | undefined): Header | undefined => (own === undefined ? undefined : columnHeader(own));
  const names = byType ?? { number: name, string: name, boolean: name };
  return { number: headerOf(names.number), string: headerOf(names.string), boolean: headerOf(names.boolean) };
};

const headerByName = (field: FieldRule): ReadonlyMap<string, Header> =>
  new Map(fieldNames(field).map((own) => [own, columnHeader(own)]));

/** Returns the column of a tag. */
export const tagColumn = (tag: TagRule, rule: MappingRule): TagColumn => ({
  rule: tag,
  isComposed: isComposed(tag, rule),
  plain: plainPath(tag.paths),
  read: codeOf(tag.paths),
  header: columnHeader(tag.name),
});

/** Returns the column of a field. */
export const fieldColumn = (field: FieldRule, rule: MappingRule): FieldColumn => {
  const plain = plainPath(field.paths);
  return {
    rule: field,
    isComposed: isComposed(field, rule),
    plain,
    // With several paths, the value may be that of another member.
    pattern: plain && memberPattern(plain.rest.at(-1) ?? plain.first),
    read: codeOf(field.paths),
    kind: KINDS[field.type],
    headers: headersByType(field),
    headerByName: headerByName(field),
    header: columnHeader(field.name),
  };
};
