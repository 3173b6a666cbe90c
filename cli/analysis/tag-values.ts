/** Estimates how many series the tags of the input create. */

import { parseOwnLine } from '../../src/sink/lines/parse-own-line.ts';

/** Values of one tag. */
export interface TagValues {
  readonly measurement: string;
  readonly tag: string;
  /** Points that have the tag. */
  readonly points: number;
  /** Different values, at most `VALUES_MAX`. */
  readonly values: number;
  /** Whether nearly every point has a new value, so that nearly every point starts a series. */
  readonly grows: boolean;
}

/** Different values that are counted for a tag, at most. */
export const VALUES_MAX = 100_000;
/** With fewer points nothing is known about further values. */
const POINTS_MIN = 10;
const SHARE_OF_NEW_VALUES = 0.9;

/** Counts the values of every tag. */
export class TagCounter {
  readonly #tags = new Map<
    string,
    { readonly measurement: string; readonly tag: string; points: number; readonly values: Set<string> }
  >();

  add(line: string): void {
    const { measurement, tags } = parseOwnLine(line);
    for (const [tag, value] of tags) {
      const key = JSON.stringify([measurement, tag]);
      const counted = this.#tags.get(key) ?? { measurement, tag, points: 0, values: new Set<string>() };
      this.#tags.set(key, counted);
      counted.points += 1;
      if (counted.values.size < VALUES_MAX) counted.values.add(value);
    }
  }

  /** Returns all tags, those with the most values first. */
  counts(): readonly TagValues[] {
    return [...this.#tags.values()]
      .map(({ measurement, tag, points, values: { size } }) => {
        const grows = points >= POINTS_MIN && size >= Math.min(points * SHARE_OF_NEW_VALUES, VALUES_MAX);
        return { measurement, tag, points, values: size, grows };
      })
      .sort((a, b) => b.values - a.values);
  }
}
