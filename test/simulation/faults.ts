/** Faults of a seed. Each is armed at a time and happens at the first opportunity after it. */

import type { Random } from '../../local/workload/random.ts';
import type { Kernel } from './kernel.ts';
import { NODE_FAULTS, type NodeFault } from './sim-nodes.ts';

/** Faults that happen once. */
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

/** Faults that last for a time. */
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

/** Faults that messages contain. The last two are those of a function of the user. */
export const POISONS = ['message-kills', 'message-hangs', 'line-fails', 'code-throws', 'code-blocks'] as const;

/** A fault that happens once. */
export type Shot = (typeof SHOTS)[number];
/** A fault that lasts for a time. */
export type Spell = (typeof SPELLS)[number];
/** Kind of a fault. */
export type FaultKind = Shot | Spell | NodeFault | (typeof POISONS)[number];

/** All kinds of faults. */
export const FAULT_KINDS: readonly FaultKind[] = [...SHOTS, ...SPELLS, ...NODE_FAULTS, ...POISONS];

/**
 * Factors by which some faults are armed more or less often, so that each kind happens often enough and not all the
 * time.
 */
const WEIGHTS: Partial<Record<FaultKind, number>> = {
  // Many calls meet these faults, but only a few calls are interesting: those of a drain.
  'letters-lost': 4,
  'letters-reply-lost': 4,
  'letters-partly-failed': 4,
  'table-condition-failed': 4,
  'table-reply-lost': 4,
  'crash-before-call': 4,
  'crash-after-call': 4,
  // A second restore of the table tests nothing new.
  'table-restored': 0.75,
  // These affect one database, one kind of event, or a time without requests, so fewer requests meet them.
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

/** Number and duration of the faults of a seed. */
export interface FaultPlan {
  /** Time until which events are sent and faults are armed. */
  readonly activeMs: number;
  readonly shotsPerKind: number;
  readonly spellsPerKind: number;
  readonly spellMsMax: number;
  /** Duration of one long outage of the server; 0 for none. */
  readonly outageMs: number;
}

/** The faults of one seed. */
export class Faults {
  readonly #kernel: Kernel;
  readonly #onFault: (kind: FaultKind) => void;
  readonly #shots = new Map<Shot, number[]>();
  readonly #spells: ArmedSpell[] = [];
  /** Time after which no fault happens. */
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

  /** Returns whether the fault happens now. If so, it is used up. */
  take(kind: Shot): boolean {
    const armed = this.#shots.get(kind) ?? [];
    const [next] = armed;
    if (next === undefined || next > this.#kernel.now || this.#kernel.now > this.calmMs) return false;
    armed.shift();
    this.#onFault(kind);
    return true;
  }

  /** Returns whether a lasting fault is active now. */
  isOn(kind: Spell): boolean {
    const { now } = this.#kernel;
    const spell = this.#spells.find((one) => one.kind === kind && one.fromMs <= now && now < one.toMs);
    if (spell === undefined) return false;
    if (!spell.met) this.#onFault(kind);
    spell.met = true;
    return true;
  }

  /** Returns the starts and ends of the lasting faults of a kind. */
  bounds(kind: Spell): readonly number[] {
    return this.#spells.filter((one) => one.kind === kind).flatMap(({ fromMs, toMs }) => [fromMs, toMs]);
  }

  /** Returns the times of faults of a kind that no call triggers. */
  moments(kind: Shot): readonly number[] {
    return this.#shots.get(kind) ?? [];
  }
}
