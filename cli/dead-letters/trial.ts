/** Converts dead letters with a mapping, without sending anything, and compares the results with their reasons. */

import type { Message } from '../../src/sink/message.ts';
import { LATE_REFUSAL_CODES } from '../../src/sink/refusal.ts';
import type { Conversion } from '../../src/testing/convert-messages.ts';
import { type Letter, messageOf } from './letter.ts';

/** What would become of a letter that is sent back. */
export type TrialResult = 'written' | 'dropped' | 'refused';

/** Letters that had the same reason and would have the same result. */
export interface TrialChange {
  readonly from: string;
  /** `written`, `dropped`, or the reason of the new refusal. */
  readonly to: string;
  readonly result: TrialResult;
  readonly count: number;
  /** Id of one of them, and the detail of its new refusal. */
  readonly example: { readonly id: string; readonly detail: string };
}

const NOT_REPEATED: ReadonlySet<string> = new Set(LATE_REFUSAL_CODES);

/** Collects the results of a trial, without keeping the letters. */
export class Trial {
  readonly #convert: (message: Message) => Conversion;
  readonly #changes = new Map<string, TrialChange>();

  /** @param convert - Converts a message as the function would with the mapping that is tried. */
  constructor(convert: (message: Message) => Conversion) {
    this.#convert = convert;
  }

  add(letter: Letter): void {
    const { lines, refusals } = this.#convert(messageOf(letter));
    const [refusal] = refusals;
    const result = refusal !== undefined ? 'refused' : lines.length > 0 ? 'written' : 'dropped';
    const to = refusal?.code ?? result;
    const key = JSON.stringify([letter.reason, result, to]);
    const known = this.#changes.get(key);
    this.#changes.set(key, {
      from: letter.reason,
      to,
      result,
      count: (known?.count ?? 0) + 1,
      example: known?.example ?? { id: letter.id, detail: refusal?.detail ?? '' },
    });
  }

  /** Returns the results, the largest first. */
  changes(): readonly TrialChange[] {
    return [...this.#changes.values()].sort((a, b) => b.count - a.count || (a.from < b.from ? -1 : 1));
  }

  /** Returns the number of letters with a result. */
  count(result: TrialResult): number {
    return this.changes().reduce((sum, change) => sum + (change.result === result ? change.count : 0), 0);
  }

  /** Number of letters that would be written if the server takes them this time. */
  get undecided(): number {
    return this.changes().reduce(
      (sum, { from, result, count }) => sum + (result === 'written' && NOT_REPEATED.has(from) ? count : 0),
      0,
    );
  }
}
