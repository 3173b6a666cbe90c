/** Numbers with their nouns, for command output. */

/** Returns the count with its noun: `1 line`, `2 lines`. The plural of `noun` must end in "s". */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
