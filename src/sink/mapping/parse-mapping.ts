/** Parses the declaration of a mapping (JSON). All faults are found in one pass, each with its place and its remedy. */

import type { Json, JsonKind } from '../json/json.ts';
import type { Target } from '../ports.ts';
import { columnFaults, type PlacedRule } from './column-conflicts.ts';
import { type Declared, FaultCollector, isDeclared, shown } from './fault-collector.ts';
import type {
  Condition,
  FieldRule,
  FieldType,
  Mapping,
  MappingRule,
  MeasurementRule,
  TagRule,
  TargetNameRule,
  TimeRule,
  ValuePolicy,
} from './mapping.ts';
import { FIELD_TYPES, PRECISIONS } from './mapping.ts';
import { checkName, checkTagValue, databaseNameFault } from './name-rules.ts';
import { isWholeObject, type Path } from './path.ts';

const SHARED_KEYS = ['events', 'otherFields', 'nulls', 'mismatch', 'newlines', 'database', 'retentionPolicy'];
const RULE_KEYS = ['measurement', 'timestamp', 'tags', 'fields'];
const KINDS = ['string', 'number', 'boolean', 'null', 'object', 'array'];

/**
 * Parses a mapping and returns it, or returns all faults, as sentences. Never throws.
 *
 * @param declared - The declaration, parsed from JSON. docs/mapping describes it.
 * @param configured - Target of rules that name none. With it, a rule that names this target is compared with them.
 * @example
 * const parsed = parseMapping({ version: 1, measurement: 'room', fields: { temp: 'temp' } });
 * if ('faults' in parsed) throw new Error(parsed.faults.join('\n'));
 */
export const parseMapping = (
  declared: unknown,
  configured?: Target,
): { mapping: Mapping } | { faults: readonly string[] } => {
  const reader = new MappingReader();
  const mapping = reader.mapping(declared);
  reader.faults.push(...columnFaults(reader.rules, configured));
  return mapping === undefined || reader.faults.length > 0 ? { faults: reader.faults } : { mapping };
};

/** Reads one declaration. */
class MappingReader {
  /** Every rule that could be read, also those with faults. */
  readonly rules: PlacedRule[] = [];
  readonly #read = new FaultCollector();

  get faults(): string[] {
    return this.#read.faults;
  }

  mapping(declared: unknown): Mapping | undefined {
    if (!isDeclared(declared)) return this.#read.fault('mapping', `must be a JSON object, got ${shown(declared)}`);
    if (declared.version !== 1) this.#read.fault('mapping.version', `must be 1, got ${shown(declared.version)}`);
    const several = declared.mappings !== undefined;
    this.#read.unknownKeys(declared, 'mapping', ['version', 'mappings', ...SHARED_KEYS, ...(several ? [] : RULE_KEYS)]);
    if (!several) return { events: undefined, rules: [this.rule(declared, 'mapping', undefined)] };
    const list = declared.mappings;
    if (!Array.isArray(list) || list.length === 0) {
      return this.#read.fault('mapping.mappings', `must be an array of at least one mapping, got ${shown(list)}`);
    }
    const rules = list.map((entry, index) => this.ruleOfSeveral(entry, `mapping.mappings[${index}]`, declared));
    this.unreachable(list);
    return {
      events: this.eventsPath(declared.events, 'mapping.events'),
      rules: rules.filter((rule) => rule !== undefined),
    };
  }

  /** Adds a fault for rules after one without a condition, because the first rule that matches applies. */
  unreachable(list: readonly unknown[]): void {
    const first = list.findIndex((entry) => isDeclared(entry) && entry.when === undefined);
    if (first >= 0 && first < list.length - 1)
      this.#read.fault(
        `mapping.mappings[${first}]`,
        'has no "when", so it takes every event. It must come last or have a "when".',
      );
  }

  ruleOfSeveral(entry: unknown, place: string, shared: Declared): MappingRule | undefined {
    if (!isDeclared(entry)) return this.#read.fault(place, `must be an object, got ${shown(entry)}`);
    this.#read.unknownKeys(entry, place, ['when', ...SHARED_KEYS, ...RULE_KEYS]);
    if (entry.events !== undefined && shared.events !== undefined) {
      this.#read.fault(
        `${place}.events`,
        'is already set at the top for all mappings. Set it in one of the two places.',
      );
    }
    return this.rule({ ...shared, events: undefined, ...entry }, place, entry.when, shared.events !== undefined);
  }

  rule(declared: Declared, place: string, when: unknown, sharedEvents = false): MappingRule {
    this.#read.rootIsEvent = declared.events === undefined && !sharedEvents;
    const tags = this.tags(declared.tags, `${place}.tags`);
    const fields = this.fields(declared.fields, `${place}.fields`);
    const otherFields =
      this.#read.choice(declared.otherFields, `${place}.otherFields`, ['ignore', 'include']) === 'include';
    if (fields.rules.length === 0 && fields.from.length === 0 && !otherFields) {
      this.#read.fault(`${place}.fields`, 'must name at least one field (or set "otherFields": "include")');
    }
    const rule: MappingRule = {
      ...this.policy(declared, place),
      when: this.condition(when, `${place}.when`),
      events: this.eventsPath(declared.events, `${place}.events`),
      database: this.targetName(declared.database, `${place}.database`),
      retentionPolicy: this.targetName(declared.retentionPolicy, `${place}.retentionPolicy`),
      measurement: this.measurement(declared.measurement, `${place}.measurement`),
      timestamp: this.timestamp(declared.timestamp, `${place}.timestamp`),
      tags: tags.rules.sort((a, b) => (a.name < b.name ? -1 : 1)),
      tagsFrom: tags.from,
      fields: fields.rules,
      fieldsFrom: fields.from,
      otherFields,
    };
    this.rules.push({ rule, place });
    return rule;
  }

  policy(declared: Declared, place: string): ValuePolicy {
    return {
      nulls: this.#read.choice(declared.nulls, `${place}.nulls`, ['ignore', 'refuse']),
      mismatch: this.#read.choice(declared.mismatch, `${place}.mismatch`, ['refuse', 'coerce']),
      newlines: this.#read.choice(declared.newlines, `${place}.newlines`, ['escape', 'refuse']),
    };
  }

  measurement(declared: unknown, place: string): MeasurementRule {
    if (typeof declared === 'string') {
      this.#read.refusal(checkName('measurement', declared, place));
      return { constant: declared };
    }
    const rule = this.#read.object(
      declared,
      place,
      ['path', 'prefix', 'default'],
      'text or {"path", "prefix", "default"}',
    );
    const prefix = this.#read.optionalText(rule.prefix, `${place}.prefix`) ?? '';
    const fallback = this.#read.optionalText(rule.default, `${place}.default`);
    // If a prefix cannot begin a name, every event would be refused, whatever name follows it.
    if (prefix !== '') this.#read.refusal(checkName('measurement', `${prefix}x`, `${place}.prefix`));
    if (fallback !== undefined) this.#read.refusal(checkName('measurement', prefix + fallback, `${place}.default`));
    return { paths: this.#read.valuePaths(rule.path, `${place}.path`), prefix, default: fallback };
  }

  timestamp(declared: unknown, place: string): TimeRule | undefined {
    if (declared === undefined) return undefined;
    const rule =
      typeof declared === 'string'
        ? { path: declared }
        : this.#read.object(
            declared,
            place,
            ['path', 'precision', 'missing'],
            'a path or {"path", "precision", "missing"}',
          );
    return {
      paths: this.#read.valuePaths(rule.path, `${place}.path`),
      precision: this.#read.choice(rule.precision, `${place}.precision`, PRECISIONS, 'ms'),
      missing: this.#read.choice(rule.missing, `${place}.missing`, ['refuse', 'message']),
    };
  }

  tags(declared: unknown, place: string): { rules: TagRule[]; from: Path[] } {
    const rules: TagRule[] = [];
    const from: Path[] = [];
    for (const [name, entry] of this.#read.entries(declared, place)) {
      const here = `${place}.${name}`;
      if (name === '*') from.push(...this.#read.paths(entry, here));
      else rules.push(this.tag(name, entry, here));
    }
    return { rules, from };
  }

  tag(name: string, entry: unknown, place: string): TagRule {
    this.#read.refusal(checkName('tag', name, place));
    if (typeof entry === 'string' || Array.isArray(entry)) {
      return { name, paths: this.#read.valuePaths(entry, place), default: undefined, required: false };
    }
    const rule = this.#read.object(
      entry,
      place,
      ['path', 'default', 'required'],
      'a path or {"path", "default", "required"}',
    );
    const fallback = this.#read.optionalText(rule.default, `${place}.default`);
    if (fallback !== undefined) this.#read.refusal(checkTagValue(fallback, `${place}.default`));
    const required = this.#read.flag(rule.required, `${place}.required`);
    if (required && fallback !== undefined)
      this.#read.fault(place, 'has a default and is required. Choose one of them.');
    return {
      name,
      paths: this.#read.valuePaths(rule.path, `${place}.path`),
      default: fallback === '' ? undefined : fallback,
      required,
    };
  }

  fields(declared: unknown, place: string): { rules: FieldRule[]; from: Path[] } {
    const rules: FieldRule[] = [];
    const from: Path[] = [];
    for (const [name, entry] of this.#read.entries(declared, place)) {
      const here = `${place}.${name}`;
      if (name === '*') from.push(...this.#read.paths(entry, here));
      else rules.push(this.field(name, entry, here));
    }
    return { rules, from };
  }

  field(name: string, entry: unknown, place: string): FieldRule {
    if (typeof entry === 'string' || Array.isArray(entry)) {
      this.#read.refusal(checkName('field', name, place));
      return { name, paths: this.#read.valuePaths(entry, place), type: 'float', byType: undefined };
    }
    const rule = this.#read.object(
      entry,
      place,
      ['path', 'type', 'byType'],
      'a path or {"path", "type"} or {"path", "byType"}',
    );
    const paths = this.#read.valuePaths(rule.path, `${place}.path`);
    if (rule.byType !== undefined) {
      if (rule.type !== undefined) this.#read.fault(place, 'has both "type" and "byType". Choose one of them.');
      return { name, paths, type: 'value', byType: this.byType(rule.byType, `${place}.byType`) };
    }
    this.#read.refusal(checkName('field', name, place));
    // An invalid type is reported here only. It is not compared with other mappings, which may be right.
    const type = this.#read.choice<FieldType>(rule.type, `${place}.type`, FIELD_TYPES, 'float', 'value');
    return { name, paths, type: isDeclared(entry) ? type : 'value', byType: undefined };
  }

  byType(declared: unknown, place: string): FieldRule['byType'] {
    const rule = this.#read.object(
      declared,
      place,
      ['number', 'string', 'boolean'],
      '{"number", "string", "boolean"} with a field name each',
    );
    const names: Record<string, string> = {};
    for (const [kind, name] of Object.entries(rule)) {
      if (typeof name !== 'string') this.#read.fault(`${place}.${kind}`, `must be a field name, got ${shown(name)}`);
      else {
        this.#read.refusal(checkName('field', name, `${place}.${kind}`));
        names[kind] = name;
      }
    }
    if (Object.keys(rule).length === 0)
      this.#read.fault(place, 'must name a field for at least one of number, string, boolean');
    return names;
  }

  targetName(declared: unknown, place: string): TargetNameRule | undefined {
    if (declared === undefined) return undefined;
    if (typeof declared === 'string') {
      this.databaseName(declared, place);
      return { constant: declared };
    }
    const rule = this.#read.object(
      declared,
      place,
      ['path', 'allow', 'default'],
      'a name or {"path", "allow", "default"}',
    );
    const allow = rule.allow;
    if (
      !Array.isArray(allow) ||
      allow.length === 0 ||
      !allow.every((name) => typeof name === 'string' && name !== '')
    ) {
      this.#read.fault(`${place}.allow`, `must list the names that events may choose, got ${shown(allow)}`);
    } else for (const name of allow) this.databaseName(name, `${place}.allow`);
    const fallback = this.#read.optionalText(rule.default, `${place}.default`);
    if (fallback !== undefined) this.databaseName(fallback, `${place}.default`);
    return {
      paths: this.#read.valuePaths(rule.path, `${place}.path`),
      allow: Array.isArray(allow) ? allow.map(String) : [],
      default: fallback,
    };
  }

  databaseName(name: string, place: string): void {
    const fault = databaseNameFault(name);
    if (fault !== undefined) this.#read.fault(place, `${fault}, got ${shown(name)}`);
  }

  condition(declared: unknown, place: string): Condition | undefined {
    if (declared === undefined) return undefined;
    const rule = this.#read.object(
      declared,
      place,
      ['path', 'equals', 'in', 'exists', 'type'],
      '{"path"} with one of "equals", "in", "exists", "type"',
    );
    const paths = this.#read.paths(rule.path, `${place}.path`);
    const tests = ['equals', 'in', 'exists', 'type'].filter((test) => rule[test] !== undefined);
    if (tests.length !== 1) {
      return this.#read.fault(place, `must have exactly one of "equals", "in", "exists", "type", got ${tests.length}`);
    }
    if (tests[0] === 'exists')
      return { paths, test: 'exists', exists: this.#read.flag(rule.exists, `${place}.exists`) };
    if (tests[0] === 'type')
      return { paths, test: 'type', type: this.#read.choice(rule.type, `${place}.type`, KINDS) as JsonKind };
    for (const path of paths) this.#read.refuseWholeObject(path, `${place}.path`);
    const values = tests[0] === 'equals' ? [rule.equals] : rule.in;
    if (
      !Array.isArray(values) ||
      values.length === 0 ||
      values.some((value) => typeof value === 'object' && value !== null)
    ) {
      return this.#read.fault(
        `${place}.${tests[0]}`,
        `must contain only text, numbers, booleans or null, got ${shown(rule[tests[0] as string])}`,
      );
    }
    const inexact = values.find(
      (value) => typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value),
    );
    if (inexact !== undefined)
      this.#read.fault(
        `${place}.${tests[0]}`,
        `must not contain integers beyond 2^53-1, because JSON does not keep them exact. Write them as text in the events, or use another path.`,
      );
    return { paths, test: 'in', values: values as readonly Json[] };
  }

  eventsPath(declared: unknown, place: string): Path | undefined {
    const path = declared === undefined ? undefined : this.#read.path(declared, place);
    if (path === undefined) return undefined;
    if ((path.root === 'event' || path.root === 'root') && !isWholeObject(path)) return path;
    return this.#read.fault(place, `must lead to an array of the event itself, got ${shown(declared)}`);
  }
}
