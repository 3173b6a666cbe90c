/** Requests of the page to its server. */

import type { ActionResult } from '../protocol.ts';
import { box, setText } from './dom.ts';

const read = async <T>(response: Response): Promise<T> => {
  const value = (await response.json()) as T & { readonly text?: string };
  if (!response.ok) throw new Error(value.text ?? `The console responded with ${response.status}.`);
  return value;
};

/** Reads a value. Throws an error with a sentence for the user. */
export const get = async <T>(path: string): Promise<T> => read<T>(await fetch(path));

/** Requests a change. Throws an error with a sentence for the user. */
export const post = async <T>(path: string, input: unknown): Promise<T> =>
  read<T>(
    await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    }),
  );

const SHOWN_MS = 8_000;
let hideTimer: ReturnType<typeof setTimeout> | undefined;

/** Shows a sentence at the edge of the page for eight seconds. Screen readers announce it. */
export const announce = (text: string, isFault = false): void => {
  const status = box('status');
  setText(status, text);
  status.dataset.state = isFault ? 'bad' : 'good';
  clearTimeout(hideTimer);
  hideTimer = setTimeout(() => setText(status, ''), SHOWN_MS);
};

/** Runs an action, and shows its result or its error. */
export const act = async (path: string, input: unknown): Promise<void> => {
  try {
    announce((await post<ActionResult>(path, input)).text);
  } catch (error) {
    announce((error as Error).message, true);
  }
};
