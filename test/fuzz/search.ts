/** The search: changes inputs of the corpus, and keeps those that execute something new. */

import { type Random, randomFrom } from '../../local/workload/random.ts';
import { Coverage, type Feature } from './coverage.ts';
import { mutated } from './mutate.ts';
import { type Target, Violation } from './target.ts';

/** Bytes of an input, at most. Longer inputs take more time and seldom execute other branches. */
export const INPUT_BYTES_MAX = 4096;
/**
 * Executed branches of one input, at most: a limit of time that does not depend on the machine. The most expensive input
 * that a run of two minutes found, a mapping for nested arrays, needs a third of it.
 */
const STEPS_MAX = 50_000_000;
/** Attempts to shorten an input that violates a property. */
const SHORTEN_ATTEMPTS = 2_000;

/** A property that does not hold for an input. */
export interface Failure {
  readonly input: Uint8Array;
  readonly text: string;
}

/** What a search needs. */
export interface SearchOptions {
  readonly target: Target;
  readonly seed: number;
  /** Stored inputs. */
  readonly corpus: readonly Uint8Array[];
  /** Literals of the instrumented files. It grows while the target is loaded. */
  readonly dictionary: ReadonlySet<string>;
  /** Called before each input, so that another thread can name the input of a hang. */
  readonly before: (input: Uint8Array) => void;
}

/** Searches for an input that violates the property of a target. */
export class Search {
  readonly coverage = new Coverage();
  readonly #options: SearchOptions;
  readonly #random: Random;
  readonly #entries: Uint8Array[] = [];
  /** The dictionary, sorted. */
  #words: readonly string[] = [];
  executions = 0;

  constructor(options: SearchOptions) {
    this.#options = options;
    this.#random = randomFrom(options.seed);
  }

  get corpusSize(): number {
    return this.#entries.length;
  }

  /** Executes the seeds and the stored corpus. Returns a failure, if there is one. */
  start(): Failure | undefined {
    const { target, corpus } = this.#options;
    for (const input of [...target.seeds(), ...corpus]) {
      const failure = this.#execute(input.subarray(0, INPUT_BYTES_MAX));
      if (failure !== undefined) return failure;
    }
    if (this.#entries.length === 0) this.#entries.push(new Uint8Array(1));
    return undefined;
  }

  /** Executes one changed input. Returns a failure, if there is one. */
  step(): Failure | undefined {
    const { target, dictionary } = this.#options;
    // Sorted, because the order in which files are loaded is not the same in every run.
    if (this.#words.length !== dictionary.size) this.#words = [...dictionary].sort();
    const changed = mutated(this.#pick(), {
      random: this.#random,
      words: this.#words,
      other: this.#random.pick(this.#entries),
      selectors: target.selectors,
      bytesMax: INPUT_BYTES_MAX,
    });
    return this.#execute(changed);
  }

  /** Executes one input. Returns a failure, if there is one. */
  reproduce(input: Uint8Array): Failure | undefined {
    this.executions += 1;
    this.#options.before(input);
    const text = this.#violation(input);
    return text === undefined ? undefined : { input, text };
  }

  /** Returns an input to change. Later inputs execute what is rare, so half of the choices are among the last fifth. */
  #pick(): Uint8Array {
    const count = this.#entries.length;
    const from = this.#random.below(2) === 0 ? 0 : Math.floor(count * 0.8);
    return this.#entries[from + this.#random.below(count - from)] as Uint8Array;
  }

  #execute(input: Uint8Array): Failure | undefined {
    this.executions += 1;
    this.#options.before(input);
    const text = this.#violation(input);
    if (text !== undefined) return { input: this.#shortened(input, text), text };
    if (this.coverage.isNew()) this.#entries.push(Uint8Array.from(input));
    return undefined;
  }

  /** Runs the target. Returns the text of what it throws. */
  #violation(input: Uint8Array): string | undefined {
    this.coverage.begin();
    try {
      this.#options.target.run(input);
    } catch (error) {
      return error instanceof Violation ? error.message : String((error as Error)?.stack ?? error);
    }
    const steps = this.coverage.steps();
    return steps > STEPS_MAX ? `one input executes more than ${STEPS_MAX} branches\n${steps}` : undefined;
  }

  /** Removes parts of an input as long as it violates the same property. */
  #shortened(input: Uint8Array, text: string): Uint8Array {
    const [kind] = text.split('\n');
    let shortest = Buffer.from(input);
    let attempts = 0;
    for (let size = shortest.length >> 1; size >= 1; size >>= 1)
      for (let at = this.#options.target.selectors; at < shortest.length && attempts < SHORTEN_ATTEMPTS; attempts++) {
        const candidate = Buffer.concat([shortest.subarray(0, at), shortest.subarray(at + size)]);
        this.#options.before(candidate);
        if (this.#violation(candidate)?.split('\n')[0] === kind) shortest = candidate;
        else at += size;
      }
    return shortest;
  }

  /**
   * Returns inputs that together execute everything that the corpus executes. The first ones add the most, so that a part
   * of the list covers most of it.
   */
  minimized(): readonly Uint8Array[] {
    let remaining = this.#entries.map((input) => {
      this.#options.before(input);
      this.#violation(input);
      return { input, features: this.coverage.executed() };
    });
    const kept: Uint8Array[] = [];
    while (remaining.length > 0) {
      const best = remaining.reduce((one, other) => (isBetter(other, one) ? other : one));
      const covered = new Set(best.features);
      kept.push(best.input);
      remaining = remaining
        .map(({ input, features }) => ({ input, features: features.filter((feature) => !covered.has(feature)) }))
        .filter(({ features }) => features.length > 0);
    }
    return kept;
  }
}

interface Covering {
  readonly input: Uint8Array;
  /** Features that no chosen input executes. */
  readonly features: readonly Feature[];
}

const isBetter = (one: Covering, other: Covering): boolean =>
  one.features.length === other.features.length
    ? one.input.length < other.input.length
    : one.features.length > other.features.length;
