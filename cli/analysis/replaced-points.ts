/** Finds points of the input that replace each other in openGemini: same target, series, and time, and other values. */

import { parseOwnLine } from '../../src/sink/lines/parse-own-line.ts';
import { type Target, targetKey } from '../../src/sink/ports.ts';

/** A line and where it came from. */
export interface PlacedLine {
  readonly text: string;
  readonly target: Target;
  /** Place of its event in the input, for people: `line 3, event 0`. */
  readonly place: string;
}

/** Two lines of one point that have a field in common with different values. */
export interface Replaced {
  readonly measurement: string;
  /** Fields with different values. */
  readonly fields: readonly string[];
  readonly first: string;
  readonly second: string;
}

/** Points that are compared, at most. Later ones are only compared with these. */
const POINTS_MAX = 500_000;
/** Pairs of lines that are kept, at most. */
const EXAMPLES_MAX = 10;

interface Stored {
  readonly place: string;
  readonly fields: Map<string, string>;
}

/** Compares every line with the earlier lines of its point. */
export class ReplacedPoints {
  /** Lines that replace a value of an earlier line. */
  count = 0;
  readonly examples: Replaced[] = [];
  readonly #points = new Map<string, Stored>();

  add({ text, target, place }: PlacedLine): void {
    const { measurement, tags, fields, time } = parseOwnLine(text);
    const key = JSON.stringify([targetKey(target), measurement, tags, time]);
    const stored = this.#points.get(key);
    const values = new Map(fields.map(([name, { type, value }]) => [name, `${type} ${value}`]));
    if (stored === undefined) {
      if (this.#points.size < POINTS_MAX) this.#points.set(key, { place, fields: values });
      return;
    }
    const changed = [...values].filter(([name, value]) => (stored.fields.get(name) ?? value) !== value);
    for (const [name, value] of values) stored.fields.set(name, value);
    if (changed.length === 0) return;
    this.count += 1;
    if (this.examples.length < EXAMPLES_MAX)
      this.examples.push({ measurement, fields: changed.map(([name]) => name), first: stored.place, second: place });
  }
}
