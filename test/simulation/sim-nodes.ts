/**
 * The nodes of a simulated server. They store into one place. Each fails on its own, some of them at the same time, and
 * comes back. One seed in five has several nodes, and all others have one without faults of its own.
 */

import { type Random, randomFrom } from '../../local/workload/random.ts';
import type { Kernel } from './kernel.ts';

/** Faults of one node. */
export const NODE_FAULTS = ['node-away', 'node-hangs', 'node-slow', 'node-fails', 'node-drops'] as const;
/** A fault of one node. */
export type NodeFault = (typeof NODE_FAULTS)[number];

interface Spell {
  readonly node: number;
  readonly kind: NodeFault;
  readonly fromMs: number;
  readonly toMs: number;
  met: boolean;
}

const NODES_MAX = 4;
const SPELLS_PER_NODE = 4;
const SPELL_MS_MAX = 120_000;

/** Nodes of one seed. */
export class SimNodes {
  readonly #kernel: Kernel;
  readonly #random: Random;
  readonly #happened: (fault: NodeFault) => void;
  readonly #hasSeveral: boolean;
  readonly #spells: readonly Spell[];

  constructor(seed: number, kernel: Kernel, activeMs: number, happened: (fault: NodeFault) => void) {
    this.#kernel = kernel;
    // Separate randomness, so that nodes do not change what else happens in a seed.
    this.#random = randomFrom(seed + 0x40de);
    this.#happened = happened;
    this.#hasSeveral = seed % 10 === 6 || seed % 10 === 8;
    this.#spells = this.#hasSeveral ? this.#drawSpells(activeMs) : [];
  }

  /** Draws the number of nodes that a new instance is configured with. Nodes are thus added and removed. */
  drawCount(): number {
    return this.#hasSeveral ? 2 + this.#random.below(NODES_MAX - 1) : 1;
  }

  /** Returns the fault of a node now. */
  faultOf(node: number): NodeFault | undefined {
    const { now } = this.#kernel;
    const spell = this.#spells.find((one) => one.node === node && one.fromMs <= now && now < one.toMs);
    if (spell !== undefined && !spell.met) this.#happened(spell.kind);
    if (spell !== undefined) spell.met = true;
    return spell?.kind;
  }

  #drawSpells(activeMs: number): Spell[] {
    const random = this.#random;
    const spell = (node: number, kind: NodeFault, fromMs: number): Spell => {
      const toMs = Math.min(activeMs, fromMs + 1_000 + random.next() * SPELL_MS_MAX);
      return { node, kind, fromMs, toMs, met: false };
    };
    const nodes = Array.from({ length: NODES_MAX }, (_, node) => node);
    const single = nodes.flatMap((node) =>
      Array.from({ length: SPELLS_PER_NODE }, () => spell(node, random.pick(NODE_FAULTS), random.next() * activeMs)),
    );
    const atMs = random.next() * activeMs;
    return [...single, ...nodes.map((node) => spell(node, random.pick(NODE_FAULTS), atMs))];
  }
}
