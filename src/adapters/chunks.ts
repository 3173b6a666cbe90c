/** Splits long lists for services that limit the entries of a call. */

/** Returns the items in order, in chunks of `n`; the last chunk may be shorter. No items give no chunk. */
export const chunksOf = <T>(items: readonly T[], n: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / n) }, (_, index) => items.slice(index * n, (index + 1) * n));
