/** Pictures for README.md and docs/console.md. They are taken only on request, so that an ordinary run changes no file. */

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const FOLDER = fileURLToPath(new URL('../../../docs/images/', import.meta.url));
const IS_WANTED = process.env.CONSOLE_PICTURES === 'true';

/** Takes a picture of the part that is visible, in both themes. */
export const takePictures = async (page: Page, name: string, heading?: string): Promise<void> => {
  if (!IS_WANTED) return;
  mkdirSync(FOLDER, { recursive: true });
  await page.locator('#status').evaluate((status) => status.replaceChildren());
  await page.evaluate((id) => {
    scrollTo(0, id === undefined ? 0 : (document.getElementById(id)?.offsetTop ?? 0) - 70);
  }, heading);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    // The plots follow with the next frame.
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    await page.screenshot({ path: `${FOLDER}console-${name}-${colorScheme}.png` });
  }
};

/** Calls a function once per second before a picture, so that it shows something. Only if pictures are wanted. */
export const beforePictures = async (
  page: Page,
  seconds: number,
  act: (second: number) => Promise<void>,
): Promise<void> => {
  if (!IS_WANTED) return;
  for (let second = 0; second < seconds; second++) {
    await act(second);
    await page.waitForTimeout(1_000);
  }
};
