/** All presets by name. */

import type { PresetConverter } from './preset.ts';

/** A preset: the declaration of a mapping, or code for a format that the language cannot express. */
export type Preset =
  | { readonly declaration: unknown }
  | {
      readonly code: PresetConverter;
      /** Whether a body that is an array is one unit. */
      readonly whole?: boolean;
    };

/** The presets, in the order of docs/presets.md. */
export const PRESETS: Readonly<Record<string, Preset>> = {};
