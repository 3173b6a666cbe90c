/** The fuzzer finds planted faults: a violation behind several branches, a hang, and an exhausted heap. */

import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Coverage, HITS, nextBranch } from './coverage.ts';
import { instrument } from './instrument.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Runs the command. Returns its exit code and its output. */
const fuzz = (...args: string[]): Promise<{ readonly code: number; readonly output: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['test/fuzz/main.ts', ...args], { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });

/** Returns the file that the output names to reproduce a finding. */
const reproducer = (output: string): string => /--reproduce (\S+)/.exec(output)?.[1] ?? 'no file';

describe('planted faults', () => {
  test('finds five bytes that must follow each other, shortens the input, and reproduces it', async () => {
    // A search without coverage would need 256^5 inputs.
    const found = await fuzz('--target', 'planted-fault', '--seed', '1', '--executions', '400000', '--minutes', '60');
    expect(found.output).toContain('FOUND a violation: the planted fault');
    expect(found.code).toBe(1);
    const file = reproducer(found.output);
    expect(readFileSync(join(ROOT, file)).toString('hex')).toBe('c71e9b58e2');
    const again = await fuzz('--target', 'planted-fault', '--reproduce', file);
    expect(again.output).toContain('FOUND a violation: the planted fault');
    expect(again.code).toBe(1);
    rmSync(join(ROOT, file));
  });

  test('ends with 0 when it finds nothing', async () => {
    const { code, output } = await fuzz('--target', 'planted-fault', '--seed', '1', '--executions', '100');
    expect(output).toMatch(/^planted-fault: \d+ executions in \d+ s \(\d+\/s\), corpus \d+, branches \d+ of \d+/);
    expect(code).toBe(0);
  });

  test('finds an input that hangs, and names it', async () => {
    const { code, output } = await fuzz('--target', 'planted-hang', '--seed', '1', '--hang', '2', '--minutes', '60');
    expect(output).toContain('FOUND a hang');
    expect(readFileSync(join(ROOT, reproducer(output)))[0]).toBe(0x2a);
    expect(code).toBe(1);
  });

  test('finds an input that exhausts the memory, and names it', async () => {
    const { code, output } = await fuzz('--target', 'planted-memory', '--seed', '1', '--heap', '256', '--hang', '600');
    expect(output).toContain('FOUND a memory');
    expect(readFileSync(join(ROOT, reproducer(output)))[0]).toBe(0x2a);
    expect(code).toBe(1);
  });

  test('rejects an unknown target, and a number that is none', async () => {
    expect(await fuzz('--target', 'none')).toMatchObject({ code: 2, output: expect.stringContaining('got "none"') });
    expect(await fuzz('--minutes', 'many')).toMatchObject({ code: 2, output: expect.stringContaining('got "many"') });
  });
});

describe('instrumentation', () => {
  const run = (source: string, ...args: unknown[]): unknown => {
    const { source: counted } = instrument(source, 'a.ts');
    return new Function('args', `${counted}\nreturn f(...args);`)(args);
  };

  test.each([
    ['an if without braces', 'const f = (x) => { if (x > 1) return 1; else if (x > 0) return 2; return 3; };', [1, 2]],
    ['a conditional expression', 'const f = (x) => (x ? { a: x } : undefined)?.a;', [5, 5]],
    ['lazy operators', 'const f = (x) => { let y = x; y ??= 4; return (y && 3) || 0; };', [undefined, 3]],
    [
      'loops',
      'function f(x) { let y = 0; for (const z of x) if (z) y += z; while (y > 9) y -= 9; return y; }',
      [[5, 6], 2],
    ],
    ['a switch', "const f = (x) => { switch (x) { case 1: case 2: return 'a'; default: return 'b'; } };", [1, 'a']],
    ['try and catch', 'const f = (x) => { try { return x.y.z; } catch { return 7; } finally { x = 0; } };', [{}, 7]],
  ])('does not change the result of %s', (_, source, [given, expected]) => {
    expect(run(source, given)).toBe(expected);
  });

  test('keeps the numbers of lines, and collects literals', () => {
    const { source, words } = instrument(
      "const a = 'text';\nif (a) {\n  throw new Error(`x`);\n}\ninterface B { name: 1 }",
      'a.ts',
    );
    expect(source.split('\n')).toHaveLength(5);
    expect(words).toEqual(expect.arrayContaining(['text', 'x', 'name', '1']));
  });

  test('counts an input as new if a branch is executed for the first time, or much more often', () => {
    const coverage = new Coverage();
    const branch = nextBranch();
    const hits = (globalThis as unknown as Record<string, Uint32Array>)[HITS] as Uint32Array;
    const isNewAfter = (count: number): boolean => {
      coverage.begin();
      hits[branch] = count;
      return coverage.isNew();
    };
    expect([1, 1, 2, 5, 4, 7, 8, 100, 90].map(isNewAfter)).toEqual([
      true,
      false,
      true,
      true,
      false,
      false,
      true,
      true,
      false,
    ]);
    expect(coverage.branches).toBe(1);
  });
});
