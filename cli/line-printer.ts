/** Prints converted lines. A comment names the target of lines that do not go to the configured one. */

import { type Target, targetKey } from '../src/sink/ports.ts';
import type { ConvertedLine } from '../src/testing/convert-messages.ts';

/**
 * Returns a function that prints lines in their order. The output is valid line protocol, because parsers of line protocol
 * skip comments.
 */
export const createLinePrinter = (
  configured: Target,
  write: (text: string) => void,
): ((lines: readonly ConvertedLine[]) => void) => {
  let shown = configured;
  return (lines) => {
    let text = '';
    for (const line of lines) {
      if (targetKey(line.target) !== targetKey(shown)) text += `# ${placeText(line.target, configured)}\n`;
      shown = line.target;
      text += `${line.text}\n`;
    }
    if (text !== '') write(text);
  };
};

const placeText = ({ database, retentionPolicy }: Target, configured: Target): string => {
  const named = database === configured.database ? 'as configured' : database;
  return `database ${named}${retentionPolicy === undefined ? '' : `, retention policy ${retentionPolicy}`}`;
};
