/** Counts how often each branch of the instrumented files is executed, and compares the counts with those of earlier inputs. */

/** Name of the global array of counters. Instrumented files increment its elements. */
export const HITS = '$fuzzHits';
/** Branches of all instrumented files, at most. */
export const BRANCHES_MAX = 1 << 16;

/** The counters. Instrumented files read the global name once, when they are loaded. */
const hits = new Uint32Array(BRANCHES_MAX);
(globalThis as Record<string, unknown>)[HITS] = hits;

/** Branches that the next instrumented files get numbers from. */
const numbers = { next: 0 };

/** Returns the number of a new branch. */
export const nextBranch = (): number => {
  if (numbers.next === BRANCHES_MAX) throw new Error(`More than ${BRANCHES_MAX} branches are instrumented.`);
  return numbers.next++;
};

/** Returns how many branches are instrumented. */
export const branchesInstrumented = (): number => numbers.next;

/** Upper limits of the classes of counts. An input is new if it moves a branch to another class. */
const CLASSES = [0, 1, 2, 3, 7, 15, 31, 127];

/** Returns the bit of the class of a count. */
const classOf = (hits: number): number => {
  let index = 1;
  while (index < CLASSES.length && hits > (CLASSES[index] as number)) index += 1;
  return 1 << (index - 1);
};

/** A branch together with the class of its count, as one number. */
export type Feature = number;

/** The branches that all inputs of a run have executed. */
export class Coverage {
  readonly #seen = new Uint8Array(BRANCHES_MAX);
  /** Branches that at least one input has executed. */
  branches = 0;
  /** Branches with different classes of counts. */
  features = 0;
  /** Largest number of steps of one input. */
  stepsMax = 0;

  /** Clears the counters before an input. */
  begin(): void {
    hits.fill(0, 0, numbers.next);
  }

  /** Adds what the input since `begin` has executed. Returns whether any of it is new. */
  isNew(): boolean {
    const seen = this.#seen;
    let steps = 0;
    let found = false;
    for (let branch = 0; branch < numbers.next; branch++) {
      const count = hits[branch] as number;
      if (count === 0) continue;
      steps += count;
      const bit = classOf(count);
      const before = seen[branch] as number;
      if ((before & bit) !== 0) continue;
      if (before === 0) this.branches += 1;
      seen[branch] = before | bit;
      this.features += 1;
      found = true;
    }
    // An input that costs twice as much as all before is kept too, so that the search finds inputs that are expensive.
    if (steps >= 2 * this.stepsMax) found = true;
    this.stepsMax = Math.max(this.stepsMax, steps);
    return found;
  }

  /** Returns the sum of all counters since `begin`: a measure of work that does not depend on the machine. */
  steps(): number {
    let steps = 0;
    for (let branch = 0; branch < numbers.next; branch++) steps += hits[branch] as number;
    return steps;
  }

  /** Returns what the input since `begin` has executed. */
  executed(): readonly Feature[] {
    const features: Feature[] = [];
    for (let branch = 0; branch < numbers.next; branch++) {
      const count = hits[branch] as number;
      if (count > 0) features.push(branch * 256 + classOf(count));
    }
    return features;
  }
}
