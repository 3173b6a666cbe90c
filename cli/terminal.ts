/** Colors and widths of the output. Piped output has no colors, and its lines are not wrapped. */

import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

const WIDTH_MIN = 60;
/** Longer lines are difficult to read. */
const WIDTH_MAX = 120;
const HELP_WIDTH_WITHOUT_TERMINAL = 100;

/** Returns the text in a style if the stream shows colors. `NO_COLOR` and `FORCE_COLOR` of the user decide first. */
export const styled = (format: Format, text: string, stream: NodeJS.WriteStream): string =>
  styleText(format, text, { stream });

/** Whether the stream shows colors. */
export const showsColors = (stream: NodeJS.WriteStream): boolean => styled('bold', 'x', stream) !== 'x';

/** Returns the width to which lines are wrapped, 60 to 120, or undefined if the stream is not a terminal. */
export const widthOf = ({ isTTY, columns }: Partial<NodeJS.WriteStream>): number | undefined =>
  isTTY === true ? Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, columns ?? 0)) : undefined;

/** Returns the width of the help. */
export const helpWidthOf = (stream: NodeJS.WriteStream): number => widthOf(stream) ?? HELP_WIDTH_WITHOUT_TERMINAL;

/**
 * Wraps the text at spaces. A word that is longer than a line, such as an address, is not divided.
 *
 * @param width - Length of a line. Undefined wraps nothing.
 * @param indent - Spaces at the beginning of every line but the first.
 * @param start - Beginning of the first line, which is not divided.
 */
export const wrapped = (text: string, width: number | undefined, indent = 0, start = ''): string => {
  if (width === undefined) return start + text;
  const lines: string[] = [];
  let line = start;
  for (const word of text.match(/ *[^ ]+/g) ?? []) {
    if (line !== start && line.length + word.length > width) {
      lines.push(line);
      line = ' '.repeat(indent) + word.trimStart();
    } else line += word;
  }
  return [...lines, line].join('\n');
};

/** Returns a row of two columns. A name longer than its column is followed by one space. */
export const row = (name: string, text: string, column: number, width: number | undefined): string =>
  wrapped(text, width, column, `${name} `.padEnd(column));
