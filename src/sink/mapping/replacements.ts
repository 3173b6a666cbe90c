/** Replacements in the names of measurements. */

/** Returns a text with all replacements, in one pass, so that no replacement is replaced again. */
export const replaced = (text: string, replace: ReadonlyMap<string, string> | undefined): string => {
  if (replace === undefined) return text;
  let result = '';
  for (let at = 0; at < text.length; ) {
    const found = longestAt(text, at, replace);
    result += found === undefined ? text[at] : replace.get(found);
    at += found?.length ?? 1;
  }
  return result;
};

const longestAt = (text: string, at: number, replace: ReadonlyMap<string, string>): string | undefined => {
  let longest: string | undefined;
  for (const found of replace.keys())
    if (text.startsWith(found, at) && found.length > (longest?.length ?? 0)) longest = found;
  return longest;
};
