/** Text of the findings of `check --live`. */

import { styled, wrapped } from '../terminal.ts';
import type { Finding } from './finding.ts';

const STYLES = { ok: 'green', fault: 'red', 'not checked': 'yellow' } as const;
const STATE_COLUMN = 13;

/** Returns one line per finding, the remedies of faults, and a summary. */
export const liveText = (findings: readonly Finding[], width: number | undefined): string => {
  const lines = findings.map(({ part, check, state, detail, remedy }) => {
    const label = styled(STYLES[state], state, process.stdout) + ' '.repeat(STATE_COLUMN - state.length);
    const text = `${part}, ${check}: ${detail}${remedy === undefined ? '' : `. ${remedy}`}`;
    // Colors have no width, so the text is wrapped without the label.
    return label + wrapped(text, width && width - STATE_COLUMN).replaceAll('\n', `\n${' '.repeat(STATE_COLUMN)}`);
  });
  const countOf = (state: Finding['state']): number => findings.filter((finding) => finding.state === state).length;
  const summary = `${countOf('ok')} checks passed, ${countOf('fault')} failed, ${countOf('not checked')} were not made.`;
  return [...lines, '', summary].join('\n');
};
