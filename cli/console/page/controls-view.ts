/** The controls: send events, set faults, and kill processes. */

import type { SystemFacts, SystemState } from '../protocol.ts';
import { box, button, byId, element, setAttribute, setText } from './dom.ts';
import { counted } from './format.ts';
import { act } from './requests.ts';

/** What a client observes, in the words of the page. */
const FAULTS: Readonly<Record<string, string>> = {
  latency: 'each write takes longer',
  'queue-full': '503, nothing stored',
  'read-only': '400, the database is read-only',
  'write-disabled': '403, writes are disabled',
  'locked-user': '401, the user is locked',
  'server-error': '500, nothing stored',
  reset: 'the connection is reset',
  'dropped-reply': 'stored, but without a response',
  hang: 'no response at all',
};

const LATENCY_MS = 500;

/** Connects the forms and buttons. */
export const connectControls = (): void => {
  byId('send', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const times = byId('send-times', HTMLInputElement).valueAsNumber;
    void act('/api/send', { set: byId('send-set', HTMLSelectElement).value, times });
  });
  byId('send-body', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    void act('/api/send', { body: byId('body', HTMLTextAreaElement).value });
  });
  byId('clear-faults', HTMLButtonElement).addEventListener('click', () => void act('/api/clear-fault', {}));
};

/** Fills the controls. The server sends the facts again when the page connects again. */
export const showControls = ({ samples, faultNames }: SystemFacts): void => {
  const select = byId('send-set', HTMLSelectElement);
  const chosen = select.value;
  select.replaceChildren(
    ...samples.map(({ name, title, messages }) =>
      element('option', { value: name }, `${title} (${counted(messages, 'message')})`),
    ),
  );
  if (samples.some(({ name }) => name === chosen)) select.value = chosen;
  byId('clear-faults', HTMLButtonElement).disabled = faultNames.length === 0;
  if (faultNames.length === 0)
    setText(
      box('faults-note'),
      'Faults need the stand-in. OPENGEMINI_URL names your own server, in which the console sets none.',
    );
  const names = faultNames.length === 0 ? Object.keys(FAULTS) : faultNames;
  box('faults').replaceChildren(...names.map((name) => faultRow(name, faultNames.length === 0)));
};

const faultRow = (name: string, isDisabled: boolean): HTMLElement => {
  const toggle = button('Inject', `Inject the fault ${name}`, () => {
    const isSet = toggle.getAttribute('aria-pressed') === 'true';
    const delay = row.querySelector('input');
    const fault = delay === null ? { name } : { name, ms: delay.valueAsNumber };
    void act(isSet ? '/api/clear-fault' : '/api/set-fault', isSet ? { name } : fault);
  });
  toggle.setAttribute('aria-pressed', 'false');
  toggle.disabled = isDisabled;
  const text = element('span', {}, element('b', {}, name), element('small', { class: 'muted' }, FAULTS[name] ?? ''));
  const row = element(
    'li',
    { 'data-fault': name },
    text,
    ...(name === 'latency' ? [delayInput(isDisabled)] : []),
    toggle,
  );
  return row;
};

const delayInput = (isDisabled: boolean): HTMLElement => {
  const input = element('input', { type: 'number', min: '0', max: '900000', value: String(LATENCY_MS) });
  input.disabled = isDisabled;
  return element('label', { class: 'inline' }, input, ' ms');
};

/** Shows which faults are set, and which processes run. */
export const showControlState = ({ standIn, processes }: SystemState): void => {
  const set = new Set((standIn?.faults ?? []).map(({ name }) => String(name)));
  for (const row of box('faults').querySelectorAll<HTMLElement>('li')) {
    const toggle = row.querySelector('button');
    const name = row.dataset.fault ?? '';
    if (toggle === null) continue;
    setAttribute(toggle, 'aria-pressed', String(set.has(name)));
    setAttribute(toggle, 'aria-label', `${set.has(name) ? 'Clear' : 'Inject'} the fault ${name}`);
    setText(toggle, set.has(name) ? 'Clear' : 'Inject');
  }
  showProcesses(processes);
};

/** Rows are kept as long as their process runs, so that the focus stays on a button. */
const showProcesses = (processes: readonly number[]): void => {
  const list = box('processes');
  box('processes-note').hidden = processes.length > 0;
  const rows = new Map([...list.querySelectorAll<HTMLElement>('li')].map((row) => [Number(row.dataset.pid), row]));
  for (const [pid, row] of rows) if (!processes.includes(pid)) row.remove();
  for (const pid of processes) if (!rows.has(pid)) list.append(processRow(pid));
};

const processRow = (pid: number): HTMLElement =>
  element(
    'li',
    { 'data-pid': String(pid) },
    element('span', {}, `Process ${pid}`),
    button('Kill', `Kill the process ${pid}`, () => void act('/api/kill', { pid })),
  );
