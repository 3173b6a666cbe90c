/** The page of the console in a real browser: accessibility, sizes, themes, keyboard, and floods of updates. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { pageFiles } from '../../../cli/console/page-files.ts';
import type { Figures, History, SystemState, Update } from '../../../cli/console/protocol.ts';
import { type ConsoleServer, startConsoleServer } from '../../../cli/console/server.ts';
import { axeViolations, HAS_NO_CHROMIUM, launch, numberIn, openPage } from './browser.ts';

const FACTS: History['facts'] = {
  ...{ sink: 'sink', server: 'http://127.0.0.1:8086', database: 'telemetry', queueUrl: 'http://127.0.0.1/q' },
  faultNames: ['latency', 'reset'],
  samples: [{ name: 'valid', title: 'Valid events', messages: 20 }],
};

const stateAt = (second: number): SystemState => ({
  atMs: 1_780_000_000_000 + second * 1_000,
  ledger: {
    ...{ received: second * 10, written: second * 8, quarantined: second, checkpointed: second, dropped: 0 },
    ...{ returned: 0, drained: 3, imbalance: 0, invocations: second },
  },
  breakers: [
    { key: 'server', kind: 'unavailable', reason: 'engine is closed', openedAtMs: 1_779_999_999_000, probeAtMs: 0 },
  ],
  checkpoint: { segments: 3, lines: 1_200, bytes: 6_900, oldestMs: 1_779_999_999_000 },
  queues: { source: 4, deadLetters: 2 },
  standIn: { writes: 5, writesByStatus: { '204': 4, '503': 1 }, lines: 80, faults: [{ name: 'reset' }] },
  processes: [4_711],
  fault: null,
});

const figuresAt = (second: number): Figures => ({
  ...{ atMs: 1_780_000_000_000 + second * 1_000, received: second % 7, written: second % 5, messages: 1 },
  ...{ latency: { p50: 2, p95: 3, p99: 5 }, batchLines: 500, share: 1, concurrency: 2, running: 1 },
});

const updateAt = (second: number): Update => ({ state: stateAt(second), figures: figuresAt(second) });

const letter = (id: string, reason: string) => ({
  ...{ id, reason, detail: 'field "t" (t): expected a number, found string', remedy: 'Correct it.' },
  ...{ lines: ['{', '  "t": "warm"', '}'], failing: 1, absent: 'u', measurement: 'm', sentAtMs: 5 },
});

/** Two reasons, of which one has more dead letters than the page lists at first. */
const LETTERS = [letter('a', 'no-fields'), ...Array.from({ length: 7 }, (_, n) => letter(`${n}`, 'field-type'))];

let browser: Browser;
let server: ConsoleServer;
let posted: unknown[];

/** The server of the console with fixed contents, so that the test decides when an update is sent. */
const startServer = async (facts: History['facts'] = FACTS, port = 0): Promise<void> => {
  posted = [];
  const body = { body: '{"t":1}', lines: ['m t=1 5'], refusals: [{ reason: 'no-fields', detail: 'none' }], dropped: 1 };
  server = await startConsoleServer(port, {
    files: await pageFiles(),
    reads: {
      '/api/letters': async () => ({ letters: LETTERS, hasMore: true }),
      '/api/mapping': async () => ({ text: 'version: 1\n', format: 'yaml', file: null, why: 'There is no file.' }),
    },
    writes: {
      '/api/convert': async ({ text }) => ({
        faults: text === 'x' ? [{ line: 1, column: 1, text: 'A fault.' }] : [],
        bodies: text === 'x' ? [] : [body],
      }),
      '/api/set-fault': async (input) => {
        posted.push(input);
        return { text: 'Set.' };
      },
    },
    firstEvent: () => ({ name: 'history', data: { facts, figures: [figuresAt(0)] } satisfies History }),
  });
};

const sendUpdate = (second: number): void => server.streams.send({ name: 'update', data: updateAt(second) });

/** Opens the page with one update shown. */
const openWithState = async (): Promise<Page> => {
  const page = await openPage(browser, server.url);
  sendUpdate(1);
  await expect.poll(() => page.locator('.letter').count()).toBe(8);
  await expect.poll(() => page.locator('#conversion .line').count()).toBe(1);
  return page;
};

beforeAll(async () => {
  if (!HAS_NO_CHROMIUM) browser = await launch();
});

afterEach(() => server?.close());
afterAll(() => browser?.close());

describe.skipIf(HAS_NO_CHROMIUM)('the page', () => {
  test.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)(
    'has no violation of accessibility rules and fits at %i pixels in the %s theme',
    async (width, colorScheme) => {
      await startServer();
      const page = await openWithState();
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme });
      expect(await page.locator('[data-reason="field-type"] > .letter').count()).toBe(5);
      await page.getByText('2 more').click();
      for (const summary of await page.locator('summary').all())
        if ((await summary.textContent()) !== '2 more') await summary.click();
      await page.getByRole('button', { name: 'Inject the fault latency' }).click();
      await expect.poll(() => page.locator('#status').textContent()).toBe('Set.');
      expect(await axeViolations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);

      await page.locator('#mapping-text').fill('x');
      await expect.poll(() => page.locator('#mapping-faults li').count()).toBe(1);
      await page.locator('#mapping-text').fill('');
      await page.locator('#mapping-text').press('Control+Space');
      await page.locator('#suggestions').waitFor();
      expect(await axeViolations(page)).toEqual([]);
    },
  );

  test('shows the state: ledger, breaker with its reason, checkpoint, queues, faults, and processes', async () => {
    await startServer();
    const page = await openWithState();
    sendUpdate(1_234);
    await expect.poll(() => page.locator('#ledger').innerText()).toMatch(/received\s+12,340\s+written\s+9,872/);
    expect(await page.locator('#breakers').innerText()).toContain('engine is closed');
    expect((await page.locator('#checkpoint').innerText()).split(/\s+/)).toContain('1,200');
    expect(await page.getByRole('button', { name: 'Clear the fault reset' }).getAttribute('aria-pressed')).toBe('true');
    expect(await page.getByRole('button', { name: 'Kill the process 4711' }).count()).toBe(1);
    expect(await page.locator('#letters-note').innerText()).toContain('and more that are not shown');
    expect(await page.locator('mark').first().textContent()).toBe('"t": "warm"');
  });

  test('without the stand-in the fault buttons are disabled, and the page states why', async () => {
    await startServer({ ...FACTS, faultNames: [] });
    const page = await openPage(browser, server.url);
    await expect
      .poll(() => page.locator('#faults-note').textContent())
      .toContain('OPENGEMINI_URL names your own server');
    const buttons = page.locator('#faults button');
    expect(await buttons.count()).toBeGreaterThan(5);
    expect(await buttons.evaluateAll((all) => all.every((one) => (one as HTMLButtonElement).disabled))).toBe(true);
    expect(await page.locator('#clear-faults').isDisabled()).toBe(true);
  });

  test('the theme follows the system until the user chooses one, which the browser remembers', async () => {
    await startServer();
    const page = await openPage(browser, server.url);
    const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.getByLabel('Theme').selectOption('light');
    expect(await ground()).toBe(light);
    await page.reload();
    expect(await ground()).toBe(light);
    await page.getByLabel('Theme').selectOption('auto');
    expect(await ground()).toBe(dark);
  });

  test('the mapping is completed by keyboard from the schema, and the list never keeps the focus', async () => {
    await startServer();
    const page = await openWithState();
    const editor = page.locator('#mapping-text');
    await editor.fill('');
    await editor.pressSequentially('vers');
    await page.locator('#suggestions').waitFor();
    expect(await editor.getAttribute('aria-activedescendant')).toBe('suggestion-0');
    await editor.press('Enter');
    expect(await editor.inputValue()).toBe('version: ');
    await editor.pressSequentially('1');
    await editor.press('Escape');
    await editor.press('Enter');
    await editor.press('Control+Space');
    const second = await page.locator('[role=option] code').nth(1).textContent();
    await editor.press('ArrowDown');
    await editor.press('Tab');
    expect(await editor.inputValue()).toBe(`version: 1\n${second}: `);
    await editor.press('Escape');
    await editor.press('Tab');
    expect(await editor.evaluate((one) => one === document.activeElement)).toBe(false);
  });

  test('the page states that the connection is lost, and connects again', async () => {
    await startServer();
    const page = await openPage(browser, server.url);
    const { port } = new URL(server.url);
    await server.close();
    await expect.poll(() => page.locator('#connection').textContent()).toBe('Disconnected, trying again');
    await startServer(FACTS, Number(port));
    await expect.poll(() => page.locator('#connection').textContent()).toBe('Live');
    sendUpdate(5);
    await expect.poll(() => page.locator('#ledger dd').first().textContent()).toBe('50');
  });
});

/** Records in the page, in their order: updates, drawings of the first plot, frames, and keys. */
const recordOrder = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    const order: string[] = [];
    Object.assign(globalThis, { order });
    const tick = (): void => {
      order.push('frame');
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    const { clearRect } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.clearRect = function (...area) {
      if (this.canvas === document.querySelector('#plot-throughput canvas')) order.push('draw');
      clearRect.apply(this, area);
    };
    const { addEventListener } = EventSource.prototype;
    EventSource.prototype.addEventListener = function (this: EventSource, name: string, ...rest: [never]) {
      if (name === 'update') addEventListener.call(this, name, () => order.push('update'));
      addEventListener.call(this, name, ...rest);
    } as typeof addEventListener;
    for (const name of ['keydown', 'input']) document.addEventListener(name, () => order.push(name), true);
  });

const orderIn = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => (globalThis as unknown as { order: string[] }).order);

/** Sends 60 updates per second in bursts of ten, so that several arrive within one frame. Returns a function that stops. */
const flood = (): (() => number) => {
  let second = 0;
  const timer = setInterval(() => {
    for (let update = 0; update < 10; update++) sendUpdate(second++);
  }, 1_000 / 6);
  return () => {
    clearInterval(timer);
    return second;
  };
};

describe.skipIf(HAS_NO_CHROMIUM)('a flood of updates', () => {
  test('60 updates per second are drawn at most once per frame, and every key is shown in the next frame', async () => {
    await startServer();
    const context = await browser.newContext();
    const page = await context.newPage();
    await recordOrder(page);
    await page.goto(server.url);
    await expect.poll(() => page.locator('#mapping-text').inputValue()).toBe('version: 1\n');
    const stop = flood();
    const updates = async (): Promise<number> => (await orderIn(page)).filter((name) => name === 'update').length;
    await expect.poll(updates).toBeGreaterThan(60);
    const text = '# the quick brown fox jumps over the lazy dog';
    for (const word of text.split(/(?<= )/)) {
      await page.locator('#mapping-text').pressSequentially(word);
      // At least one more burst arrives between two words.
      const before = await updates();
      await expect.poll(updates).toBeGreaterThanOrEqual(before + 10);
    }
    const sent = stop();
    await expect.poll(() => numberIn(page, '#ledger dd')).toBe((sent - 1) * 10);
    expect(await page.locator('#mapping-text').inputValue()).toContain(text);

    const order = await orderIn(page);
    const count = (name: string): number => order.filter((one) => one === name).length;
    expect([count('update'), count('keydown')]).toEqual([sent, text.length]);
    // The start draws each plot more often: when it is created, sized, and colored.
    const frames = order.slice(order.indexOf('keydown')).join(' ').split('frame');
    expect(Math.max(...frames.map((frame) => frame.split('draw').length - 1))).toBe(1);
    expect(count('draw')).toBeLessThan(sent / 2);
    // Between a key and its text there is no drawing, and at most the one of the next frame before the text is visible.
    for (const [at, name] of order.entries()) if (name === 'keydown') expect(order[at + 1]).toBe('input');
    await context.close();
  });

  test('the memory of the page does not grow with the number of updates', async () => {
    await startServer();
    const page = await openPage(browser, server.url);
    const session = await page.context().newCDPSession(page);
    /** Makes each sample so large that ten thousand of them would take 100 MB. */
    const pad = 'x'.repeat(10_000);
    const heapAfter = async (updates: number): Promise<number> => {
      for (let update = 1; update <= updates; update++) {
        const { state, figures } = updateAt(update);
        server.streams.send({ name: 'update', data: { state, figures: { ...figures, pad: `${update}${pad}` } } });
        // The server closes the stream of a page that does not follow.
        if (update % 50 === 0) await expect.poll(() => numberIn(page, '#ledger dd')).toBe(state.ledger.received);
      }
      await session.send('HeapProfiler.collectGarbage');
      return (await session.send('Runtime.getHeapUsage')).usedSize;
    };
    const nodes = (): Promise<number> => page.evaluate(() => document.querySelectorAll('*').length);
    const first = await heapAfter(2_000);
    const nodesBefore = await nodes();
    const second = await heapAfter(10_000);
    expect(second - first).toBeLessThan(20_000_000);
    expect(await nodes()).toBe(nodesBefore);
  });
});
