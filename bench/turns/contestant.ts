/** An implementation under measurement, and the messages between its process and the benchmark. */

/** An implementation under measurement. Each runs in a process of its own, so that none changes the code of another. */
export interface Contestant {
  /** Processes the next part of the data, and returns the number of its items (events or messages). */
  step(): number | Promise<number>;
  /** Returns the lines of the first bodies, or of the first SQS event, to compare them with those of the others. */
  lines?(bodies: number): readonly string[] | Promise<readonly string[]>;
}

/** Creates a contestant. The argument is the one that the benchmark gave to the process. */
export type CreateContestant = (argument: never) => Promise<Contestant>;

/** Thrown when a contestant cannot run with this version of the sink. It is left out, with this reason. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

/** What the benchmark sends to a process. The process answers each command once. */
export type Command =
  | {
      readonly command: 'slice';
      /** CPU time of the slice. The last step may exceed it. */
      readonly ms: number;
    }
  | { readonly command: 'lines'; readonly bodies: number };

/** What a slice took. */
export interface Slice {
  readonly items: number;
  /** CPU time of the process, in nanoseconds. */
  readonly ns: number;
}

/** What a process sends to the benchmark. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unsupported' | 'failed'; readonly reason: string }
  | { readonly kind: 'slice'; readonly slice: Slice }
  | { readonly kind: 'lines'; readonly lines: readonly string[] };
