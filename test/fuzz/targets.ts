/** All targets of the fuzzer, and their stored corpora. */

import { readdirSync, readFileSync } from 'node:fs';
import type { Target } from './target.ts';

/** Files that decode a body and convert its events. */
const CONVERSION = ['src/sink/'];

/**
 * The targets, with the files that guide the search of each as prefixes of paths. The words of mutations are the literals
 * of these files.
 */
export const TARGETS: Readonly<Record<string, readonly string[]>> = {
  body: CONVERSION,
  decision: ['src/controller/'],
  envelope: ['src/sink/decode/', 'src/sink/json/', 'src/sink/mapping/path.ts', 'src/sink/settle/dead-letter.ts'],
  letter: ['src/sink/settle/', 'src/sink/decode/', 'src/sink/convert/canonical', 'src/sink/message.ts'],
  lines: [
    ...['src/sink/decode/influx-lines.ts', 'src/sink/convert/influx-point.ts', 'src/sink/lines/', 'src/sink/time/'],
    ...['src/sink/values/', 'src/sink/decimal.ts', 'src/sink/mapping/name-rules.ts', 'local/opengemini/'],
  ],
  mapping: ['src/sink/mapping/', 'src/sink/presets/presets.ts', 'src/sink/convert/', 'src/sink/scan/'],
  packed: ['src/sink/decode/', 'src/sink/json/'],
  reply: [
    'src/adapters/opengemini-reply.ts',
    'src/sink/write/lines-named-by-server.ts',
    'src/sink/lines/parse-own-line.ts',
  ],
  segment: ['src/checkpoint/format/', 'src/sink/settle/dead-letter.ts', 'src/sink/lines/parse-own-line.ts'],
  'segment-lines': ['src/checkpoint/format/'],
};

/** Targets with a fault on purpose. They test the fuzzer. */
export const PLANTED: Readonly<Record<string, readonly string[]>> = {
  'planted-fault': ['test/fuzz/targets/planted-fault.ts'],
  'planted-hang': ['test/fuzz/targets/planted-hang.ts'],
  'planted-memory': ['test/fuzz/targets/planted-memory.ts'],
};

/** Loads a target. The files that guide the search must be instrumented before. */
export const loadTarget = async (name: string): Promise<Target> => {
  const loaded = (await import(`./targets/${name}.ts`)) as { readonly target: Target };
  return loaded.target;
};

/** Returns the folder of the stored corpus of a target. */
export const corpusFolder = (name: string): URL => new URL(`corpus/${name}/`, import.meta.url);

/** Returns the stored corpus of a target: file names with their inputs. Empty if there is none. */
export const corpusOf = (name: string): readonly (readonly [file: string, input: Uint8Array])[] => {
  try {
    const folder = corpusFolder(name);
    return readdirSync(folder)
      .sort()
      .map((file) => [file, readFileSync(new URL(file, folder))]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};
