/** Reads the declaration of a mapping (JSON). Every fault is found at once and named by its place and its remedy. */

import type { Json, JsonKind } from './json.ts';
import type {
  Condition,
  FieldRule,
  Mapping,
  MappingRule,
  MeasurementRule,
  TagRule,
  TargetNameRule,
  TimeRule,
  ValuePolicy,
} from './mapping.ts';
import { FIELD_TYPES } from './mapping.ts';
import { columnFaults } from './mapping-columns.ts';
import { checkName, checkTagValue } from './names.ts';
import { type Path, parsePath } from './path.ts';
import { PRECISIONS } from './time.ts';

type Declared = Record<string, unknown>;

const SHARED_KEYS = ['events', 'otherFields', 'nulls', 'mismatch', 'newlines', 'database', 'retentionPolicy'];
const RULE_KEYS = ['measurement', 'timestamp', 'tags', 'fields'];
const KINDS = ['string', 'number', 'boolean', 'null', 'object', 'array'];

const isDeclared = (value: unknown): value is Declared =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

/** Returns the mapping, or all its faults: one sentence each. */
export const readMapping = (declared: unknown): { mapping: Mapping } | { faults: readonly string[] } => {
  const reader = new MappingReader();
  const mapping = reader.mapping(declared);
  if (mapping !== undefined && reader.faults.length === 0) reader.faults.push(...columnFaults(mapping));
  return mapping === undefined || reader.faults.length > 0 ? { faults: reader.faults } : { mapping };
};

class MappingReader {
  readonly faults: string[] = [];
  /** Of the rule being read: without an array of events the event is its own root. */
  #rootIsEvent = false;

  fault(place: string, text: string): undefined {
    this.faults.push(`${place} ${text}`);
    return undefined;
  }

  mapping(declared: unknown): Mapping | undefined {
    if (!isDeclared(declared)) return this.fault('mapping', `must be a JSON object, got ${shown(declared)}`);
    if (declared.version !== 1) this.fault('mapping.version', `must be 1, got ${shown(declared.version)}`);
    const several = declared.mappings !== undefined;
    this.unknownKeys(declared, 'mapping', ['version', 'mappings', ...SHARED_KEYS, ...(several ? [] : RULE_KEYS)]);
    if (!several) return { events: undefined, rules: [this.rule(declared, 'mapping', undefined)] };
    const list = declared.mappings;
    if (!Array.isArray(list) || list.length === 0) {
      return this.fault('mapping.mappings', `must be an array of at least one mapping, got ${shown(list)}`);
    }
    const rules = list.map((entry, index) => this.ruleOfSeveral(entry, `mapping.mappings[${index}]`, declared));
    return {
      events: this.eventsPath(declared.events, 'mapping.events'),
      rules: rules.filter((rule) => rule !== undefined),
    };
  }

  ruleOfSeveral(entry: unknown, place: string, shared: Declared): MappingRule | undefined {
    if (!isDeclared(entry)) return this.fault(place, `must be an object, got ${shown(entry)}`);
    this.unknownKeys(entry, place, ['when', ...SHARED_KEYS, ...RULE_KEYS]);
    if (entry.events !== undefined && shared.events !== undefined) {
      this.fault(`${place}.events`, 'is already set for all mappings at the top; name it in one of the two places');
    }
    return this.rule({ ...shared, events: undefined, ...entry }, place, entry.when, shared.events !== undefined);
  }

  rule(declared: Declared, place: string, when: unknown, sharedEvents = false): MappingRule {
    this.#rootIsEvent = declared.events === undefined && !sharedEvents;
    const tags = this.tags(declared.tags, `${place}.tags`);
    const fields = this.fields(declared.fields, `${place}.fields`);
    const otherFields = this.choice(declared.otherFields, `${place}.otherFields`, ['ignore', 'include']) === 'include';
    if (fields.rules.length === 0 && fields.from.length === 0 && !otherFields) {
      this.fault(`${place}.fields`, 'must name at least one field (or set "otherFields": "include")');
    }
    return {
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
  }

  policy(declared: Declared, place: string): ValuePolicy {
    return {
      nulls: this.choice(declared.nulls, `${place}.nulls`, ['ignore', 'refuse']),
      mismatch: this.choice(declared.mismatch, `${place}.mismatch`, ['refuse', 'coerce']),
      newlines: this.choice(declared.newlines, `${place}.newlines`, ['escape', 'refuse']),
    };
  }

  measurement(declared: unknown, place: string): MeasurementRule {
    if (typeof declared === 'string') {
      this.refusal(checkName('measurement', declared, place));
      return { constant: declared };
    }
    const rule = this.object(declared, place, ['path', 'prefix', 'default'], 'text or {"path", "prefix", "default"}');
    const prefix = this.optionalText(rule.prefix, `${place}.prefix`) ?? '';
    const fallback = this.optionalText(rule.default, `${place}.default`);
    if (fallback !== undefined) this.refusal(checkName('measurement', prefix + fallback, `${place}.default`));
    return { paths: this.paths(rule.path, `${place}.path`), prefix, default: fallback };
  }

  timestamp(declared: unknown, place: string): TimeRule | undefined {
    if (declared === undefined) return undefined;
    const rule =
      typeof declared === 'string'
        ? { path: declared }
        : this.object(declared, place, ['path', 'precision', 'missing'], 'a path or {"path", "precision", "missing"}');
    return {
      paths: this.paths(rule.path, `${place}.path`),
      precision: this.choice(rule.precision, `${place}.precision`, PRECISIONS, 'ms'),
      missing: this.choice(rule.missing, `${place}.missing`, ['refuse', 'message']),
    };
  }

  tags(declared: unknown, place: string): { rules: TagRule[]; from: Path[] } {
    const rules: TagRule[] = [];
    const from: Path[] = [];
    for (const [name, entry] of this.entries(declared, place)) {
      const here = `${place}.${name}`;
      if (name === '*') from.push(...this.paths(entry, here));
      else rules.push(this.tag(name, entry, here));
    }
    return { rules, from };
  }

  tag(name: string, entry: unknown, place: string): TagRule {
    this.refusal(checkName('tag', name, place));
    if (typeof entry === 'string' || Array.isArray(entry)) {
      return { name, paths: this.paths(entry, place), default: undefined, required: false };
    }
    const rule = this.object(
      entry,
      place,
      ['path', 'default', 'required'],
      'a path or {"path", "default", "required"}',
    );
    const fallback = this.optionalText(rule.default, `${place}.default`);
    if (fallback !== undefined) this.refusal(checkTagValue(fallback, `${place}.default`));
    const required = this.flag(rule.required, `${place}.required`);
    if (required && fallback !== undefined) this.fault(place, 'has a default and is required: choose one of the two');
    return {
      name,
      paths: this.paths(rule.path, `${place}.path`),
      default: fallback === '' ? undefined : fallback,
      required,
    };
  }

  fields(declared: unknown, place: string): { rules: FieldRule[]; from: Path[] } {
    const rules: FieldRule[] = [];
    const from: Path[] = [];
    for (const [name, entry] of this.entries(declared, place)) {
      const here = `${place}.${name}`;
      if (name === '*') from.push(...this.paths(entry, here));
      else rules.push(this.field(name, entry, here));
    }
    return { rules, from };
  }

  field(name: string, entry: unknown, place: string): FieldRule {
    if (typeof entry === 'string' || Array.isArray(entry)) {
      this.refusal(checkName('field', name, place));
      return { name, paths: this.paths(entry, place), type: 'float', byType: undefined };
    }
    const rule = this.object(
      entry,
      place,
      ['path', 'type', 'byType'],
      'a path or {"path", "type"} or {"path", "byType"}',
    );
    const paths = this.paths(rule.path, `${place}.path`);
    if (rule.byType !== undefined) {
      if (rule.type !== undefined) this.fault(place, 'has both "type" and "byType": choose one of the two');
      return { name, paths, type: 'value', byType: this.byType(rule.byType, `${place}.byType`) };
    }
    this.refusal(checkName('field', name, place));
    return { name, paths, type: this.choice(rule.type, `${place}.type`, FIELD_TYPES), byType: undefined };
  }

  byType(declared: unknown, place: string): FieldRule['byType'] {
    const rule = this.object(
      declared,
      place,
      ['number', 'string', 'boolean'],
      '{"number", "string", "boolean"} with a field name each',
    );
    const names: Record<string, string> = {};
    for (const [kind, name] of Object.entries(rule)) {
      if (typeof name !== 'string') this.fault(`${place}.${kind}`, `must be a field name, got ${shown(name)}`);
      else {
        this.refusal(checkName('field', name, `${place}.${kind}`));
        names[kind] = name;
      }
    }
    if (Object.keys(rule).length === 0)
      this.fault(place, 'must name a field for at least one of number, string, boolean');
    return names;
  }

  targetName(declared: unknown, place: string): TargetNameRule | undefined {
    if (declared === undefined) return undefined;
    if (typeof declared === 'string') {
      if (declared === '') this.fault(place, 'must not be empty');
      return { constant: declared };
    }
    const rule = this.object(declared, place, ['path', 'allow', 'default'], 'a name or {"path", "allow", "default"}');
    const allow = rule.allow;
    if (
      !Array.isArray(allow) ||
      allow.length === 0 ||
      !allow.every((name) => typeof name === 'string' && name !== '')
    ) {
      this.fault(`${place}.allow`, `must list the names that events may choose, got ${shown(allow)}`);
    }
    const fallback = this.optionalText(rule.default, `${place}.default`);
    return {
      paths: this.paths(rule.path, `${place}.path`),
      allow: Array.isArray(allow) ? allow.map(String) : [],
      default: fallback,
    };
  }

  condition(declared: unknown, place: string): Condition | undefined {
    if (declared === undefined) return undefined;
    const rule = this.object(
      declared,
      place,
      ['path', 'equals', 'in', 'exists', 'type'],
      '{"path"} with one of "equals", "in", "exists", "type"',
    );
    const paths = this.paths(rule.path, `${place}.path`);
    const tests = ['equals', 'in', 'exists', 'type'].filter((test) => rule[test] !== undefined);
    if (tests.length !== 1) {
      return this.fault(place, `must have exactly one of "equals", "in", "exists", "type", got ${tests.length}`);
    }
    if (tests[0] === 'exists') return { paths, test: 'exists', exists: this.flag(rule.exists, `${place}.exists`) };
    if (tests[0] === 'type')
      return { paths, test: 'type', type: this.choice(rule.type, `${place}.type`, KINDS) as JsonKind };
    const values = tests[0] === 'equals' ? [rule.equals] : rule.in;
    if (
      !Array.isArray(values) ||
      values.length === 0 ||
      values.some((value) => typeof value === 'object' && value !== null)
    ) {
      return this.fault(
        `${place}.${tests[0]}`,
        `must hold text, numbers, booleans or null only, got ${shown(rule[tests[0] as string])}`,
      );
    }
    return { paths, test: 'in', values: values as readonly Json[] };
  }

  eventsPath(declared: unknown, place: string): Path | undefined {
    const path = declared === undefined ? undefined : this.path(declared, place);
    if (path === undefined || path.root === 'event' || path.root === 'root') return path;
    return this.fault(place, `must lead to an array of the event itself, got ${shown(declared)}`);
  }

  /** One path or a list of them, of which the first that leads to something wins. */
  paths(declared: unknown, place: string): Path[] {
    const list = Array.isArray(declared) ? declared : [declared];
    if (list.length === 0) this.fault(place, 'must name at least one path');
    return list
      .map((entry, index) => this.path(entry, Array.isArray(declared) ? `${place}[${index}]` : place))
      .filter((path) => path !== undefined);
  }

  path(declared: unknown, place: string): Path | undefined {
    if (typeof declared !== 'string') return this.fault(place, `must be a path (text), got ${shown(declared)}`);
    const path = parsePath(declared);
    if (typeof path === 'string') return this.fault(place, `${path}; got ${shown(declared)}`);
    return path.root === 'root' && this.#rootIsEvent ? { ...path, root: 'event' } : path;
  }

  choice<T extends string>(declared: unknown, place: string, choices: readonly T[], fallback = choices[0] as T): T {
    if (declared === undefined) return fallback;
    if (choices.includes(declared as T)) return declared as T;
    this.fault(place, `must be one of ${choices.join(', ')}; got ${shown(declared)}`);
    return fallback;
  }

  flag(declared: unknown, place: string): boolean {
    if (declared !== undefined && typeof declared !== 'boolean')
      this.fault(place, `must be true or false, got ${shown(declared)}`);
    return declared === true;
  }

  optionalText(declared: unknown, place: string): string | undefined {
    if (declared === undefined || typeof declared === 'string') return declared;
    return this.fault(place, `must be text, got ${shown(declared)}`);
  }

  entries(declared: unknown, place: string): [string, unknown][] {
    if (declared === undefined) return [];
    if (isDeclared(declared)) return Object.entries(declared);
    this.fault(place, `must be an object of names and paths, got ${shown(declared)}`);
    return [];
  }

  object(declared: unknown, place: string, keys: readonly string[], expected: string): Declared {
    if (!isDeclared(declared)) {
      this.fault(place, `must be ${expected}, got ${shown(declared)}`);
      return { path: '_' }; // A stand-in, so that one fault is not told twice.
    }
    this.unknownKeys(declared, place, keys);
    return declared;
  }

  unknownKeys(declared: Declared, place: string, known: readonly string[]): void {
    for (const key of Object.keys(declared)) {
      if (!known.includes(key)) this.fault(`${place}.${key}`, `is not known here; known are ${known.join(', ')}`);
    }
  }

  refusal(refusal: { readonly detail: string } | undefined): void {
    if (refusal !== undefined) this.faults.push(refusal.detail);
  }
}
