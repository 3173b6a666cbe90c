/** Reads the documentation: its pages, their fenced blocks, and the headings that links point to. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { anchorOf } from '../../docs/.vitepress/markdown.ts';

/** Root of the project. */
export const ROOT = new URL('../../', import.meta.url);

/** A fenced block of a page. */
export interface Block {
  /** First word after the fence, `sh` for example. Empty for illustrations. */
  readonly language: string;
  /** Further words after the fence, `mapping part` for example. */
  readonly role: string;
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** Number of the heading above the block: a mapping applies until the next heading. */
  readonly section: number;
  /** Whether only blank lines separate the block from the one before it. */
  readonly followsDirectly: boolean;
}

/** A page of the documentation. */
export interface Page {
  /** Relative to the root of the project. */
  readonly name: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

const FENCE = /^( *)```(.*)$/;

const blocksOf = (text: string): Block[] => {
  const blocks: Block[] = [];
  let section = 0;
  let followsDirectly = false;
  let open: { indent: number; info: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = FENCE.exec(line);
    if (open !== undefined) {
      if (fence?.[2] !== '') {
        open.lines.push(line.slice(open.indent));
        continue;
      }
      const [language = '', ...role] = open.info.trim().split(/ +/);
      blocks.push({
        language,
        role: role.join(' '),
        text: open.lines.join('\n'),
        line: open.line,
        section,
        followsDirectly,
      });
      open = undefined;
      followsDirectly = true;
    } else if (fence !== null) {
      open = { indent: fence[1]?.length ?? 0, info: fence[2] ?? '', line: index + 1, lines: [] };
    } else if (line.trim() !== '') {
      followsDirectly = false;
      if (/^#{1,6} /.test(line)) section += 1;
    }
  }
  if (open !== undefined) throw new Error(`The block in line ${open.line} has no end.`);
  return blocks;
};

/** Reads a page by its path in the project. */
export const readPage = (name: string): Page => {
  const text = readFileSync(new URL(name, ROOT), 'utf8');
  return { name, text, blocks: blocksOf(text) };
};

const isPage = (name: string): boolean => name.endsWith('.md');

const namesUnder = (folder: string): string[] =>
  readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}${name.replaceAll('\\', '/')}`)
    .filter(isPage)
    .sort();

/** All Markdown pages of the project. */
export const ALL_PAGES: readonly Page[] = [
  ...readdirSync(ROOT).filter(isPage).sort(),
  ...namesUnder('docs/'),
  ...namesUnder('examples/'),
].map(readPage);

/** Pages whose examples are executed. Decisions are a record of their time, and the change log has no examples. */
export const EXECUTED_PAGES: readonly Page[] = ALL_PAGES.filter(
  ({ name }) => name !== 'CHANGELOG.md' && !name.startsWith('docs/decisions/'),
);

/** Returns the text of a page without its fenced blocks. */
export const withoutBlocks = (text: string): string => text.replace(/^( *)```.*\n(?:.*\n)*?\1```$/gm, '');

/** Anchors of the headings of a page, as GitHub derives them. */
export const anchorsOf = (page: Page): ReadonlySet<string> => {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutBlocks(page.text).matchAll(/^#{1,6} +(.*?) *$/gm)) {
    const slug = anchorOf(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
};

/** Replaces the text of a block in its file, for `UPDATE_DOCS=1` only. Earlier replacements may have moved the block. */
export const replaceBlock = (page: Page, block: Block, text: string): void => {
  const now = readPage(page.name);
  const { line, text: shown } = now.blocks[page.blocks.indexOf(block)] ?? block;
  const lines = now.text.split('\n');
  const indent = /^ */.exec(lines[line - 1] ?? '')?.[0] ?? '';
  const isEmpty = lines[line]?.trim() === '```';
  const written = text.split('\n').map((one) => `${indent}${one}`.trimEnd());
  lines.splice(line, isEmpty ? 0 : shown.split('\n').length, ...written);
  writeFileSync(new URL(page.name, ROOT), lines.join('\n'));
};
