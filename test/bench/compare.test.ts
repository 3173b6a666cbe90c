/** Another commit next to this one (`bench/compare.ts`, `bench/conversion/sink-modules.ts`). */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkOut } from '../../bench/compare.ts';
import { ROOT } from '../../bench/conversion/root.ts';
import { loadSink } from '../../bench/conversion/sink-modules.ts';

test('checks out a commit with the installed packages, and removes it', async () => {
  const tree = checkOut('HEAD');
  onTestFinished(() => tree.remove());
  expect(existsSync(join(tree.root, 'node_modules', 'undici'))).toBe(true);
  expect(Object.keys(await loadSink(tree.root))).toContain('createConverter');
  tree.remove();
  expect(existsSync(tree.root)).toBe(false);
  expect(existsSync(join(ROOT, 'node_modules', 'undici'))).toBe(true);
});

test('names the missing part of a tree with another internal interface', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'opengemini-sink-tree-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await expect(loadSink(folder)).rejects.toThrow(
    /^The benchmark needs "\w+" in src\/\S+, and this commit has another internal interface\. Compare with a newer commit\.$/,
  );
});
