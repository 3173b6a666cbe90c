/** Decides whether a rule can be followed by scanning, and compiles its paths to a tree of keys. */

import type { Mapping, MappingRule } from '../mapping/mapping.ts';
import { type Path, plainPath } from '../mapping/path.ts';
import { onlyPlainRule } from '../mapping/plain-rule.ts';
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
