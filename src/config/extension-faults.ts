/** Combinations of a configuration and functions of a program that exclude each other. */

import type { ConversionExtensions } from '../sink/convert/extensions.ts';
import type { Input } from '../sink/decode/decode.ts';
import type { Config } from './config.ts';

/** Inputs with a decoder: it gets the body as it is, or the text in the declared envelope. */
const INPUTS_OF_DECODER: readonly Input[] = ['auto', 'sns', 'gzip'];

/** Returns one sentence for each conflict. */
export const extensionFaults = (
  { mapping, input }: Pick<Config, 'mapping' | 'input'>,
  { converter, decode }: ConversionExtensions,
): string[] => {
  const faults: string[] = [];
  if (converter !== undefined && mapping !== undefined)
    faults.push(
      'The handler has a converter, so no mapping may be configured. Remove SINK_MAPPING or SINK_MEASUREMENT, or the converter.',
    );
  if (converter !== undefined && input === 'canonical')
    faults.push('SINK_INPUT=canonical cannot be combined with the converter of the handler. Set SINK_INPUT=auto.');
  if (decode !== undefined && !INPUTS_OF_DECODER.includes(input))
    faults.push(
      `SINK_INPUT must be one of ${INPUTS_OF_DECODER.join(', ')} if the handler has a decode function, got "${input}".`,
    );
  return faults;
};
