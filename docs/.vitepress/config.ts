/**
 * The site of the documentation: the pages of the repository, searchable, with the pages of all exported names. `npm run
 * docs:site` builds it into `dist/site/`, and fails on a dead link.
 *
 * The paths of the site are those of the repository, so that relative links work in both.
 */

import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { anchorOf, forSite } from './markdown.ts';
import { API_PAGES, sidebars } from './sidebar.ts';

const { name, description, repository } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);
const REPOSITORY = repository.url.replace(/^git\+|\.git$/g, '');

export default defineConfig({
  title: name,
  description,
  lang: 'en-US',
  // GitHub Pages serves a project below its name.
  base: `/${name}/`,
  cleanUrls: true,
  srcDir: '..',
  outDir: '../dist/site',
  cacheDir: '../node_modules/.cache/vitepress',
  // Reports and templates that are no pages.
  srcExclude: ['.github/**', 'api/*.md', 'cli/**', 'test/**'],
  rewrites: (page) => page.replace(API_PAGES, 'api/').replace(/(^|\/)README\.md$/, '$1index.md'),
  markdown: { anchor: { slugify: anchorOf }, config: forSite(REPOSITORY) },
  // The search index is one file, which a browser loads at the first search.
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  transformPageData: ({ filePath, frontmatter }) => {
    // Generated from comments in the sources, so there is no page to edit.
    if (filePath.startsWith(API_PAGES)) frontmatter.editLink = false;
  },
  themeConfig: {
    nav: [
      { text: 'Start', link: '/' },
      { text: 'Deploy', link: '/docs/deploy' },
      { text: 'Mapping', link: '/docs/mapping/' },
      { text: 'Operate', link: '/docs/operating/' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: sidebars(),
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
    editLink: { pattern: `${REPOSITORY}/edit/main/:path`, text: 'Edit this page' },
  },
});
