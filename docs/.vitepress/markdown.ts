/**
 * Makes pages that are written for GitHub work on the site, so that a page has one source and no markup of its own for
 * the site: anchors, links to READMEs and to files that are no pages, and pictures in two themes.
 */

import { existsSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MarkdownRenderer } from 'vitepress';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Returns the anchor of a heading as GitHub derives it. The one of VitePress differs, so links with anchors would lead to
 * the top of a page.
 */
export const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-');

/** Returns the target of a link on the site: the README of a folder is its index, and other files are in the repository. */
export const targetOf = (target: string, folder: string, repository: string): string => {
  if (/^(?:[a-z]+:|#)/.test(target)) return target;
  const [path = '', anchor] = target.split('#');
  const hash = anchor === undefined ? '' : `#${anchor}`;
  if (path.endsWith('.md')) return `${path.replace(/(^|\/)README\.md$/, '$1index.md')}${hash}`;
  const file = resolve(folder, decodeURIComponent(path));
  if (!existsSync(file)) return target;
  const kind = statSync(file).isDirectory() ? 'tree' : 'blob';
  return `${repository}/${kind}/main/${relative(ROOT, file).replaceAll(sep, '/')}${hash}`;
};

const PICTURE =
  /<picture>\s*<source[^>]*srcset="([^"]+)"[^>]*>\s*<img src="([^"]+)" alt="([^"]*)"[^>]*>\s*<\/picture>/g;

/**
 * Replaces a picture that follows the theme of the system by two, of which `theme/site.css` shows one: the site has a
 * switch of its own. Vite finds a file only if its path begins with a dot.
 */
export const withBothThemes = (html: string): string =>
  html.replace(
    PICTURE,
    (_, dark, light, alt) =>
      `<img class="light-only" src="./${light}" alt="${alt}"><img class="dark-only" src="./${dark}" alt="${alt}">`,
  );

/** Adds the rules to the renderer of VitePress. */
export const forSite =
  (repository: string) =>
  (md: MarkdownRenderer): void => {
    const code = md.renderer.rules.code_inline;
    // Vue takes two braces for an expression, even where VitePress marks the code as text.
    md.renderer.rules.code_inline = (...args) => (code?.(...args) ?? '').replaceAll('{{', '&#123;&#123;');
    md.core.ruler.push('for-site', ({ tokens, env }) => {
      // The search index is rendered without `realPath`, and there `path` is the file itself.
      const folder = dirname(env.realPath ?? env.path);
      for (const token of tokens) {
        if (token.type === 'html_block') token.content = withBothThemes(token.content);
        for (const child of token.children ?? []) {
          const target = child.type === 'link_open' ? child.attrGet('href') : null;
          if (target !== null) child.attrSet('href', targetOf(target, folder, repository));
        }
      }
    });
  };
