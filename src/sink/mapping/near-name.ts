/** Finds the name that a mistyped name was probably meant to be. */

/** Most letters that may differ. Of a short name, at most half of its letters may differ. */
const LETTERS_MAX = 3;

/**
 * Returns the known name that was probably meant, or `undefined`. It is the only one that `name` abbreviates
 * (`OPENGEMINI_DB` is `OPENGEMINI_DATABASE`) or extends, otherwise the one that differs by the fewest letters. Words
 * that both names begin with do not count, and capital and small letters are the same.
 */
export const nearName = (name: string, known: readonly string[]): string | undefined => {
  const pairs = known.map((candidate) => ({
    candidate,
    ...differingPart(name.toLowerCase(), candidate.toLowerCase()),
  }));
  const abbreviated = pairs.filter(({ a, b }) => abbreviates(a, b) || abbreviates(b, a));
  if (abbreviated.length === 1) return abbreviated[0]?.candidate;
  const [near] = pairs
    .map(({ candidate, a, b }) => ({ candidate, letters: distance(a, b), most: Math.min(LETTERS_MAX, a.length >> 1) }))
    .filter(({ letters, most }) => letters <= most)
    .sort((a, b) => a.letters - b.letters);
  return near?.candidate;
};

/** Returns both names without the words that they begin with. Words are separated by `_`. */
const differingPart = (a: string, b: string): { readonly a: string; readonly b: string } => {
  const words = a.split('_');
  const others = b.split('_');
  const last = Math.min(words.length, others.length) - 1;
  let same = 0;
  while (same < last && words[same] === others[same]) same += 1;
  return { a: words.slice(same).join('_'), b: others.slice(same).join('_') };
};

/** Whether `short` has at least two letters, begins as `long` does, and has its letters in the same order. */
const abbreviates = (short: string, long: string): boolean =>
  short.length >= 2 && short[0] === long[0] && isSubsequence(short, long);

const isSubsequence = (short: string, long: string): boolean => {
  let found = 0;
  for (const letter of long) if (letter === short[found]) found += 1;
  return found === short.length;
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
