/** Ids that sort by the time of their creation: 48 bits of milliseconds and 80 random bits, as 26 characters. */

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARACTERS = 10;
const RANDOM_CHARACTERS = 16;

/**
 * Returns a new id.
 *
 * @param random - Uniform in [0, 1); called once per random character.
 */
export const ulid = (nowMs: number, random: () => number): string => {
  let time = '';
  let rest = Math.floor(nowMs);
  for (let at = 0; at < TIME_CHARACTERS; at++) {
    time = ALPHABET[rest % 32] + time;
    rest = Math.floor(rest / 32);
  }
  let suffix = '';
  for (let at = 0; at < RANDOM_CHARACTERS; at++) suffix += ALPHABET[Math.floor(random() * 32)];
  return time + suffix;
};

/** Returns when the id was created, in ms since 1970. */
export const ulidTimeMs = (id: string): number => {
  let time = 0;
  for (let at = 0; at < TIME_CHARACTERS; at++) time = time * 32 + ALPHABET.indexOf(id[at] as string);
  return time;
};
