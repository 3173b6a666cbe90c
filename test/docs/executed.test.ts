/**
 * Executes the examples of the documentation and compares their output with the pages. CONTRIBUTING.md describes the
 * convention. After a change of output, `UPDATE_DOCS=1 npx vitest run test/docs/executed.test.ts` writes the present
 * output into the pages; review the difference.
 */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PARAMETERS } from '../../infra/parameters.ts';
import { convertBodies } from './conversion.ts';
import { NOT_EXECUTED, OTHER_JSON } from './not-executed.ts';
import { type Block, EXECUTED_PAGES, type Page, ROOT, replaceBlock } from './pages.ts';
import { callsOf, commandsOf, execute, scriptsIn } from './shell.ts';

const UPDATE = process.env.UPDATE_DOCS === '1';

const isExecuted = (command: string): boolean => !NOT_EXECUTED.some(({ begin }) => `${command} `.startsWith(begin));

const place = (page: Page, { line }: Block): string => `${page.name}:${line}`;

/** The block after this one, if it shows the output. */
const outputOf = (page: Page, block: Block): Block | undefined => {
  const next = page.blocks[page.blocks.indexOf(block) + 1];
  return next?.language === 'text' && next.followsDirectly ? next : undefined;
};

const shells = EXECUTED_PAGES.flatMap((page) =>
  page.blocks
    .filter(({ language }) => language === 'sh')
    .map((block) => ({ page, block, place: place(page, block), commands: commandsOf(block.text) })),
);

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** In shown output, `…` stands for any text within its line. */
const matches = (shown: string, output: string): boolean =>
  new RegExp(`^${shown.split('…').map(escaped).join('.*')}$`).test(output);

/** Compares the output with the page, or writes it into the page. */
const compare = (page: Page, shown: Block, output: string): void => {
  if (matches(shown.text, output)) return;
  if (UPDATE) replaceBlock(page, shown, output);
  else expect(output).toBe(shown.text);
};

describe('shell blocks', () => {
  const executed = shells.filter(({ commands }) => commands.some(isExecuted));

  test('the pages contain shell blocks to execute', () => {
    expect(executed.length).toBeGreaterThan(5);
  });

  test.each(executed)('the commands at $place print what the page shows', async ({ page, block, commands }) => {
    const { text, code } = await execute(commands.filter(isExecuted));
    const output = outputOf(page, block);
    if (output === undefined) expect(code, text).toBe(0);
    else compare(page, output, text);
  });

  test('every entry of the list of commands that are not executed matches a command', () => {
    const all = shells.flatMap(({ commands }) => commands.map((command) => `${command} `));
    const unused = NOT_EXECUTED.filter(({ begin }) => !all.some((command) => command.startsWith(begin)));
    expect(unused.map(({ begin }) => begin)).toEqual([]);
  });

  test('every command and every option that a page names exists', async () => {
    const help = await helpTexts();
    const calls = shells.flatMap(({ place, commands }) =>
      commands.flatMap(callsOf).map((call) => ({ place, ...call, text: help.get(call.program) })),
    );
    expect(calls.length).toBeGreaterThan(15);
    const missing = calls.flatMap(({ place, program, options, text }) =>
      text === undefined
        ? [`${place}: ${program}`]
        : options
            .filter((option) => option !== '--help' && !new RegExp(`^  ${option}\\s`, 'm').test(text))
            .map((option) => `${place}: ${program} ${option}`),
    );
    expect(missing).toEqual([]);
  });

  test('every parameter of a deployment that a page names exists', () => {
    const named = EXECUTED_PAGES.flatMap(({ name, text }) =>
      [...text.matchAll(/--param ([a-z]\w*)=/g)].map(([, parameter = '']) => ({ name, parameter })),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter(({ parameter }) => !Object.hasOwn(PARAMETERS, parameter))).toEqual([]);
  });

  test('every npm script that a page names exists', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
    const named = EXECUTED_PAGES.flatMap(({ name, text }) => scriptsIn(text).map((script) => ({ name, script })));
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ script }) => !Object.hasOwn(scripts, script))).toEqual([]);
  });

  test('every test file that a command names exists', () => {
    const files = shells.flatMap(({ place, commands }) =>
      commands.flatMap((command) =>
        [...command.matchAll(/\bvitest (?:run )?(test\/\S+)/g)].map(([, file = '']) => ({ place, file })),
      ),
    );
    expect(files.filter(({ file }) => !existsSync(new URL(file, ROOT)))).toEqual([]);
  });
});

/** The help of each program, one process for all of them. */
const helpTexts = async (): Promise<ReadonlyMap<string, string>> => {
  const { text: list } = await execute(['npx opengemini-sink --help']);
  const commands = [...list.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => `sink ${name}`);
  const programs = ['sink', ...commands, 'simulate', 'simulate control'];
  const calls = programs.map((program) => {
    const [script, ...words] = program.split(' ');
    return `npm run --silent ${script} -- ${[...words, '--help'].join(' ')}; echo ====`;
  });
  const { text } = await execute(calls);
  const texts = text.split('====');
  return new Map(programs.map((program, index) => [program, texts[index] ?? '']));
};

/** A mapping of a page. A part completes a mapping with the measurement `m` and the field `v`. */
const mappingOf = ({ role, text }: Block): string =>
  role === 'mapping part'
    ? JSON.stringify({ version: 1, measurement: 'm', fields: { v: 'v' }, ...JSON.parse(`{${text}}`) })
    : text;

describe('mapping examples', () => {
  const mappings = EXECUTED_PAGES.flatMap((page) =>
    page.blocks
      .filter(({ role }) => role.startsWith('mapping'))
      .map((block) => ({ page, block, place: place(page, block) })),
  );
  const events = EXECUTED_PAGES.flatMap((page) =>
    page.blocks
      .filter(({ role }) => role === 'events')
      .map((block) => ({
        page,
        block,
        place: place(page, block),
        mapping: mappings.findLast(
          (one) => one.page === page && one.block.line < block.line && one.block.section === block.section,
        ),
      })),
  );

  test('the pages contain mappings and events to convert', () => {
    expect(mappings.length).toBeGreaterThan(10);
    expect(events.length).toBeGreaterThan(10);
  });

  test.each(events)('the events at $place become what the page shows', ({ page, block, mapping }) => {
    const output = outputOf(page, block);
    if (output === undefined) throw new Error('A block of events needs a text block directly after it.');
    const text = mapping === undefined ? undefined : mappingOf(mapping.block);
    const bodies = block.text.split('\n');
    const converted = convertBodies(text, bodies).text;
    compare(page, output, converted);
    expect(convertBodies(text, bodies, 'point').text).toBe(converted);
  });

  test.each(mappings)('the mapping at $place is valid, or has the faults that the page shows', ({ page, block }) => {
    const faults = outputOf(page, block);
    const read = (): unknown => convertBodies(mappingOf(block), []);
    if (faults === undefined) expect(read).not.toThrow();
    else {
      expect(read).toThrow();
      compare(page, faults, faultsOf(read));
    }
  });

  test('every valid mapping is followed by events, or is the content of a file of the examples', () => {
    const examples = ['sensor', 'cloudwatch', 'eventbridge', 'opentelemetry', 'mapping'].map((name) =>
      readFileSync(new URL(`examples/${name}.json`, ROOT), 'utf8').trim(),
    );
    const idle = mappings.filter(
      ({ page, block, place }) =>
        outputOf(page, block) === undefined &&
        !examples.includes(block.text) &&
        !/save it as `\w+\.json`/.test(page.text) &&
        !events.some(({ mapping }) => mapping?.place === place),
    );
    expect(idle.map(({ place }) => place)).toEqual([]);
  });
});

const faultsOf = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('blocks', () => {
  const blocks = EXECUTED_PAGES.flatMap((page) =>
    page.blocks.map((block, index) => ({ page, block, place: place(page, block), before: page.blocks[index - 1] })),
  );

  test('every JSON block is a mapping, events, or listed with a reason', () => {
    const other = blocks.filter(
      ({ page, block }) =>
        block.language === 'json' &&
        !['mapping', 'mapping part', 'events'].includes(block.role) &&
        !(block.role === '' && Object.hasOwn(OTHER_JSON, page.name) && !block.text.includes('"version"')),
    );
    expect(other.map(({ place }) => place)).toEqual([]);
  });

  test('every text block shows the output of the block directly before it', () => {
    const shows = (before: Block | undefined): boolean => ['sh', 'json', 'ts'].includes(before?.language ?? '');
    const free = blocks.filter(
      ({ block, before }) => block.language === 'text' && !(block.followsDirectly && shows(before)),
    );
    expect(free.map(({ place }) => place)).toEqual([]);
  });

  test('every TypeScript block is the content of the file of the examples that it names', () => {
    const code = blocks.filter(({ block }) => block.language === 'ts');
    expect(code.length).toBeGreaterThan(1);
    for (const { page, block } of code) {
      expect(block.role).toMatch(/^examples\/library\/[\w-]+\.ts$/);
      const text = readFileSync(new URL(block.role, ROOT), 'utf8').trimEnd();
      if (UPDATE && text !== block.text) replaceBlock(page, block, text);
      else expect(block.text).toBe(text);
    }
  });

  test('every output is in a text block', () => {
    const unmarked = blocks.filter(
      ({ block, before }) => block.language === '' && block.followsDirectly && before?.language !== '',
    );
    expect(unmarked.map(({ place }) => place)).toEqual([]);
  });

  test('every block is of a kind that the tests know', () => {
    const known = ['', 'sh', 'text', 'json', 'yaml', 'ts'];
    expect(blocks.filter(({ block }) => !known.includes(block.language)).map(({ place }) => place)).toEqual([]);
  });
});
