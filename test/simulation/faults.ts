/** What can go wrong in a seed: each fault is armed for a moment, and happens at the next occasion after it. */

import type { Random } from '../../local/workload/random.ts';
import type { Kernel } from './kernel.ts';

/** They happen once. */
export const SHOTS = [
  // Lambda
  'crash-before-call',
  'crash-after-call',
  'function-timeout',
  'invocation-throttled',
  'environment-recycled',
  'environment-frozen',
  'clock-step',
  'deploy',
  'rollback',
  // SQS
  'message-duplicated',
  'delete-lost',
  'visibility-change-lost',
  'letters-lost',
  'letters-reply-lost',
  'letters-partly-failed',
  // DynamoDB
  'table-reply-lost',
  'table-condition-failed',
  'table-hangs',
  'table-restored',
  // openGemini
  'write-reply-lost',
  'write-reset',
  'write-slow-and-stored',
  'write-slow-and-lost',
] as const;

/** They last. */
export const SPELLS = [
  'bad-deploy',
  'letters-away',
  'table-throttled',
  'server-away',
  'server-overloaded',
  'server-read-only',
  'server-restarting',
  'wrong-password',
  'database-missing',
  'proxy-in-between',
  'series-limit',
] as const;

/** They are in messages. */
export const POISONS = ['message-kills', 'message-hangs', 'line-fails'] as const;

export type Shot = (typeof SHOTS)[number];
export type Spell = (typeof SPELLS)[number];
export type FaultKind = Shot | Spell | (typeof POISONS)[number];

export const FAULT_KINDS: readonly FaultKind[] = [...SHOTS, ...SPELLS, ...POISONS];

/** How much oftener or more seldom than others they are armed, so that each kind is met often enough and not all the time. */
const WEIGHTS: Partial<Record<FaultKind, number>> = {
  // They are met by many calls, of which only a few are interesting: those of a drain.
  'letters-lost': 4,
  'letters-reply-lost': 4,
  'letters-partly-failed': 4,
  'table-condition-failed': 4,
  'table-reply-lost': 4,
  'crash-before-call': 4,
  'crash-after-call': 4,
  // Whoever restores a table twice learns nothing more.
  'table-restored': 0.75,
  // They concern one database, or one kind of event, or a time when nobody asks: fewer requests meet them.
  'wrong-password': 1.4,
  'proxy-in-between': 1.2,
  'database-missing': 2,
  'server-read-only': 2,
  'server-overloaded': 2,
  'series-limit': 3,
};

interface ArmedSpell {
  readonly kind: Spell;
  readonly fromMs: number;
  readonly toMs: number;
  met: boolean;
}

export interface FaultPlan {
  /** Until then events are sent and faults armed. */
  readonly activeMs: number;
  readonly shotsPerKind: number;
  readonly spellsPerKind: number;
  readonly spellMsMax: number;
  /** One spell of the server lasts so long; 0: none. */
  readonly outageMs: number;
}

export class Faults {
  readonly #kernel: Kernel;
  readonly #onFault: (kind: FaultKind) => void;
  readonly #shots = new Map<Shot, number[]>();
  readonly #spells: ArmedSpell[] = [];
  /** From then on all is well. */
  readonly calmMs: number;

  constructor(kernel: Kernel, random: Random, plan: FaultPlan, onFault: (kind: FaultKind) => void) {
    this.#kernel = kernel;
    this.#onFault = onFault;
    const moment = (): number => random.next() * plan.activeMs;
    const times = (mean: number): number => Math.floor(mean + random.next());
    for (const kind of SHOTS) {
      const length = times(plan.shotsPerKind * (WEIGHTS[kind] ?? 1));
      this.#shots.set(
        kind,
        Array.from({ length }, moment).sort((a, b) => a - b),
      );
    }
    for (const kind of SPELLS)
      for (let left = times(plan.spellsPerKind * (WEIGHTS[kind] ?? 1)); left > 0; left--) {
        const fromMs = moment();
        this.#spells.push({ kind, fromMs, toMs: fromMs + 1_000 + random.next() ** 2 * plan.spellMsMax, met: false });
      }
    if (plan.outageMs > 0) {
      const fromMs = moment();
      const kind = random.pick([
        'server-away',
        'server-read-only',
        'wrong-password',
        'database-missing',
        'proxy-in-between',
        'bad-deploy',
      ] as const);
      this.#spells.push({ kind, fromMs, toMs: fromMs + plan.outageMs, met: false });
    }
    this.calmMs = this.#spells.reduce((latest, { toMs }) => Math.max(latest, toMs), plan.activeMs);
  }

  /** Whether the fault happens now; it is used up then. */
  take(kind: Shot): boolean {
    const armed = this.#shots.get(kind) ?? [];
    const [next] = armed;
    if (next === undefined || next > this.#kernel.now || this.#kernel.now > this.calmMs) return false;
    armed.shift();
    this.#onFault(kind);
    return true;
  }

  /** Whether it is so now. */
  isOn(kind: Spell): boolean {
    const { now } = this.#kernel;
    const spell = this.#spells.find((one) => one.kind === kind && one.fromMs <= now && now < one.toMs);
    if (spell === undefined) return false;
    if (!spell.met) this.#onFault(kind);
    spell.met = true;
    return true;
  }

  /** When spells of a kind begin and end. */
  bounds(kind: Spell): readonly number[] {
    return this.#spells.filter((one) => one.kind === kind).flatMap(({ fromMs, toMs }) => [fromMs, toMs]);
  }

  /** When shots of a kind are due that no call leads to. */
  moments(kind: Shot): readonly number[] {
    return this.#shots.get(kind) ?? [];
  }
}
