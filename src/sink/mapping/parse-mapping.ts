/** Parses the declaration of a mapping (JSON). All faults are found in one pass, each with its place and its remedy. */

import type { Target } from '../ports.ts';
import { PRESETS, type Preset } from '../presets/presets.ts';
import { columnFaults, type PlacedRule } from './column-conflicts.ts';
import { type Declared, FaultCollector, isDeclared, type MappingFault, POLICY_KEYS, shown } from './fault-collector.ts';
import type { Mapping, MappingRule, MeasurementRule, PresetStage, Rule, ValuePolicy } from './mapping.ts';
import { CONFLICT_POLICIES } from './mapping.ts';
import { checkName } from './name-rules.ts';
import { nearName } from './near-name.ts';
import { readFields, readTags } from './parse-columns.ts';
import { readCondition } from './parse-condition.ts';
import { readLevels, readOpen } from './parse-levels.ts';
import { readOtherFields } from './parse-members.ts';
import { readSource } from './parse-source.ts';
import { readTargetName } from './parse-target.ts';
import { readTime } from './parse-time.ts';
import { NO_NAMES } from './path.ts';
import { replaced } from './replacements.ts';

const TARGET_KEYS = ['database', 'retentionPolicy'];
const SHARED_KEYS = ['events', 'otherFields', 'onlyDefaults', 'noFields', ...POLICY_KEYS, ...TARGET_KEYS];
const RULE_KEYS = ['measurement', 'timestamp', 'tags', 'fields'];
/** Members that only an entry of `mappings` has. */
const ENTRY_KEYS = ['when', 'also', 'drop'];
const TOP_KEYS = ['$schema', 'version', 'mappings', 'preset'];

/** A validated mapping, or its faults. */
export type ParsedMapping =
  | { readonly mapping: Mapping }
  | {
      /** The faults as sentences that begin with their places. */
      readonly faults: readonly string[];
      /** The faults with their places, for a reader of files. */
      readonly located: readonly MappingFault[];
    };

/**
 * Parses a mapping and returns it, or returns all faults. Never throws.
 *
 * @param declared - The declaration, parsed from JSON. docs/mapping describes it.
 * @param configured - Target of rules that name none. With it, a rule that names this target is compared with them.
 * @example
 * const parsed = parseMapping({ version: 1, measurement: 'room', fields: { temp: 'temp' } });
 * if ('faults' in parsed) throw new Error(parsed.faults.join('\n'));
 */
export const parseMapping = (declared: unknown, configured?: Target): ParsedMapping => {
  const reader = new MappingReader();
  const mapping = reader.mapping(declared);
  const located = unique([...reader.faults, ...columnFaults(reader.rules, configured)]);
  if (mapping !== undefined && located.length === 0) return { mapping };
  return { faults: located.map(({ sentence }) => sentence), located };
};

/** Returns each fault once. Every rule reads the members at the top, and reports their faults again. */
const unique = (faults: readonly MappingFault[]): readonly MappingFault[] => [
  ...new Map(faults.map((fault) => [fault.sentence, fault])).values(),
];

/**
 * Whether a rule inherits a member at the top, and so reads it. Paths in it may begin at a level of that rule.
 */
const isRead = ({ mappings }: Declared, key: string): boolean =>
  Array.isArray(mappings) &&
  mappings.some((entry) => isDeclared(entry) && entry.drop !== true && entry[key] === undefined);

/** Returns the place of a member of a rule. */
type PlaceOf = (key: string) => string;

const inMapping: PlaceOf = (key) => `mapping.${key}`;

/** Reads one declaration. */
class MappingReader {
  /** Every rule that could be read, also those with faults. */
  readonly rules: PlacedRule[] = [];
  readonly #read = new FaultCollector();

  get faults(): readonly MappingFault[] {
    return this.#read.faults;
  }

  mapping(declared: unknown): Mapping | undefined {
    if (!isDeclared(declared)) return this.#read.fault('mapping', `must be a JSON object, got ${shown(declared)}`);
    if (declared.version === undefined && Array.isArray(declared.tests))
      return this.#read.fault('mapping.tests', 'is only in files of tests, which the command "test" runs');
    if (declared.version !== 1) this.#read.fault('mapping.version', `must be 1, got ${shown(declared.version)}`);
    if (declared.preset !== undefined) return this.presetMapping(declared);
    const several = declared.mappings !== undefined;
    this.misplaced(
      declared,
      ENTRY_KEYS,
      'must be in an entry of "mappings", because it chooses the events of one rule',
    );
    if (several)
      this.misplaced(declared, RULE_KEYS, 'must be in each entry of "mappings", because it belongs to one rule');
    this.#read.unknownKeys(declared, 'mapping', [...TOP_KEYS, 'open', ...SHARED_KEYS, ...RULE_KEYS], ENTRY_KEYS);
    return this.ownMapping(declared, several);
  }

  /** Adds a fault for each member that is at the top and belongs elsewhere. */
  misplaced(declared: Declared, keys: readonly string[], text: string): void {
    for (const key of keys) if (declared[key] !== undefined) this.#read.fault(`mapping.${key}`, text);
  }

  ownMapping(declared: Declared, several: boolean): Mapping | undefined {
    const open = readOpen(this.#read, declared.open, 'mapping.open');
    if (!several) return { open, events: [], rules: [this.rule(declared, inMapping)] };
    const opened = this.#read.names;
    this.#read.rootIsEvent = true;
    const events = readLevels(this.#read, declared.events, 'mapping.events');
    this.sharedPolicies(declared);
    const rules = this.rulesOf(declared.mappings, declared);
    this.#read.names = opened;
    return rules === undefined ? undefined : { open, events, rules };
  }

  /** Reads a mapping that names a preset: rules that are tried first, and policies. */
  presetMapping(declared: Declared): Mapping | undefined {
    const known = [...TOP_KEYS, ...POLICY_KEYS, ...TARGET_KEYS];
    const ofRules = ['events', 'open', 'otherFields', 'onlyDefaults', 'noFields', ...ENTRY_KEYS, ...RULE_KEYS];
    this.misplaced(
      declared,
      ofRules,
      'belongs to the rules, and a preset has its own. Write own rules, which are tried first, in "mappings"',
    );
    this.#read.unknownKeys(declared, 'mapping', known, ofRules);
    const preset = this.namedPreset(declared.preset);
    const rules = declared.mappings === undefined ? [] : this.rulesOf(declared.mappings, declared, true);
    if (preset === undefined || rules === undefined) return undefined;
    return { open: [], events: [], rules, preset: this.presetStage(preset, declared) };
  }

  namedPreset(name: unknown): (Preset & { readonly name: string }) | undefined {
    const names = Object.keys(PRESETS);
    if (typeof name === 'string' && Object.hasOwn(PRESETS, name)) return { ...(PRESETS[name] as Preset), name };
    const near = typeof name === 'string' ? nearName(name, names) : undefined;
    const remedy = near === undefined ? `Known presets: ${names.join(', ')}.` : `Did you mean "${near}"?`;
    return this.#read.fault('mapping.preset', `is not a known preset, got ${shown(name)}. ${remedy}`);
  }

  /** Reads the rules of a preset with the policies and the target of the mapping that names it. */
  presetStage(preset: Preset & { readonly name: string }, declared: Declared): PresetStage | undefined {
    const shared = Object.fromEntries(
      [...POLICY_KEYS, ...TARGET_KEYS].filter((key) => declared[key] !== undefined).map((key) => [key, declared[key]]),
    );
    const { name } = preset;
    if ('code' in preset)
      return {
        ...{ kind: 'code', name, convert: preset.code, whole: preset.whole },
        policy: this.policy(shared, inMapping),
        conflict: this.conflict(shared, inMapping),
        database: readTargetName(this.#read, shared.database, 'mapping.database'),
        retentionPolicy: readTargetName(this.#read, shared.retentionPolicy, 'mapping.retentionPolicy'),
      };
    this.#read.names = NO_NAMES;
    const own = this.rules.splice(0);
    const rules = { ...(preset.declaration as Declared), ...shared };
    const mapping = this.ownMapping(rules, rules.mappings !== undefined);
    const ofPreset = this.rules.splice(0).map(({ rule }) => ({ rule, place: `the preset "${name}"` }));
    // Rules of the preset precede, so that a conflict is reported at the rule of the user.
    this.rules.push(...ofPreset, ...own);
    return mapping === undefined ? undefined : { kind: 'rules', name, mapping };
  }

  /** Reads the list of rules; `undefined` after a fault. */
  rulesOf(list: unknown, shared: Declared, beforePreset = false): Rule[] | undefined {
    if (!Array.isArray(list) || list.length === 0) {
      return this.#read.fault('mapping.mappings', `must be an array of at least one mapping, got ${shown(list)}`);
    }
    const { names } = this.#read;
    const rules = list.map((entry, index) => {
      this.#read.names = names;
      return this.ruleOfSeveral(entry, `mapping.mappings[${index}]`, shared);
    });
    this.#read.names = names;
    this.unreachable(list, beforePreset);
    return rules.filter((rule) => rule !== undefined);
  }

  /** Adds a fault for rules after one without a condition, because the first rule that matches applies. */
  unreachable(list: readonly unknown[], beforePreset: boolean): void {
    const first = list.findIndex((entry) => isDeclared(entry) && entry.when === undefined && entry.also !== true);
    if (first < 0 || (first === list.length - 1 && !beforePreset)) return;
    this.#read.fault(
      `mapping.mappings[${first}]`,
      beforePreset
        ? 'has no "when", so it takes every event from the preset. Give it a "when", or "also": true.'
        : 'has no "when", so it takes every event. It must come last or have a "when" or "also": true.',
    );
  }

  ruleOfSeveral(entry: unknown, place: string, shared: Declared): Rule | undefined {
    if (!isDeclared(entry)) return this.#read.fault(place, `must be an object, got ${shown(entry)}`);
    if (entry.drop !== undefined && entry.drop !== false) return this.dropRule(entry, place, shared);
    this.#read.unknownKeys(entry, place, [...ENTRY_KEYS, ...SHARED_KEYS, ...RULE_KEYS]);
    if (entry.events !== undefined && shared.events !== undefined) {
      this.#read.fault(
        `${place}.events`,
        'is already set at the top for all mappings. Set it in one of the two places.',
      );
    }
    const placeOf: PlaceOf = (key) =>
      `${entry[key] === undefined && shared[key] !== undefined ? 'mapping' : place}.${key}`;
    return this.rule({ ...shared, events: undefined, ...entry }, placeOf, place, shared.events !== undefined);
  }

  /** Reads the members at the top that rules inherit, because each rule may have its own. */
  sharedPolicies(declared: Declared): void {
    this.policy(declared, inMapping);
    this.conflict(declared, inMapping);
    this.emptyEvents(declared, inMapping);
    readOtherFields(this.#read, declared.otherFields, 'mapping.otherFields');
    for (const key of TARGET_KEYS)
      if (!isRead(declared, key)) readTargetName(this.#read, declared[key], inMapping(key));
  }

  dropRule(entry: Declared, place: string, shared: Declared): Rule {
    this.#read.rootIsEvent = shared.events === undefined;
    if (entry.drop !== true) this.#read.fault(`${place}.drop`, `must be true or false, got ${shown(entry.drop)}`);
    const known = ['when', 'drop'];
    for (const key of Object.keys(entry).filter((name) => !known.includes(name)))
      this.#read.fault(`${place}.${key}`, 'has no effect, because the rule drops its events ("drop": true)');
    const when = entry.when === undefined ? undefined : readCondition(this.#read, entry.when, `${place}.when`);
    return { drop: true, when };
  }

  rule(declared: Declared, placeOf: PlaceOf, place = 'mapping', sharedEvents = false): MappingRule {
    const read = this.#read;
    read.rootIsEvent = declared.events === undefined && !sharedEvents;
    const when = declared.when === undefined ? undefined : readCondition(read, declared.when, placeOf('when'));
    const events = readLevels(read, declared.events, placeOf('events'));
    const tags = readTags(read, declared.tags, placeOf('tags'));
    const fields = readFields(read, declared.fields, placeOf('fields'));
    const otherFields = readOtherFields(read, declared.otherFields, placeOf('otherFields'));
    if (fields.rules.length === 0 && fields.from.length === 0 && otherFields === undefined) {
      read.fault(placeOf('fields'), 'must name at least one field (or set "otherFields": "include")');
    }
    const rule: MappingRule = {
      ...this.policy(declared, placeOf),
      when,
      also: read.flag(declared.also, placeOf('also')),
      events,
      database: readTargetName(this.#read, declared.database, placeOf('database')),
      retentionPolicy: readTargetName(this.#read, declared.retentionPolicy, placeOf('retentionPolicy')),
      measurement: this.measurement(declared.measurement, placeOf('measurement')),
      timestamp: readTime(read, declared.timestamp, placeOf('timestamp')),
      tags: tags.rules.sort((a, b) => (a.name < b.name ? -1 : 1)),
      tagsFrom: tags.from,
      fields: fields.rules,
      fieldsFrom: fields.from,
      otherFields,
      ...this.emptyEvents(declared, placeOf),
      conflict: this.conflict(declared, placeOf),
    };
    this.rules.push({ rule, place });
    return rule;
  }

  emptyEvents(declared: Declared, placeOf: PlaceOf): Pick<MappingRule, 'onlyDefaults' | 'noFields'> {
    return {
      onlyDefaults: this.#read.choice(declared.onlyDefaults, placeOf('onlyDefaults'), ['refuse', 'write']) === 'write',
      noFields: this.#read.choice(declared.noFields, placeOf('noFields'), ['refuse', 'drop']),
    };
  }

  conflict(declared: Declared, placeOf: PlaceOf): MappingRule['conflict'] {
    return this.#read.choice(declared.conflict, placeOf('conflict'), CONFLICT_POLICIES);
  }

  policy(declared: Declared, placeOf: PlaceOf): ValuePolicy {
    const nullTexts = this.#read.texts(declared.nullTexts, placeOf('nullTexts'));
    return {
      nulls: this.#read.choice(declared.nulls, placeOf('nulls'), ['ignore', 'refuse']),
      nullTexts: new Set(nullTexts),
      ...this.mismatch(declared.mismatch, placeOf('mismatch')),
      nonFinite: this.#read.choice(declared.nonFinite, placeOf('nonFinite'), ['refuse', 'omit']),
      newlines: this.#read.choice(declared.newlines, placeOf('newlines'), ['escape', 'refuse']),
      names: this.#read.choice(declared.names, placeOf('names'), ['refuse', 'repair']),
    };
  }

  /** Reads `mismatch`: one treatment, or a list that is tried in order. */
  mismatch(declared: unknown, place: string): Pick<ValuePolicy, 'coerce' | 'mismatch'> {
    const list: readonly unknown[] = Array.isArray(declared) ? declared : [declared];
    const steps = list.map((entry) => this.#read.choice(entry, place, ['refuse', 'coerce', 'omit']));
    if (steps.length === 0) this.#read.fault(place, 'must list at least one of refuse, coerce, omit');
    const ends = steps.findIndex((step) => step !== 'coerce');
    if (ends >= 0 && ends < steps.length - 1)
      this.#read.fault(
        place,
        `has a step after "${steps[ends]}", which is always the last one; got ${shown(declared)}`,
      );
    return { coerce: steps.includes('coerce'), mismatch: steps.includes('omit') ? 'omit' : 'refuse' };
  }

  measurement(declared: unknown, place: string): MeasurementRule {
    if (typeof declared === 'string') {
      this.#read.refusal(checkName('measurement', declared, place), place);
      return { constant: declared };
    }
    const rule = this.#read.object(
      declared,
      place,
      ['path', 'text', 'decode', 'prefix', 'default', 'replace'],
      'text or {"path", "prefix", "default"}',
    );
    const prefix = this.#read.optionalText(rule.prefix, `${place}.prefix`) ?? '';
    const fallback = this.#read.optionalText(rule.default, `${place}.default`);
    const replace = this.replacements(rule.replace, `${place}.replace`);
    const source = readSource(this.#read, rule, place, ['path', 'text']);
    const check = (name: string, member: string): void => {
      const where = `${place}.${member}${replace === undefined ? '' : ' with its replacements'}`;
      this.#read.refusal(checkName('measurement', replaced(name, replace), where), `${place}.${member}`);
    };
    // If a prefix cannot begin a name, every event would be refused, whatever name follows it.
    if (prefix !== '') check(`${prefix}x`, 'prefix');
    if (fallback !== undefined) check(prefix + fallback, 'default');
    return { ...source, prefix, default: fallback, replace };
  }

  replacements(declared: unknown, place: string): ReadonlyMap<string, string> | undefined {
    if (declared === undefined) return undefined;
    const entries = this.#read.entries(declared, place, 'texts and replacements');
    for (const [found, text] of entries) {
      if (found === '') this.#read.fault(place, 'must not replace an empty text');
      if (typeof text !== 'string') this.#read.fault(`${place}.${found}`, `must be text, got ${shown(text)}`);
    }
    return new Map(entries.map(([found, text]) => [found, String(text)]));
  }
}
