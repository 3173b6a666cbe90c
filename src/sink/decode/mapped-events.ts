/** Finds the events of a JSON value by a mapping: opens values and levels of events, and chooses the rules. */

import type { Json } from '../json/json.ts';
import { isMet } from '../mapping/conditions.ts';
import {
  type EventLevel,
  isPointRule,
  type Mapping,
  type MappingRule,
  type OpenRule,
  type Rule,
} from '../mapping/mapping.ts';
import { type Position, resolvePath, type Scope } from '../mapping/path.ts';
import { namedPaths, pathsOfCondition } from '../mapping/rule-paths.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { EVENTS_PER_MESSAGE_MAX } from './decode-options.ts';
import { decodeValue } from './decode-steps.ts';
import { canBeCut, type LevelVisitor, openLevels, type ReadPaths } from './event-levels.ts';
import type { DistributiveOmit, EventPlace, FoundEvent } from './found-event.ts';
import { codeEvents } from './preset-events.ts';
import { type Search, searchApart } from './search.ts';

/** How the dead letters of a mapping are extracted. It is computed once for each mapping. */
interface Plan {
  /** The rule of a mapping with one rule for every event, no condition, and nothing to open. */
  readonly onlyRule: MappingRule | undefined;
  /** Whether several rules may apply to one event. */
  readonly hasAlso: boolean;
  /** Whether elements of the levels of the mapping can be cut out. */
  readonly isCut: boolean;
  /** Rules whose own levels can be cut out. */
  readonly cutRules: ReadonlySet<Rule>;
}

const plans = new WeakMap<Mapping, Plan>();
/** The plan that was used last. Nearly all programs have one mapping, and a comparison is faster than a look-up. */
let last: { readonly mapping: Mapping; readonly plan: Plan } | undefined;

const planOf = (mapping: Mapping): Plan => {
  if (last?.mapping === mapping) return last.plan;
  const plan = plans.get(mapping) ?? createPlan(mapping);
  plans.set(mapping, plan);
  last = { mapping, plan };
  return plan;
};

/**
 * Returns the rule of a mapping with one rule for every event, no condition, and nothing to open; otherwise `undefined`.
 */
export const onlyRuleOf = (mapping: Mapping): MappingRule | undefined => planOf(mapping).onlyRule;

const createPlan = (mapping: Mapping): Plan => {
  const { open, events, rules, preset } = mapping;
  const [first] = rules;
  const isOnly = rules.length === 1 && open.length === 0 && events.length === 0 && preset === undefined;
  const points = rules.filter(isPointRule);
  const opened = open.map(({ path }) => path);
  const conditions = rules.flatMap(({ when }) => pathsOfCondition(when));
  const hasAlso = points.some(({ also }) => also);
  const membersOf = (rule: MappingRule): ReadPaths['members'] => [...rule.tagsFrom, ...rule.fieldsFrom];
  return {
    onlyRule:
      isOnly && first !== undefined && isPointRule(first) && first.when === undefined && first.events.length === 0
        ? first
        : undefined,
    hasAlso,
    isCut: canBeCut(events, {
      before: opened,
      values: [...conditions, ...points.flatMap(namedPaths)],
      members: points.flatMap(membersOf),
    }),
    cutRules: new Set(
      points.filter(
        (rule) =>
          !hasAlso &&
          canBeCut(rule.events, {
            before: [...opened, ...conditions],
            values: namedPaths(rule),
            members: membersOf(rule),
          }),
      ),
    ),
  };
};

/** Adds the events of a unit. Returns `false` if there are more than a message may contain. */
export const mappedEvents = (mapping: Mapping, scope: Scope, unit: number, search: Search): boolean =>
  new UnitEvents(mapping, planOf(mapping), unit, search).add(scope);

/** Finds the events of one unit. */
class UnitEvents {
  readonly #mapping: Mapping;
  readonly #plan: Plan;
  readonly #unit: number;
  readonly #search: Search;
  readonly #first: number;

  constructor(mapping: Mapping, plan: Plan, unit: number, search: Search) {
    this.#mapping = mapping;
    this.#plan = plan;
    this.#unit = unit;
    this.#search = search;
    this.#first = search.events.length;
  }

  add(given: Scope): boolean {
    const scope = this.#open(this.#mapping.open, given);
    if (isRefusal(scope)) {
      this.#push({ kind: 'refused', refusal: scope }, { unit: this.#unit, position: undefined });
      return true;
    }
    const { events } = this.#mapping;
    if (events.length === 0) return this.#addByRules(scope);
    return this.#addElements(events, scope, this.#plan.isCut, (inner) => this.#chooseRules(inner));
  }

  /** Returns the scope with the opened values, or a refusal. */
  #open(open: readonly OpenRule[], scope: Scope): Scope | Refusal {
    if (open.length === 0) return scope;
    const opened = new Map<string, Json>(scope.opened);
    const extended: Scope = { ...scope, opened };
    for (const { path, decode, as, optional } of open) {
      const value = resolvePath(path, extended);
      if (value === undefined || value === null) {
        if (optional) continue;
        return refuse(
          'undecodable',
          `open (${path.text}), step ${decode[0]}: expected a value, found ${value === null ? 'null' : 'nothing'}; "optional": true would accept that`,
        );
      }
      const decoded = decodeValue(value, decode, `open (${path.text})`, this.#search.bytesLeft);
      if (isRefusal(decoded)) return decoded;
      this.#search.bytesLeft -= decoded.bytes;
      opened.set(as, decoded.value);
    }
    return extended;
  }

  /** Chooses rules for the whole unit, and then opens the levels of each rule (docs/decisions/0009). */
  #addByRules(scope: Scope): boolean {
    const { preset } = this.#mapping;
    const rules = this.#chooseRules(scope);
    const isTaken = !isRefusal(rules) && rules.length > 0;
    if (isTaken)
      for (const rule of rules) {
        const fits =
          isPointRule(rule) && rule.events.length > 0
            ? this.#addElements(rule.events, scope, this.#plan.cutRules.has(rule), () => [rule])
            : this.#addUnit(rule, scope);
        if (!fits) return false;
      }
    const last = isTaken ? rules.at(-1) : undefined;
    const mayContinue = last === undefined || (isPointRule(last) && last.also);
    if (preset === undefined) {
      if (isRefusal(rules)) this.#push({ kind: 'refused', refusal: rules }, { unit: this.#unit, position: undefined });
      return true;
    }
    return !mayContinue || this.#addPreset(preset, scope, isTaken);
  }

  #addUnit(rule: Rule, { event, root, position, opened }: Scope): boolean {
    const place = { unit: this.#unit, position: undefined };
    if (rule.drop === true) this.#push({ kind: 'dropped' }, place);
    else this.#push({ kind: 'mapped', rule, event, root, position, opened }, place);
    return true;
  }

  /** Adds the events of the preset. A unit that an own rule has taken is no fault if the preset takes nothing of it. */
  #addPreset(preset: NonNullable<Mapping['preset']>, scope: Scope, isTaken: boolean): boolean {
    const found =
      preset.kind === 'rules'
        ? searchApart(this.#search, (part) => mappedEvents(preset.mapping, scope, this.#unit, part))
        : codeEvents(preset, scope, this.#unit, this.#search.decoded.messageInfo());
    if (found === undefined) return false;
    for (const one of found) {
      const event = preset.kind === 'rules' ? withPresetName(one, preset.name) : one;
      if (isTaken && event.kind === 'refused' && event.refusal.code === 'no-mapping') continue;
      // Events of own rules precede them in the unit, so that a cut element would not be found at the same index.
      const isNumbered = isTaken || (preset.kind === 'code' && found.length > 1);
      const place = isNumbered ? this.#numbered({ unit: this.#unit, position: undefined }) : event.place;
      this.#search.events.push({ ...event, place });
    }
    return this.#fits();
  }

  /** Adds the elements of levels, each with the rules that apply to it. */
  #addElements(
    levels: readonly EventLevel[],
    scope: Scope,
    isCut: boolean,
    rulesOf: (scope: Scope) => readonly Rule[] | Refusal,
  ): boolean {
    const placeOf = (position: Position | undefined): EventPlace =>
      isCut ? { unit: this.#unit, position } : this.#numbered({ unit: this.#unit, position: undefined });
    const visitor: LevelVisitor = {
      visits: (elements) => {
        this.#search.elementsLeft -= elements;
        return this.#search.elementsLeft >= 0;
      },
      open: (rules, inner) => this.#open(rules, inner),
      element: (position, inner) => {
        const rules = rulesOf(inner);
        if (isRefusal(rules)) this.#push({ kind: 'refused', refusal: rules }, placeOf(position));
        else this.#addElement(rules, inner, position, placeOf);
        return this.#fits();
      },
      refused: (refusal, position) => this.#push({ kind: 'refused', refusal }, placeOf(position)),
      ignored: () => {
        this.#search.branchesIgnored += 1;
      },
    };
    return openLevels(levels, scope, this.#search.decoded.cut?.levels, visitor);
  }

  #addElement(
    rules: readonly Rule[],
    { event, root, opened }: Scope,
    position: Position,
    placeOf: (position: Position) => EventPlace,
  ): void {
    rules.forEach((rule, index) => {
      const place = placeOf(position);
      // The extracted text contains the element once, and all its rules apply to it again.
      const among = place.position !== undefined && rules.length > 1 ? index : place.among;
      const numbered = among === undefined ? place : { ...place, among };
      if (rule.drop === true) this.#push({ kind: 'dropped' }, numbered);
      else this.#push({ kind: 'mapped', rule, event, root, position, opened }, numbered);
    });
  }

  /** Returns the rules that apply to an event, in order, or a refusal if there is none. */
  #chooseRules(scope: Scope): readonly Rule[] | Refusal {
    const { rules } = this.#mapping;
    const chosen: Rule[] = [];
    for (const rule of rules) {
      if (rule.when !== undefined && !isMet(rule.when, scope)) continue;
      chosen.push(rule);
      if (rule.drop === true || !rule.also) break;
    }
    if (chosen.length > 0) return chosen;
    return refuse(
      'no-mapping',
      rules.length === 1
        ? 'the event does not meet the "when" of the only mapping'
        : `the event meets the "when" of none of the ${rules.length} mappings`,
    );
  }

  #numbered(place: EventPlace): EventPlace {
    return { ...place, among: this.#search.events.length - this.#first };
  }

  #push(event: DistributiveOmit<FoundEvent, 'place'>, place: EventPlace): void {
    const isOneOfSeveral = this.#plan.hasAlso && place.position === undefined && place.among === undefined;
    this.#search.events.push({ ...event, place: isOneOfSeveral ? this.#numbered(place) : place } as FoundEvent);
  }

  #fits(): boolean {
    return this.#search.events.length <= EVENTS_PER_MESSAGE_MAX;
  }
}

/** Returns a refused event with the name of the preset, whose rules the user has not written. */
const withPresetName = (event: FoundEvent, name: string): FoundEvent =>
  event.kind === 'refused' && event.refusal.code === 'no-mapping'
    ? { ...event, refusal: refuse('no-mapping', `no rule of the preset "${name}" takes such an event`) }
    : event;
