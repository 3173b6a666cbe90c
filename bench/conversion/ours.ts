/** The converter of the sink as a contestant. */

import type { ConverterOptions } from '../../src/sink/convert/converter.ts';
import type { DecodedMessage } from '../../src/sink/convert/decoded-message.ts';
import type { Mapping } from '../../src/sink/mapping/mapping.ts';
import type { Message } from '../../src/sink/message.ts';
import { type DataSet, mappingFrom } from '../data.ts';
import { messageOf } from '../message.ts';
import { oneBuffer } from '../one-buffer.ts';
import type { Reading } from '../readings.ts';
import type { BodyEncoder } from './body-encoder.ts';
import { loadSink, type SinkModules } from './sink-modules.ts';

/** Messages that an invocation decodes at a time (`CHUNK_MESSAGES` in `src/sink/sink.ts`). */
const CHUNK = 32;
const TARGET = { database: 'db', retentionPolicy: undefined };

/** Settings of the converter that a contestant changes. */
export interface OursOptions {
  /** Root of the source tree. */
  readonly root: string;
  readonly converter: 'line' | 'point';
  /** `false` for a converter that parses each body with `JSON.parse`. Versions without a scanner ignore it. */
  readonly scan?: false;
}

const mappingOf = ({ declaration, build }: DataSet, sink: SinkModules): Mapping | undefined => {
  if (build !== undefined) return build(sink.lineConverter<Reading>('telemetry')).mapping;
  return declaration === undefined ? undefined : mappingFrom(declaration, sink.parseMapping);
};

/** Creates the contestant. It decodes and converts as an invocation does, into one buffer. */
export const createOurs = async (
  data: DataSet,
  texts: readonly string[],
  { root, converter, scan }: OursOptions,
): Promise<BodyEncoder> => {
  const messages = texts.map(messageOf);
  const sink = await loadSink(root);
  const options: ConverterOptions & { readonly scan?: false } = {
    mapping: mappingOf(data, sink),
    converter,
    decode: { input: 'auto', messageBytesMax: 1e9 },
    target: TARGET,
    ...(scan === undefined ? {} : { scan }),
  };
  const convert = sink.createConverter(options);
  const { buffer, buffers, observer } = oneBuffer(TARGET, sink.LineBuffer);
  return (first, end) => {
    for (let from = first; from < end; from += CHUNK) {
      let chunk: DecodedMessage[] = [];
      const convertChunk = (): void => {
        for (const decoded of chunk)
          for (const _batch of convert.convert(decoded, buffers, observer)) throw new Error('The buffer has no limit.');
        chunk = [];
      };
      for (let index = from; index < Math.min(from + CHUNK, end); index++) {
        const decoded = convert.decode(messages[index] as Message, index - first);
        chunk.push(decoded);
        // As in `src/sink/sink.ts`: the converter keeps one scanned message.
        if (decoded.isScanned) convertChunk();
      }
      convertChunk();
    }
    return buffer.flush(sink.UNLIMITED).body;
  };
};
