/** Decides whether a rule can be followed by scanning, and compiles its paths to a tree of keys. */

import { isComposed } from '../mapping/composed-columns.ts';
import { type FieldRule, isPointRule, type Mapping, type MappingRule, type TagRule } from '../mapping/mapping.ts';
import { type Path, plainPath } from '../mapping/path.ts';
import { type KeyNode, newNode } from './key-tree.ts';

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
  const tree = new Tree();
  const tagSlots = rule.tags.map(({ paths }) => tree.add(paths));
  const fieldSlots = rule.fields.map(({ paths }) => tree.add(paths));
  const timeSlot = rule.timestamp && tree.add(rule.timestamp.paths);
  return tree.isUsable ? { root: tree.root, slots: tree.slots, rule, tagSlots, fieldSlots, timeSlot } : undefined;
};

const onlyPlainRule = ({ open, events, rules, preset, readsCode }: Mapping): MappingRule | undefined => {
  const [rule] = rules;
  if (rule === undefined || rules.length > 1 || !isPointRule(rule)) return undefined;
  const findsEvents = open.length > 0 || events.length > 0 || rule.events.length > 0 || rule.when !== undefined;
  const hasWildcards = rule.otherFields !== undefined || rule.tagsFrom.length > 0 || rule.fieldsFrom.length > 0;
  const namesTarget = rule.database !== undefined || rule.retentionPolicy !== undefined;
  if (findsEvents || preset !== undefined || readsCode === true || hasWildcards || namesTarget) return undefined;
  const isPlain = (column: TagRule | FieldRule): boolean =>
    !isComposed(column, rule) && !('byType' in column && column.byType !== undefined);
  const isWhole = 'constant' in rule.measurement && isPlainTime(rule) && [...rule.tags, ...rule.fields].every(isPlain);
  return isWhole ? rule : undefined;
};

const isPlainTime = ({ timestamp: time }: MappingRule): boolean => {
  if (time === undefined) return true;
  const { precision, decode, plus, implausible = 'write', spread } = time;
  if (precision === 'iso8601' || precision === 'auto' || implausible !== 'write') return false;
  return decode === undefined && plus === undefined && (spread !== true || precision === 'ms');
};

/** The tree of all paths of a rule. */
class Tree {
  readonly root = newNode(STOPS);
  slots = 0;
  /** Whether all paths are plain, and none leads through the value of another one. */
  isUsable = true;

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
    for (const step of steps) node = this.#want(node, step, true).child ?? newNode();
    return this.#want(node, last, false).slot;
  }

  #want(
    node: KeyNode,
    key: string,
    isOnTheWay: boolean,
  ): { readonly slot: number; readonly child: KeyNode | undefined } {
    const known = node.wanted.get(key);
    if (known !== undefined && (known.child !== undefined) !== isOnTheWay) this.isUsable = false;
    const wanted = known ?? { slot: this.slots++, child: isOnTheWay ? newNode() : undefined };
    node.wanted.set(key, wanted);
    return wanted;
  }
}

/** Whether a key is written in one way in JSON, and is no index of an array. */
const isPlainKey = (key: string): boolean => /^[\x20-\x7e]+$/.test(key) && !/["\\]|^\d+$/.test(key);
