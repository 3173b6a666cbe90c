/** The console in a real browser, on a running `dev`: what a user does from the first event to a repaired mapping. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_NO_CHROMIUM, launch, numberIn, openPage, startDev } from './browser.ts';
import { beforePictures, takePictures } from './pictures.ts';

const MAPPING = {
  version: 1,
  measurement: 'room',
  timestamp: { path: 'ts', precision: 's' },
  tags: { room: 'room' },
  fields: { temperature: 'temperature', people: { path: 'people', type: 'integer' } },
};

/** Bodies with five events each. */
const EVENTS = Array.from({ length: 8 }, (_, message) =>
  Array.from({ length: 5 }, (_event, n) => ({
    room: 'hall',
    ts: 1_780_000_000 + message * 5 + n,
    temperature: 20 + n,
  })),
);

const eventAt = (second: number): string =>
  JSON.stringify({ room: 'attic', ts: 1_790_000_000 + second, temperature: 21 });

const REFUSED = { room: 'library', ts: 1_780_000_100, temperature: 19.5, people: '3' };

/** Tests of the mapping, which the console offers as samples. */
const TESTS = JSON.stringify({
  mapping: 'mapping.json',
  tests: [
    {
      name: 'events',
      messages: [...EVENTS.map((event) => ({ body: event })), { body: REFUSED }],
      lines: [],
    },
  ],
});

const FILES = { 'mapping.json': JSON.stringify(MAPPING, undefined, 2), 'mapping.test.yaml': TESTS };

let browser: Browser;

beforeAll(async () => {
  if (!HAS_NO_CHROMIUM) browser = await launch();
});

afterAll(() => browser?.close());

const send = (page: Page): Promise<void> => page.getByRole('button', { name: 'Send', exact: true }).click();
const fact = (page: Page, list: string, name: string): Promise<string> =>
  page.locator(`#${list} div`, { hasText: name }).locator('dd').innerText();

describe.skipIf(HAS_NO_CHROMIUM)('the console', () => {
  test('events, an outage with its breaker and checkpoint, its end, a repaired mapping, and a redriven letter are visible', async () => {
    const { url, folder } = await startDev(FILES, '--mapping', 'mapping.json');
    const page = await openPage(browser, url);
    expect(await page.locator('#send-set option').first().textContent()).toBe(
      'Events of mapping.test.yaml (9 messages)',
    );

    await send(page);
    await expect.poll(() => numberIn(page, '.ledger-written dd')).toBe(40);
    expect(await numberIn(page, '.ledger-received dd')).toBe(41);
    expect(await page.locator('#balance').textContent()).toMatch(/^Balanced after \d+ invocation/);
    await expect.poll(() => page.locator('#plot-latency .plot').getAttribute('aria-label')).toMatch(/p99 \d/);
    await page.locator('#plot-throughput summary').click();
    await expect.poll(() => page.locator('#plot-throughput tbody tr').count()).toBeGreaterThan(1);

    await page.locator('#plot-throughput summary').click();
    const process = page.locator('#processes li').first();
    const killed = (await process.getAttribute('data-pid')) ?? '';
    await process.getByRole('button').click();
    await expect.poll(() => page.locator(`#processes li[data-pid="${killed}"]`).count()).toBe(0);

    let sets = 1;
    await beforePictures(page, 45, async (second) => {
      if (second === 15) await page.getByRole('button', { name: 'Inject the fault latency' }).click();
      if (second === 25) await page.getByRole('button', { name: 'Clear the fault latency' }).click();
      const times = 2 + ((second * second) % 7);
      await page.getByLabel('Times').fill(String(times));
      await send(page);
      sets += times;
    });
    const writtenBefore = 40 * sets;
    await expect.poll(() => numberIn(page, '.ledger-written dd')).toBe(writtenBefore);
    await page.getByRole('button', { name: 'Inject the fault read-only' }).click();
    await page.getByRole('button', { name: 'Clear the fault read-only' }).waitFor();
    await page.getByText('Send a message of your own').click();
    let sent = 0;
    const sendOne = async (): Promise<void> => {
      sent += 1;
      await page.getByLabel('Message body').fill(eventAt(sent));
      await page.getByRole('button', { name: 'Send message' }).click();
      await expect.poll(() => numberIn(page, '.ledger-checkpointed dd')).toBe(sent);
    };
    // A breaker opens after failures of different bodies, so each message is sent when the one before is checkpointed.
    do await sendOne();
    while ((await page.locator('#breakers .breaker').count()) === 0);
    await beforePictures(page, 5, sendOne);
    expect(await page.locator('#breakers').innerText()).toMatch(/Open\s+server[\s\S]*readonly/i);
    await expect.poll(() => fact(page, 'checkpoint', 'Lines')).toBe(String(sent));
    expect(await numberIn(page, '.ledger-written dd')).toBe(writtenBefore);
    await page.getByText('Send a message of your own').click();
    await takePictures(page, 'outage');

    await page.getByRole('button', { name: 'Clear all faults' }).click();
    await expect.poll(() => page.locator('#breakers').innerText()).toBe('All closed');
    await expect.poll(() => fact(page, 'checkpoint', 'Lines')).toBe('0');
    await expect.poll(() => page.locator('#drained').innerText()).toMatch(new RegExp(`^${sent} checkpointed event`));
    await expect.poll(() => fact(page, 'queues', 'Messages in the queue')).toBe('0');

    // The editor converts the last ten messages, among which the refused one must be.
    await page.getByText('Send a message of your own').click();
    await page.getByLabel('Message body').fill(JSON.stringify(REFUSED));
    await page.getByRole('button', { name: 'Send message' }).click();
    await expect.poll(() => numberIn(page, '.ledger-quarantined dd')).toBe(sets + 1);

    const group = page.locator('[data-reason="field-type"]');
    await expect.poll(() => group.locator('.letter').count()).toBe(sets + 1);
    await group.locator('summary').first().click();
    expect(await group.locator('mark').first().textContent()).toBe('"people": "3"');

    const editor = page.getByLabel('mapping.json');
    expect(await editor.inputValue()).toBe(FILES['mapping.json']);
    await takePictures(page, 'mapping', 'mapping');
    await editor.fill(FILES['mapping.json'].replace('"version": 1,', '"version": 1, "mismatch": "coerce",'));
    await expect.poll(() => page.locator('#conversion .refusal').count()).toBe(0);
    await expect.poll(() => page.locator('#conversion').innerText()).toContain('people=3i');
    await page.getByRole('button', { name: 'Apply' }).click();
    await expect.poll(() => readFileSync(join(folder, 'mapping.json'), 'utf8')).toContain('coerce');
    // A reload ends the idle processes, which have the mapping that they read at their start.
    await expect.poll(() => page.locator('#processes li').count()).toBe(0);

    await group.getByRole('button', { name: 'Redrive group field-type' }).click();
    await expect.poll(() => page.locator('#letters-note').textContent()).toBe('The dead-letter queue is empty.');
    await expect.poll(() => numberIn(page, '.ledger-written dd')).toBe(writtenBefore + sets + 1);
    expect(await group.count()).toBe(0);
    expect(await page.locator('#letters-title').evaluate((title) => title === document.activeElement)).toBe(true);
  });
});
