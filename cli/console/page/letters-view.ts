/** Shows the dead letters by reason, each with its event, and redrives them. */

import type { LettersView, LetterView } from '../protocol.ts';
import { box, button, byId, element, setText } from './dom.ts';
import { counted, timeOfDay } from './format.ts';
import { act, announce, get } from './requests.ts';

/** The dead letters of the page. */
export interface Letters {
  /** Reads the dead letters if their number has changed. */
  follow(depth: number): void;
}

/** Connects the buttons. */
export const connectLetters = (): Letters => {
  let shownDepth: number | undefined;
  let isReading = false;
  let isStale = false;
  const refresh = async (): Promise<void> => {
    isStale = true;
    if (isReading) return;
    isReading = true;
    try {
      while (isStale) {
        isStale = false;
        showLetters(await get<LettersView>('/api/letters'), redrive);
      }
    } catch (error) {
      announce((error as Error).message, true);
    }
    isReading = false;
  };
  const redrive = async (ids: readonly string[] | undefined): Promise<void> => {
    await act('/api/redrive', ids === undefined ? {} : { ids });
    // The button is gone afterward. Without a new place, the focus would return to the top of the page.
    const title = box('letters-title');
    title.tabIndex = -1;
    title.focus();
    await refresh();
  };
  byId('letters-refresh', HTMLButtonElement).addEventListener('click', () => void refresh());
  byId('letters-redrive', HTMLButtonElement).addEventListener('click', () => void redrive(undefined));
  return {
    follow(depth) {
      if (depth === shownDepth) return;
      shownDepth = depth;
      void refresh();
    },
  };
};

type Redrive = (ids: readonly string[]) => Promise<void>;

const showLetters = ({ letters, hasMore }: LettersView, redrive: Redrive): void => {
  const count = letters.length;
  const note =
    count === 0
      ? 'The dead-letter queue is empty.'
      : `${counted(count, 'dead letter')}${hasMore ? ', and more that are not shown' : ''}. Correct the cause before you redrive them.`;
  setText(box('letters-note'), note);
  byId('letters-redrive', HTMLButtonElement).disabled = count === 0;
  const open = new Set(
    [...box('letter-groups').querySelectorAll<HTMLElement>('details[open]')].map(({ dataset }) => dataset.id),
  );
  const groups = Map.groupBy(letters, ({ reason }) => reason);
  const sorted = [...groups].sort(([a], [b]) => a.localeCompare(b));
  box('letter-groups').replaceChildren(...sorted.map(([reason, some]) => groupElement(reason, some, open, redrive)));
};

const groupElement = (
  reason: string,
  letters: readonly LetterView[],
  open: ReadonlySet<string | undefined>,
  redrive: Redrive,
): HTMLElement => {
  const ids = letters.map(({ id }) => id);
  return element(
    'section',
    { class: 'card group', 'data-reason': reason, 'aria-label': `Dead letters with the reason ${reason}` },
    element(
      'div',
      { class: 'heading' },
      element('h3', {}, element('code', {}, reason), ` ${counted(letters.length, 'dead letter')}`),
      button('Redrive group', `Redrive group ${reason}`, () => void redrive(ids)),
    ),
    ...withFold(letters.map((letter) => letterElement(letter, open.has(letter.id), redrive))),
  );
};

/** Letters of a group that are listed at first. The others have the same reason, and most often the same detail. */
const LISTED_MAX = 5;

const withFold = (letters: readonly HTMLElement[]): readonly HTMLElement[] => {
  const others = letters.slice(LISTED_MAX);
  if (others.length === 0) return letters;
  const more = element('details', { class: 'more' }, element('summary', {}, `${others.length} more`), ...others);
  more.open = others.some((letter) => letter instanceof HTMLDetailsElement && letter.open);
  return [...letters.slice(0, LISTED_MAX), more];
};

const letterElement = (letter: LetterView, isOpen: boolean, redrive: Redrive): HTMLElement => {
  const { id, detail, measurement, sentAtMs, remedy } = letter;
  const about = [measurement ?? '', `sent ${timeOfDay(sentAtMs)}`].filter(Boolean).join(', ');
  const details = element(
    'details',
    { class: 'letter', 'data-id': id },
    element('summary', {}, element('span', {}, detail || remedy), ' ', element('small', { class: 'muted' }, about)),
    eventElement(letter),
    ...(detail === '' ? [] : [element('p', { class: 'muted' }, remedy)]),
    element(
      'div',
      { class: 'row' },
      button('Redrive', `Redrive this dead letter: ${detail}`, () => void redrive([id])),
    ),
  );
  details.open = isOpen;
  return details;
};

/** Shows the lines, with a mark on the one that failed. Its indentation is not marked. */
const eventElement = ({ lines, failing, absent }: LetterView): HTMLElement => {
  const pre = element('pre', { tabindex: '0', role: 'group', 'aria-label': 'Event' });
  const before = failing === null ? lines : lines.slice(0, failing);
  pre.append(before.map((line) => `${line}\n`).join(''));
  if (failing === null) return pre;
  const line = lines[failing] ?? '';
  const text = line.trimStart();
  pre.append(line.slice(0, line.length - text.length), element('mark', {}, text));
  if (absent !== null) pre.append(element('small', { class: 'absent' }, `"${absent}" is absent here`));
  pre.append(
    lines
      .slice(failing + 1)
      .map((after) => `\n${after}`)
      .join(''),
  );
  return pre;
};
