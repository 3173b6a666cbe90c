/** Groups dead letters by what is wrong with them. */

import { failingPlace } from './failing-place.ts';
import type { Letter } from './letter.ts';

/** Letters with the same reason, measurement, rule, and path. */
export interface LetterGroup {
  readonly reason: string;
  readonly measurement: string | undefined;
  /** The rule that failed, such as `field "temp"`. */
  readonly rule: string | undefined;
  /** The path that the rule reads. */
  readonly path: string | undefined;
  readonly count: number;
  /** Letters of the group that the state table keeps, because they are too large for the queue. */
  readonly inTable: number;
  /** When the first and the last of these letters were sent, in ms since 1970. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Id and detail of one of them. */
  readonly example: { readonly id: string; readonly detail: string };
}

/** Collects groups while letters are visited, without keeping the letters. */
export class LetterGroups {
  readonly #groups = new Map<string, LetterGroup>();

  add(letter: Letter): void {
    const { id, reason, measurement, detail, sentAtMs, place } = letter;
    const { rule, paths } = failingPlace(detail);
    const path = paths.length === 0 ? undefined : paths.join(' or ');
    const key = JSON.stringify([reason, measurement, rule, path]);
    const known = this.#groups.get(key);
    this.#groups.set(key, {
      reason,
      measurement,
      rule,
      path,
      count: (known?.count ?? 0) + 1,
      inTable: (known?.inTable ?? 0) + (place === 'table' ? 1 : 0),
      firstMs: Math.min(known?.firstMs ?? sentAtMs, sentAtMs),
      lastMs: Math.max(known?.lastMs ?? sentAtMs, sentAtMs),
      example: known?.example ?? { id, detail },
    });
  }

  /** Returns the groups, the largest first. */
  groups(): readonly LetterGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
  }
}
