/**
 * Columns that have another type in openGemini than the mapping writes, as the server's refusals have shown. Fields of
 * such columns are converted or renamed, if their rule asks for it (`conflict`).
 */

import { SourceText } from '../json/json.ts';
import { floatText } from '../lines/float-text.ts';
import { parseOwnLine } from '../lines/parse-own-line.ts';
import type { FieldValue, Point } from '../lines/point.ts';
import { type ConflictPolicy, DEFAULT_POLICY, type Mapping } from '../mapping/mapping.ts';
import { checkName } from '../mapping/name-rules.ts';
import type { TypeConflict } from '../outcome.ts';
import { type Target, targetKey } from '../ports.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { toFieldValue } from '../values/field-value.ts';
import { pointLine } from './point-converter.ts';

/** Columns that are kept, at most. If more have conflicts, all are forgotten and learned again. */
const COLUMNS_MAX = 10_000;

/** A line whose fields were changed, so that openGemini accepts it. */
export interface ResolvedLine {
  readonly line: string;
  /** Number of changed fields. */
  readonly fields: number;
}

/** Returns the treatment of conflicts in a measurement. */
type PolicyOf = (measurement: string) => ConflictPolicy;

/**
 * Returns the treatment of conflicts by measurement, or `undefined` if every rule refuses them. A line does not show
 * its rule. Rules whose measurement comes from the event therefore share the treatment of the first one of them that
 * does not refuse.
 */
const policiesOf = (mapping: Mapping | undefined): PolicyOf | undefined => {
  const named = new Map<string, ConflictPolicy>();
  let others: ConflictPolicy = 'refuse';
  const add = (part: Mapping | undefined): void => {
    for (const rule of part?.rules ?? []) {
      if (rule.drop === true) continue;
      if ('constant' in rule.measurement) named.set(rule.measurement.constant, rule.conflict);
      else if (others === 'refuse') others = rule.conflict;
    }
    const preset = part?.preset;
    if (preset?.kind === 'rules') add(preset.mapping);
    else if (preset !== undefined && others === 'refuse') others = preset.conflict;
  };
  add(mapping);
  const isUsed = others !== 'refuse' || [...named.values()].some((policy) => policy !== 'refuse');
  return isUsed ? (measurement) => named.get(measurement) ?? others : undefined;
};

/** Creates the columns of one instance. Returns `undefined` if every rule of the mapping refuses conflicts. */
export const createKnownColumns = (mapping: Mapping | undefined): KnownColumns | undefined => {
  const policyOf = policiesOf(mapping);
  return policyOf === undefined ? undefined : new KnownColumns(policyOf);
};

/** The columns that one instance has learned. */
export class KnownColumns {
  readonly #policyOf: PolicyOf;
  readonly #types = new Map<string, string>();

  constructor(policyOf: PolicyOf) {
    this.#policyOf = policyOf;
  }

  /** Whether no conflict has been learned, so that no line needs a change. */
  get isEmpty(): boolean {
    return this.#types.size === 0;
  }

  /**
   * Changes the fields of a line whose columns are known to have another type. Returns `undefined` if none has, and a
   * refusal if a field cannot be changed.
   */
  applyTo(line: string, target: Target): ResolvedLine | Refusal | undefined {
    const point = parseOwnLine(line);
    const policy = this.#policyOf(point.measurement);
    return policy === 'refuse' ? undefined : this.#changed(point, target, policy);
  }

  /**
   * Learns the type of a column from the server's refusal of a line, and changes the line. Returns `undefined` if the
   * rule refuses conflicts, or if the field cannot be changed.
   */
  resolve(line: string, target: Target, { field, columnType }: TypeConflict): ResolvedLine | undefined {
    const point = parseOwnLine(line);
    const policy = this.#policyOf(point.measurement);
    if (policy === 'refuse') return undefined;
    if (this.#types.size >= COLUMNS_MAX) this.#types.clear();
    this.#types.set(keyOf(target, point.measurement, field), columnType);
    const changed = this.#changed(point, target, policy);
    return isRefusal(changed) ? undefined : changed;
  }

  /**
   * Returns `resolve` as the write path calls it.
   *
   * @param onResolved - Called with the number of changed fields of a line.
   */
  resolver(
    onResolved: (fields: number) => void,
  ): (line: string, target: Target, conflict: TypeConflict) => string | undefined {
    return (line, target, conflict) => {
      const resolved = this.resolve(line, target, conflict);
      if (resolved !== undefined) onResolved(resolved.fields);
      return resolved?.line;
    };
  }

  #changed(point: Point, target: Target, policy: ConflictPolicy): ResolvedLine | Refusal | undefined {
    const names = new Set(point.fields.map(([name]) => name));
    const fields: [string, FieldValue][] = [];
    let count = 0;
    for (const [name, value] of point.fields) {
      const type = this.#types.get(keyOf(target, point.measurement, name));
      const isConflict = type !== undefined && type !== value.type;
      const found = isConflict ? this.#resolved(name, value, type, policy, { point, target, names }) : undefined;
      if (isRefusal(found)) return found;
      fields.push(found ?? [name, value]);
      if (found !== undefined) count += 1;
    }
    return count === 0 ? undefined : { line: pointLine({ ...point, fields }), fields: count };
  }

  #resolved(
    name: string,
    value: FieldValue,
    columnType: string,
    policy: ConflictPolicy,
    { point, target, names }: { readonly point: Point; readonly target: Target; readonly names: ReadonlySet<string> },
  ): [string, FieldValue] | Refusal {
    const where = `field "${name}" of measurement "${point.measurement}"`;
    const conflict = `${where}: the column has the type ${columnType} in openGemini, and the value is of type ${value.type}`;
    if (policy === 'coerce') {
      const converted = inColumnType(value, columnType, where);
      return converted === undefined
        ? refuse('type-conflict', `${conflict}, which cannot be converted exactly`)
        : [name, converted];
    }
    const suffix = `_${value.type}`;
    const suffixed = name + suffix;
    const known = this.#types.get(keyOf(target, point.measurement, suffixed));
    // A name that has the suffix already gets no second one. The name decides this, and not what was learned: another
    // instance may have changed a line that is stored in the state table.
    if (
      name.endsWith(suffix) ||
      names.has(suffixed) ||
      (known !== undefined && known !== value.type) ||
      checkName('field', suffixed, where)
    )
      return refuse('type-conflict', `${conflict}, and "${suffixed}" cannot take it`);
    return [suffixed, value];
  }
}

/** Neither a database nor a measurement can contain a line break. */
const keyOf = (target: Target, measurement: string, field: string): string =>
  `${targetKey(target)}\n${measurement}\n${field}`;

const COLUMN_TYPES = ['float', 'integer', 'boolean', 'string'] as const;

/** Returns the value in the type of a column; `undefined` if that is not exact, or if the column is a tag. */
const inColumnType = (value: FieldValue, columnType: string, where: string): FieldValue | undefined => {
  const type = COLUMN_TYPES.find((one) => one === columnType);
  if (type === undefined) return undefined;
  const given = type === 'string' && value.type === 'float' ? floatText(value.value) : value.value;
  const context = { source: new SourceText('', true), altered: 0, omitted: 0 };
  const converted = toFieldValue(given, type, { ...DEFAULT_POLICY, coerce: true }, where, context);
  return isRefusal(converted) ? undefined : converted;
};
