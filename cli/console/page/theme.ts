/** The choice between the light, the dark, and the theme of the system. The browser remembers it. */

import { byId } from './dom.ts';

const KEY = 'opengemini-sink-theme';

/** Connects the switch. `onChange` is called after every change of the theme, also by the system. */
export const connectTheme = (onChange: () => void): void => {
  const select = byId('theme', HTMLSelectElement);
  const apply = (): void => {
    document.documentElement.dataset.theme = select.value;
    onChange();
  };
  const stored = localStorage.getItem(KEY);
  if (stored === 'light' || stored === 'dark') select.value = stored;
  select.addEventListener('change', () => {
    localStorage.setItem(KEY, select.value);
    apply();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
  apply();
};
