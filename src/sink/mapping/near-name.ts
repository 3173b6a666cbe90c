/** Finds the name that a mistyped name was probably meant to be. */

/** Letters that may differ, at most. In a short name, at most half of the letters may differ. */
const LETTERS_MAX = 3;

/**
 * Returns the known name that differs from `name` by the fewest letters, or `undefined` if every name differs by too
 * many. Ignores case.
 */
export const nearName = (name: string, known: readonly string[]): string | undefined => {
  const most = Math.min(LETTERS_MAX, name.length >> 1);
  const [near] = known
    .map((candidate) => ({ candidate, letters: distance(candidate.toLowerCase(), name.toLowerCase()) }))
    .filter(({ letters }) => letters <= most)
    .sort((a, b) => a.letters - b.letters);
  return near?.candidate;
};

/** Returns the Levenshtein distance of two texts. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row.at(-1) as number;
};
