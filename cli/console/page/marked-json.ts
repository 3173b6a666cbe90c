/** Lays out JSON over several lines without changing a digit, and keeps the place of a mark. */

/** A text in three parts. Without a mark, all of it is before. */
export interface MarkedText {
  readonly before: string;
  readonly marked: string;
  readonly after: string;
}

const INDENT = '  ';

/**
 * Returns a JSON text with line breaks and indentation. A text that is not JSON is returned as it is.
 *
 * @param mark - Start and end of the part to mark, in the given text.
 */
export const laidOut = (text: string, mark: readonly [start: number, end: number] | null): MarkedText => {
  const [start, end] = mark ?? [text.length, text.length];
  if (!isJson(text)) return { before: text.slice(0, start), marked: text.slice(start, end), after: text.slice(end) };
  const parts = ['', '', ''];
  let depth = 0;
  let isInText = false;
  /** The last character outside texts that is no space. */
  let previous = '';
  const add = (at: number, piece: string): void => {
    parts[at < start ? 0 : at < end ? 1 : 2] += piece;
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (isInText) {
      const isEscape = char === '\\';
      add(at, isEscape ? text.slice(at, at + 2) : char);
      if (isEscape) at += 1;
      isInText = char !== '"';
      continue;
    }
    if (/\s/.test(char)) continue;
    const isClosing = char === '}' || char === ']';
    const isAfterOpening = previous === '{' || previous === '[';
    if (isClosing) depth -= 1;
    // A mark begins with its value and ends with it. The line break before a value belongs to the character before.
    if (previous === ',' || isAfterOpening !== isClosing) add(isClosing ? at : at - 1, `\n${INDENT.repeat(depth)}`);
    add(at, char);
    if (char === ':') add(at, ' ');
    if (char === '{' || char === '[') depth += 1;
    isInText = char === '"';
    previous = char;
  }
  const [before = '', marked = '', after = ''] = parts;
  return { before, marked, after };
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
