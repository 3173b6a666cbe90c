/** The mapping editor: converts the last messages after each change, and shows lines, refusals, and faults. */

import type { ConversionView, ConvertedBody, MappingFault, MappingFormat, MappingView } from '../protocol.ts';
import type { Schema } from './completion/schema.ts';
import { box, button, byId, element, setText } from './dom.ts';
import { counted } from './format.ts';
import { act, announce, get, post } from './requests.ts';
import { connectSuggestions } from './suggestions-view.ts';

/** The editor of the page. */
export interface MappingEditor {
  /** Converts again, because messages may have arrived. */
  refresh(): void;
}

/** Reads mapping and schema, and connects the editor. */
export const connectMapping = async (): Promise<MappingEditor> => {
  const editor = byId('mapping-text', HTMLTextAreaElement);
  const format = byId('mapping-format', HTMLSelectElement);
  const formatOf = (): MappingFormat => (format.value === 'json' ? 'json' : 'yaml');
  const [mapping, schema] = await Promise.all([get<MappingView>('/api/mapping'), get<Schema>('/mapping.schema.json')]);
  showMapping(mapping);
  // A keyboard scrolls only what has the focus.
  box('conversion').tabIndex = 0;

  const convert = latestOnly(async () => {
    const view = await post<ConversionView>('/api/convert', { text: editor.value, format: formatOf() });
    showConversion(editor, view, mapping.file !== null);
  });
  const onChange = (): void => {
    showGutter(editor, []);
    convert();
  };
  connectSuggestions(editor, schema, formatOf, onChange);
  editor.addEventListener('input', onChange);
  editor.addEventListener('scroll', () => {
    box('gutter').scrollTop = editor.scrollTop;
  });
  format.addEventListener('change', onChange);
  byId('mapping-copy', HTMLButtonElement).addEventListener('click', () => void copy(editor.value));
  byId('mapping-revert', HTMLButtonElement).addEventListener('click', async () => {
    showMapping(await get<MappingView>('/api/mapping'));
    onChange();
  });
  byId('mapping-apply', HTMLButtonElement).addEventListener(
    'click',
    () => void act('/api/apply', { text: editor.value, format: formatOf() }),
  );
  onChange();
  return { refresh: convert };
};

const showMapping = ({ text, format, file, why }: MappingView): void => {
  byId('mapping-text', HTMLTextAreaElement).value = text;
  byId('mapping-format', HTMLSelectElement).value = format;
  setText(box('mapping-name'), file === null ? 'Mapping' : (file.split('/').at(-1) ?? file));
  setText(box('mapping-note'), file === null ? why : `Apply writes ${file}.`);
};

const copy = async (text: string): Promise<void> => {
  try {
    await navigator.clipboard.writeText(text);
    announce('The mapping is in the clipboard.');
  } catch {
    announce('The browser did not allow access to the clipboard. Select the text and copy it.', true);
  }
};

/**
 * Returns a function that starts the task, or starts it again after the running one. A fast typist therefore causes no
 * queue of conversions, and the last one shown is that of the last text.
 */
const latestOnly = (task: () => Promise<void>): (() => void) => {
  let isRunning = false;
  let isStale = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    do {
      isStale = false;
      try {
        await task();
      } catch (error) {
        announce((error as Error).message, true);
      }
    } while (isStale);
    isRunning = false;
  };
  return () => {
    isStale = true;
    if (!isRunning) void run();
  };
};

const showConversion = (editor: HTMLTextAreaElement, { faults, bodies }: ConversionView, canApply: boolean): void => {
  byId('mapping-apply', HTMLButtonElement).disabled = !canApply || faults.length > 0;
  showGutter(editor, faults);
  box('mapping-faults').replaceChildren(...faults.map((fault) => faultItem(editor, fault)));
  const lines = bodies.reduce((sum, body) => sum + body.lines.length, 0);
  const refusals = bodies.reduce((sum, body) => sum + body.refusals.length, 0);
  setText(
    box('conversion-counts'),
    faults.length > 0 ? counted(faults.length, 'fault') : `${counted(lines, 'line')}, ${counted(refusals, 'refusal')}`,
  );
  const hint =
    faults.length > 0
      ? 'Correct the faults to see lines.'
      : 'No message was received yet. Send events to see their lines.';
  const target = box('conversion');
  if (faults.length > 0 || bodies.length === 0) target.replaceChildren(element('p', { class: 'muted' }, hint));
  else target.replaceChildren(...bodies.map(bodyElement));
};

const bodyElement = ({ body, lines, refusals, dropped }: ConvertedBody): HTMLElement =>
  element(
    'article',
    { class: 'converted' },
    element('pre', { class: 'body' }, body),
    ...lines.map((line) => element('pre', { class: 'line' }, line)),
    ...refusals.map(({ reason, detail }) =>
      element('p', { class: 'refusal' }, element('code', {}, reason), ` ${detail}`),
    ),
    ...(dropped > 0 ? [element('p', { class: 'muted' }, `${counted(dropped, 'event')} dropped on purpose`)] : []),
  );

const faultItem = (editor: HTMLTextAreaElement, { line, column, text }: MappingFault): HTMLElement =>
  element(
    'li',
    {},
    button(`${line}:${column}`, `Go to line ${line}, column ${column}`, () => {
      const start =
        editor.value
          .split('\n')
          .slice(0, line - 1)
          .join('\n').length + (line > 1 ? 1 : 0);
      editor.focus();
      editor.setSelectionRange(start + column - 1, start + column - 1);
    }),
    ` ${text}`,
  );

const showGutter = (editor: HTMLTextAreaElement, faults: readonly MappingFault[]): void => {
  const gutter = box('gutter');
  const count = editor.value.split('\n').length;
  const faulty = new Set(faults.map(({ line }) => line));
  gutter.replaceChildren(
    ...Array.from({ length: count }, (_, index) =>
      element('span', faulty.has(index + 1) ? { class: 'faulty' } : {}, `${index + 1}\n`),
    ),
  );
  gutter.scrollTop = editor.scrollTop;
};
