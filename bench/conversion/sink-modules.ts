/** Loads the converter from a source tree: this one, or another commit of it for `--compare`. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Unsupported } from '../turns/contestant.ts';

type ConverterModule = typeof import('../../src/sink/convert/converter.ts');
type BufferModule = typeof import('../../src/sink/lines/line-buffer.ts');
type BatchModule = typeof import('../../src/sink/lines/batch.ts');
type MappingModule = typeof import('../../src/sink/mapping/parse-mapping.ts');
type BuilderModule = typeof import('../../src/sink/mapping/line-converter.ts');

/** The parts of the sink that the benchmark calls. */
export interface SinkModules
  extends Pick<ConverterModule, 'createConverter'>,
    Pick<BufferModule, 'LineBuffer'>,
    Pick<BatchModule, 'UNLIMITED'>,
    Pick<MappingModule, 'parseMapping'>,
    Pick<BuilderModule, 'lineConverter'> {}

/** File of each part, below the root of a source tree. */
const FILES: Readonly<Record<keyof SinkModules, string>> = {
  createConverter: 'src/sink/convert/converter.ts',
  LineBuffer: 'src/sink/lines/line-buffer.ts',
  UNLIMITED: 'src/sink/lines/batch.ts',
  parseMapping: 'src/sink/mapping/parse-mapping.ts',
  lineConverter: 'src/sink/mapping/line-converter.ts',
};

const load = async (root: string, name: string, file: string): Promise<unknown> => {
  const older = `The benchmark needs "${name}" in ${file}, and this commit has another internal interface. Compare with a newer commit.`;
  const module = await import(pathToFileURL(join(root, file)).href).catch((error) => {
    throw error?.code === 'ERR_MODULE_NOT_FOUND' ? new Unsupported(older) : error;
  });
  if (module[name] === undefined) throw new Unsupported(older);
  return module[name];
};

/**
 * Loads the parts of a source tree.
 *
 * @throws {Unsupported} If the tree does not have them where this version has them.
 */
export const loadSink = async (root: string): Promise<SinkModules> => {
  const entries = Object.entries(FILES).map(async ([name, file]) => [name, await load(root, name, file)]);
  return Object.fromEntries(await Promise.all(entries)) as SinkModules;
};
