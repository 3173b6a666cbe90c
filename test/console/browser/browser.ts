/** A Chromium and a running `dev` for the tests of the page. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect, inject, onTestFinished } from 'vitest';
import { MAIN } from '../../cli/running.ts';

/** Whether there is no Chromium, see `find-chromium.ts`. */
export const HAS_NO_CHROMIUM = inject('chromium') === '';

/** Starts a Chromium. Close it after the tests. */
export const launch = (): Promise<Browser> => chromium.launch({ executablePath: inject('chromium') });

/** Opens a page that is closed after the test. An error in the page fails the test. */
export const openPage = async (browser: Browser, url: string): Promise<Page> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (message) => {
    // The browser reports a lost connection here, which a test may cause.
    if (message.type() === 'error' && !/net::ERR_/.test(message.text())) errors.push(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) errors.push(`requested ${request.url()}`);
  });
  onTestFinished(async () => {
    await context.close();
    expect(errors, 'errors in the page').toEqual([]);
  });
  await page.goto(url);
  await expect.poll(() => page.locator('#connection').textContent()).toBe('Live');
  return page;
};

/** Starts `dev` in an empty folder with these files, and returns the address of its console. It ends after the test. */
export const startDev = async (files: Readonly<Record<string, string>>, ...args: readonly string[]) => {
  const folder = mkdtempSync(join(tmpdir(), 'console-dev-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const child = spawn(process.execPath, [MAIN, 'dev', '--json', '--window', '0.2', '--flush-every', '1', ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  });
  let out = '';
  for await (const chunk of child.stdout) {
    out += chunk;
    if (out.includes('\n')) break;
  }
  return { url: (JSON.parse(out) as { console: string }).console, folder };
};

/** Returns the violations of accessibility rules on the page, as sentences. */
export const axeViolations = async (page: Page): Promise<readonly string[]> => {
  const { violations, passes } = await new AxeBuilder({ page }).analyze();
  // An empty page has no violation either.
  expect(passes.length).toBeGreaterThan(20);
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`));
};

/** Returns the number that an element shows, without separators. */
export const numberIn = async (page: Page, selector: string): Promise<number> =>
  Number((await page.locator(selector).first().textContent())?.replaceAll(',', ''));
