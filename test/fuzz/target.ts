/** A target of the fuzzer: a parser, and what must hold for every input. */

import { isDeepStrictEqual } from 'node:util';

/** A parser with its property. Each module in `targets/` exports one. */
export interface Target {
  /** What the target parses, for the list of targets. */
  readonly meaning: string;
  /** Bytes at the beginning of an input that select settings. The text that is parsed follows them. */
  readonly selectors: number;
  /** Inputs that a search starts from, in addition to the corpus. */
  readonly seeds: () => readonly Uint8Array[];
  /**
   * Parses one input.
   *
   * @throws If the property does not hold.
   */
  readonly run: (input: Uint8Array) => void;
}

/** A property that does not hold. Its first line says which one. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** Throws a violation unless a condition holds. */
export const must = (holds: boolean, property: string, found?: unknown): void => {
  if (!holds) throw new Violation(found === undefined ? property : `${property}\n${shown(found)}`);
};

/** Throws a violation unless two values are equal. */
export const mustEqual = (actual: unknown, expected: unknown, property: string): void => {
  if (!isDeepStrictEqual(actual, expected))
    throw new Violation(`${property}\n- ${shown(expected)}\n+ ${shown(actual)}`);
};

// JSON has neither bigint nor -0 nor undefined, and all distinguish points.
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'bigint' || member === undefined ? `${member}` : Object.is(member, -0) ? '-0' : member,
  );

const SHOWN_MAX = 2_000;
const shown = (value: unknown): string => textOf(value).slice(0, SHOWN_MAX);

/** Returns an input from its selectors and its text. */
export const inputOf = (selectors: readonly number[], text: string | Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.from(selectors), Buffer.from(text as string)]);

/** Returns the element of a list that a byte selects. The first one if the input is too short. */
export const selected = <T>(list: readonly T[], byte: number | undefined): T => list[(byte ?? 0) % list.length] as T;
