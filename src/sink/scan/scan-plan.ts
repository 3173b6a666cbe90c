/** Decides whether a rule can be followed by scanning, and compiles its paths to a tree of keys. */

import { isComposed } from '../mapping/composed-columns.ts';
import {
  type FieldRule,
  isPointRule,
  type Mapping,
  type MappingRule,
  type MemberRule,
  type TagRule,
} from '../mapping/mapping.ts';
import { type Path, plainPath } from '../mapping/path.ts';
import { type CollectedKeys, KEYS_MAX, type KeyNode } from './key-tree.ts';

/** What the scanner looks for. */
export interface ScanPlan {
  readonly root: KeyNode;
  /** Number of wanted values and of values on the way to them. */
  readonly slots: number;
  readonly rule: MappingRule;
  /** Slots of the values of tags, fields, and the time; `undefined` for events with the time of their message. */
  readonly tagSlots: readonly number[];
  readonly fieldSlots: readonly number[];
  readonly timeSlot: number | undefined;
}

/** Members by which envelopes, control messages, and notices are recognized (`decode/envelopes.ts`, `recognized.ts`). */
const STOPS: ReadonlySet<string> = new Set(['Type', 'detail-type', 'Event', 'messageType', 'Records']);

/** Returns the plan of a mapping, or `undefined` if it needs more than plain values at plain paths. */
export const scanPlan = (mapping: Mapping): ScanPlan | undefined => {
  const rule = onlyPlainRule(mapping);
  if (rule === undefined) return undefined;
  const tree = new Tree(STOPS);
  const tagSlots = rule.tags.map(({ paths }) => tree.add(paths));
  const fieldSlots = rule.fields.map(({ paths }) => tree.add(paths));
  const timeSlot = rule.timestamp && tree.add(rule.timestamp.paths);
  if (!tree.isUsable) return undefined;
  const isOpen = rule.otherFields !== undefined || rule.fieldsFrom.length > 0;
  const collected: CollectedKeys | undefined = isOpen ? { firstSlot: tree.slots, names: [] } : undefined;
  const slots = tree.slots + (isOpen ? KEYS_MAX : 0);
  return { root: { ...tree.root, collected }, slots, rule, tagSlots, fieldSlots, timeSlot };
};

const onlyPlainRule = ({ open, events, rules, preset, readsCode }: Mapping): MappingRule | undefined => {
  const [rule] = rules;
  if (rule === undefined || rules.length > 1 || !isPointRule(rule)) return undefined;
  const findsEvents = open.length > 0 || events.length > 0 || rule.events.length > 0 || rule.when !== undefined;
  const wildcards = [...rule.fieldsFrom, ...(rule.otherFields === undefined ? [] : [rule.otherFields])];
  const hasWildcards = rule.tagsFrom.length > 0 || wildcards.length > 1 || !wildcards.every(takesMembersOfEvent);
  const namesTarget = rule.database !== undefined || rule.retentionPolicy !== undefined;
  if (findsEvents || preset !== undefined || readsCode === true || hasWildcards || namesTarget) return undefined;
  const isPlain = (column: TagRule | FieldRule): boolean =>
    !isComposed(column, rule) && !('byType' in column && column.byType !== undefined);
  const isWhole = 'constant' in rule.measurement && isPlainTime(rule) && [...rule.tags, ...rule.fields].every(isPlain);
  return isWhole ? rule : undefined;
};

/** Whether a wildcard takes the scalar members of the event, and no others. */
const takesMembersOfEvent = (members: MemberRule): boolean => {
  const { root, segments } = members.path;
  const isPlain = members.from === 'object' && members.flatten === undefined && members.prefix === '';
  const isEvent = root === 'root' || root === 'event';
  return isPlain && isEvent && segments.length === 0 && members.except === undefined && members.only === undefined;
};

const isPlainTime = ({ timestamp: time }: MappingRule): boolean => {
  if (time === undefined) return true;
  const { precision, decode, plus, implausible = 'write', spread = false } = time;
  if (precision === 'iso8601' || precision === 'auto' || implausible !== 'write') return false;
  return decode === undefined && plus === undefined && !spread;
};

/** The tree of all paths of a rule. */
class Tree {
  readonly root: KeyNode;
  slots = 0;
  /** Whether all paths are plain, and none leads through the value of another one. */
  isUsable = true;

  constructor(stops: ReadonlySet<string>) {
    this.root = { entries: [], wanted: new Map(), stops };
  }

  /** Adds a path and returns the slot of its value. Equal paths have one value. */
  add(paths: readonly Path[]): number {
    const plain = plainPath(paths);
    const steps = plain === undefined ? [] : [plain.first, ...plain.rest];
    const last = steps.pop();
    if (last === undefined || ![...steps, last].every(isPlainKey)) {
      this.isUsable = false;
      return -1;
    }
    let node = this.root;
    for (const step of steps) node = this.#want(node, step, true).child ?? node;
    return this.#want(node, last, false).slot;
  }

  #want(
    node: KeyNode,
    key: string,
    isOnTheWay: boolean,
  ): { readonly slot: number; readonly child: KeyNode | undefined } {
    const known = node.wanted.get(key);
    if (known !== undefined && (known.child !== undefined) !== isOnTheWay) this.isUsable = false;
    const child: KeyNode | undefined = isOnTheWay ? { entries: [], wanted: new Map(), stops: new Set() } : undefined;
    const wanted = known ?? { slot: this.slots++, child };
    node.wanted.set(key, wanted);
    return wanted;
  }
}

/** Whether a key is written in one way in JSON, and is no index of an array. */
const isPlainKey = (key: string): boolean => /^[\x20-\x7e]+$/.test(key) && !/["\\]|^\d+$/.test(key);
