/** The requests of the mapping editor. */

import { namesMappingFile } from '../../infra/mapping-file.ts';
import type { ProgramConfig } from '../handler-file.ts';
import { BadRequest } from './actions.ts';
import { applyMapping, convertWith, currentMapping } from './mapping-editor.ts';
import type { MappingFormat } from './protocol.ts';
import type { RecentMessages } from './recent-messages.ts';
import type { ConsoleRoutes } from './server.ts';

/** Configuration of the running function. */
export interface EditedConfig {
  /** Undefined if the configuration has faults. */
  readonly config: ProgramConfig | undefined;
  /** Value of `SINK_MAPPING` as the user named it. */
  readonly mapping: string | undefined;
}

/** Routes of the editor. */
export interface MappingRoutes extends Pick<ConsoleRoutes, 'reads' | 'writes'> {
  /** The user's mapping file; undefined if there is none. */
  readonly file: string | undefined;
}

/** Settings of the function unless its configuration differs. */
const DEFAULTS = { input: 'auto', linePrecision: 'ns', messageBytesMax: 16_777_216 } as const;

/** Creates the routes. */
export const createMappingRoutes = ({ config, mapping }: EditedConfig, recent: RecentMessages): MappingRoutes => {
  const settings = settingsOf(config);
  return {
    file: namesMappingFile(mapping) ? mapping : undefined,
    reads: { '/api/mapping': async () => currentMapping(mapping) },
    writes: {
      async '/api/convert'(input) {
        const { text, format } = mappingText(input);
        return convertWith(text, format, recent.list(), settings);
      },
      async '/api/apply'(input) {
        const { text, format } = mappingText(input);
        const { file, why } = currentMapping(mapping);
        if (file === null) throw new BadRequest(why);
        const [fault] = applyMapping(text, format, file);
        if (fault !== undefined) throw new BadRequest(`Line ${fault.line}, column ${fault.column}: ${fault.text}`);
        return { text: `${mapping} is written, and dev reloads it.` };
      },
    },
  };
};

const settingsOf = (config: ProgramConfig | undefined) => {
  if (config === undefined) return DEFAULTS;
  const { input, linePrecision, messageBytesMax } = config.config;
  // Canonical events cannot be combined with a mapping.
  return { input: input === 'canonical' ? DEFAULTS.input : input, linePrecision, messageBytesMax };
};

const mappingText = ({ text, format }: Record<string, unknown>): { text: string; format: MappingFormat } => {
  if (typeof text !== 'string') throw new BadRequest('"text" must be a text.');
  if (format !== 'json' && format !== 'yaml') throw new BadRequest('"format" must be json or yaml.');
  return { text, format };
};
