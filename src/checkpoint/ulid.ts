/** Ids that sort by the time at which they were made: 48 bits of milliseconds, 80 of chance, as 26 letters. */

const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_LETTERS = 10;
const CHANCE_LETTERS = 16;

/** `random` is uniform in [0, 1), and is asked for every letter. */
export const ulid = (nowMs: number, random: () => number): string => {
  let time = '';
  let rest = Math.floor(nowMs);
  for (let letter = 0; letter < TIME_LETTERS; letter++) {
    time = LETTERS[rest % 32] + time;
    rest = Math.floor(rest / 32);
  }
  let chance = '';
  for (let letter = 0; letter < CHANCE_LETTERS; letter++) chance += LETTERS[Math.floor(random() * 32)];
  return time + chance;
};

/** When it was made, in ms since 1970. */
export const ulidTimeMs = (id: string): number => {
  let time = 0;
  for (let letter = 0; letter < TIME_LETTERS; letter++) time = time * 32 + LETTERS.indexOf(id[letter] as string);
  return time;
};
