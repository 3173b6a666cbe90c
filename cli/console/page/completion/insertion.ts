/** Text that a chosen suggestion inserts. */

import type { MappingFormat } from '../../protocol.ts';
import type { CursorPlace } from './cursor-place.ts';

/** A text with the cursor in it. */
export interface EditedText {
  readonly text: string;
  readonly cursor: number;
}

const needsQuotes = (text: string): boolean => !/^(?:true|false|null|-?\d+(?:\.\d+)?)$/.test(text);

/** Returns the text with the suggestion in place of the typed part. */
export const insertSuggestion = (
  text: string,
  cursor: number,
  { kind, from }: CursorPlace,
  suggestion: string,
  format: MappingFormat,
): EditedText => {
  // In JSON a name and a text have quotes. The part after the cursor may already have the closing one.
  const word = format === 'json' && (kind === 'name' || needsQuotes(suggestion)) ? `"${suggestion}"` : suggestion;
  const rest = text.slice(cursor).replace(/^"(?=\s*[:,}\n])/, format === 'json' ? '' : '"');
  const inserted = kind === 'name' && !/^\s*:/.test(rest) ? `${word}: ` : word;
  return { text: text.slice(0, from) + inserted + rest, cursor: from + inserted.length };
};
