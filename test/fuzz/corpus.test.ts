/** Replays the seeds and the stored corpora of all targets of the fuzzer. Covers every parser of `src`. */

import { describe, expect, test } from 'vitest';
import { INPUT_BYTES_MAX } from './search.ts';
import { corpusOf, loadTarget, TARGETS } from './targets.ts';

/** Bytes of a stored corpus, at most: the 40 kB that `--save` writes, and room for inputs of findings. */
const CORPUS_BYTES_MAX = 45_000;

describe.each(Object.keys(TARGETS))('target %s', (name) => {
  test(`holds its property for every seed and every stored input of the fuzzer's target ${name}`, async () => {
    const target = await loadTarget(name);
    const stored = corpusOf(name);
    expect(stored.length).toBeGreaterThan(0);
    for (const input of target.seeds()) target.run(input.subarray(0, INPUT_BYTES_MAX));
    for (const [file, input] of stored) {
      try {
        target.run(input);
      } catch (error) {
        throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
      }
    }
  });

  test(`stores a small corpus for the fuzzer's target ${name}`, () => {
    const sizes = corpusOf(name).map(([, input]) => input.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(INPUT_BYTES_MAX);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(CORPUS_BYTES_MAX);
  });
});
