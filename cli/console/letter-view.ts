/** Turns a dead letter into what the page shows: its event in lines, and the line that failed. */

import { type FailingPlace, failingPlace } from '../dead-letters/failing-place.ts';
import type { Letter } from '../dead-letters/letter.ts';
import { markedEvent } from '../dead-letters/marked-event.ts';
import { remedyFor } from '../dead-letters/remedies.ts';
import type { LetterView } from './protocol.ts';

/** Characters of a body that the page shows, at most. */
export const BODY_CHARS_MAX = 20_000;

/** Characters of a body that is laid out, at most. A larger one is shown as it is in the queue, without a mark. */
const LAID_OUT_CHARS_MAX = 100_000;

/** Returns a text that is not longer than the page shows. */
export const shortened = (text: string): string =>
  text.length <= BODY_CHARS_MAX ? text : `${text.slice(0, BODY_CHARS_MAX)}…`;

/** Returns the view of a dead letter. Never throws: attributes that the sink has not written are ignored. */
export const letterView = (letter: Letter): LetterView => {
  const { id, reason, detail, measurement, sentAtMs, body } = letter;
  const about = { id, reason, detail, remedy: remedyFor(reason), measurement: measurement ?? null, sentAtMs };
  if (body.length > LAID_OUT_CHARS_MAX) return { ...about, lines: [shortened(body)], failing: null, absent: null };
  const place = failingPlace(detail);
  const { lines, failing, absent } = markedEvent(letter, { ...place, paths: pathsOf(place) });
  const shown = shownLines(lines);
  const isShown = failing !== undefined && failing < shown.length;
  return { ...about, lines: shown, failing: isShown ? failing : null, absent: isShown ? (absent ?? null) : null };
};

/** Without a mapping, a column is at the place that the canonical format gives it, and the detail names no path. */
const pathsOf = ({ rule = '', column, paths }: FailingPlace): readonly string[] => {
  if (paths.length > 0) return paths;
  const [kind = ''] = rule.split(' ');
  if (column !== undefined) return [`/${kind}s/${column.replaceAll('~', '~0').replaceAll('/', '~1')}`];
  return kind === 'timestamp' || kind === 'measurement' ? [kind] : [];
};

const shownLines = (lines: readonly string[]): readonly string[] => {
  let chars = 0;
  const end = lines.findIndex((line) => {
    chars += line.length;
    return chars > BODY_CHARS_MAX;
  });
  return end < 0 ? lines : [...lines.slice(0, end), shortened(`${lines[end]}`), '…'];
};
