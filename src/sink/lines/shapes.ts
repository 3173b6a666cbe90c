/**
 * Remembers the columns of objects whose members become columns of their own names. Objects of one producer have the
 * same names in the same order, so that names are validated, escaped and sorted once, and later only compared.
 */

import type { Header } from './header.ts';

/** The columns of objects with certain names in a certain order. */
export interface Shape {
  readonly names: readonly string[];
  /** Headers of the names; `undefined` for a name that is not valid. */
  readonly headers: readonly (Header | undefined)[];
  /** Indexes of the names, sorted by name. */
  readonly sorted: Int32Array;
  /** Shapes whose names are known to differ from all names of this one. */
  distinctFrom: Shape | undefined;
}

/** Shapes that are remembered, at most. */
const SHAPES_MAX = 16;
/** Names of a shape that is remembered, at most. */
const NAMES_MAX = 400;

/** Remembers the shapes of one kind of objects. */
export class Shapes {
  readonly #headerOf: (name: string) => Header | undefined;
  readonly #shapes: Shape[] = [];
  /** Index of the shape that was used last. */
  #last = 0;
  /** Index of the shape that is replaced next. */
  #next = 0;

  /** @param headerOf - Returns the header of a name, or `undefined` if the name is not valid. */
  constructor(headerOf: (name: string) => Header | undefined) {
    this.#headerOf = headerOf;
  }

  /** Returns the shape of an object with these names. */
  of(names: readonly string[]): Shape {
    const shapes = this.#shapes;
    const last = shapes[this.#last];
    if (last !== undefined && areEqual(last.names, names)) return last;
    for (let index = 0; index < shapes.length; index++) {
      const shape = shapes[index] as Shape;
      if (!areEqual(shape.names, names)) continue;
      this.#last = index;
      return shape;
    }
    return this.#add(names);
  }

  #add(names: readonly string[]): Shape {
    const shape: Shape = {
      names,
      headers: names.map(this.#headerOf),
      sorted: Int32Array.from(names.keys()).sort((a, b) => ((names[a] as string) < (names[b] as string) ? -1 : 1)),
      distinctFrom: undefined,
    };
    if (names.length > NAMES_MAX) return shape;
    this.#last = this.#next;
    this.#shapes[this.#next] = shape;
    this.#next = (this.#next + 1) % SHAPES_MAX;
    return shape;
  }
}

/** Whether two lists of names are equal. Equal names of parsed JSON are the same string, so this only compares pointers. */
const areEqual = (a: readonly string[], b: readonly string[]): boolean => {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
};

/** Whether no name of a shape is a name of another one. The result is remembered for the last two shapes. */
export const areDistinct = (shape: Shape, other: Shape): boolean => {
  if (shape.distinctFrom === other) return true;
  const names = new Set(other.names);
  if (shape.names.some((name) => names.has(name))) return false;
  shape.distinctFrom = other;
  return true;
};
