/** The list of suggestions below the editor: opened while typing, chosen by keyboard or pointer. */

import type { MappingFormat } from '../protocol.ts';
import { type CursorPlace, cursorPlace } from './completion/cursor-place.ts';
import { insertSuggestion } from './completion/insertion.ts';
import { type Schema, type Suggestion, suggestionsAt } from './completion/schema.ts';
import { box, element } from './dom.ts';

/** Suggestions that are listed, at most. All are visible without scrolling, and a letter shortens the list. */
const SHOWN_MAX = 8;

/** Connects the list with the editor. `onInsert` is called after an insertion. */
export const connectSuggestions = (
  editor: HTMLTextAreaElement,
  schema: Schema,
  formatOf: () => MappingFormat,
  onInsert: () => void,
): void => {
  const list = box('suggestions');
  let place: CursorPlace | undefined;
  let suggestions: readonly Suggestion[] = [];
  let chosen = 0;

  const close = (): void => {
    list.hidden = true;
    editor.removeAttribute('aria-activedescendant');
  };
  const choose = (index: number): void => {
    chosen = (index + suggestions.length) % suggestions.length;
    [...list.children].forEach((item, at) => {
      item.setAttribute('aria-selected', String(at === chosen));
    });
    editor.setAttribute('aria-activedescendant', `suggestion-${chosen}`);
  };
  const insert = (index: number): void => {
    const suggestion = suggestions[index];
    close();
    if (place === undefined || suggestion === undefined) return;
    const edited = insertSuggestion(editor.value, editor.selectionStart, place, suggestion.text, formatOf());
    editor.value = edited.text;
    editor.setSelectionRange(edited.cursor, edited.cursor);
    editor.focus();
    onInsert();
  };
  const open = (isRequested: boolean): void => {
    place = cursorPlace(editor.value, editor.selectionStart, formatOf());
    suggestions = place === undefined ? [] : suggestionsAt(schema, place).slice(0, SHOWN_MAX);
    const isComplete = suggestions.length === 1 && suggestions[0]?.text === place?.prefix;
    // While typing, the list opens only after a first letter, so that it never hides the text without a reason.
    const isWanted = suggestions.length > 0 && !isComplete && (place?.prefix !== '' || isRequested);
    if (!isWanted) {
      close();
      return;
    }
    list.replaceChildren(...suggestions.map((one, index) => suggestionItem(one, index, insert)));
    list.dataset.side = isInUpperHalf(editor) ? 'bottom' : 'top';
    list.hidden = false;
    choose(0);
  };
  editor.addEventListener('input', () => open(false));
  editor.addEventListener('blur', close);
  editor.addEventListener('keydown', (event) => {
    if (event.key === ' ' && event.ctrlKey) open(true);
    else if (list.hidden) return;
    else if (event.key === 'Escape') close();
    else if (event.key === 'ArrowDown') choose(chosen + 1);
    else if (event.key === 'ArrowUp') choose(chosen - 1);
    else if (event.key === 'Enter' || event.key === 'Tab') insert(chosen);
    else return;
    event.preventDefault();
  });
};

/** Whether the line of the cursor is in the upper half of the editor. The list is shown in the other half. */
const isInUpperHalf = ({ value, selectionStart, scrollTop, clientHeight, rows }: HTMLTextAreaElement): boolean => {
  const line = value.slice(0, selectionStart).split('\n').length;
  return line * (clientHeight / rows) - scrollTop < clientHeight / 2;
};

const suggestionItem = ({ text, description }: Suggestion, index: number, insert: (index: number) => void) => {
  const item = element(
    'div',
    { id: `suggestion-${index}`, role: 'option', 'aria-selected': 'false' },
    element('code', {}, text),
    element('small', {}, description),
  );
  item.addEventListener('pointerdown', (event) => {
    // Otherwise the editor loses the focus, which closes the list before the choice.
    event.preventDefault();
    insert(index);
  });
  return item;
};
