/** The functions of a user that take part in the conversion, and their place in the settings of the converter. */

import type { BodyDecoder, EventConverter, EventHooks, EventTransform } from '../custom/hooks.ts';
import type { DecodeOptions } from '../decode/decode-options.ts';
import { type BuiltConverter, isLineConverterBuilder } from '../mapping/line-converter.ts';
import type { Mapping } from '../mapping/mapping.ts';

/**
 * Functions that take part in the conversion. All are synchronous and pure. One that throws refuses only its event
 * (`converter-error`).
 */
export interface ConversionExtensions {
  /** Converts events instead of a mapping: a `lineConverter`, or an object with `toLines` or `toPoints`. */
  readonly converter?: BuiltConverter | EventConverter | undefined;
  /** Decodes bodies that are neither JSON nor line protocol. */
  readonly decode?: BodyDecoder | undefined;
  /** Changes the form of an event before the mapping or the converter reads it. */
  readonly transform?: EventTransform | undefined;
}

/** The settings of a converter that extensions change. */
export interface ExtendedRules {
  readonly mapping: Mapping | undefined;
  readonly hooks?: EventHooks | undefined;
  readonly decode: DecodeOptions;
}

/**
 * Returns the settings with the extensions. A converter replaces the mapping.
 *
 * @throws TypeError if an extension is not what it must be.
 */
export const extendRules = (
  rules: { readonly mapping: Mapping | undefined; readonly decode: DecodeOptions },
  { converter, decode, transform }: ConversionExtensions,
): ExtendedRules => {
  for (const [name, hook] of Object.entries({ decode, transform }))
    if (hook !== undefined && typeof hook !== 'function')
      throw new TypeError(`${name} must be a function, got ${typeof hook}.`);
  const built = converter !== undefined && isBuilder(converter) ? converter.mapping : undefined;
  const custom = built === undefined ? checkedConverter(converter) : undefined;
  if (built?.rules.some((rule) => rule.drop !== true && rule.fields.length === 0) === true)
    throw new TypeError('The lineConverter must have at least one field. Call float, integer, boolean, or string.');
  const hooks = transform === undefined && custom === undefined ? undefined : { transform, converter: custom };
  return {
    mapping: built ?? (custom === undefined ? rules.mapping : undefined),
    hooks,
    decode: {
      ...rules.decode,
      decoder: decode,
      forCode: built !== undefined || hooks !== undefined || decode !== undefined,
    },
  };
};

const isBuilder = (converter: unknown): converter is BuiltConverter =>
  typeof converter === 'object' && converter !== null && isLineConverterBuilder(converter);

const checkedConverter = (converter: unknown): EventConverter | undefined => {
  if (converter === undefined) return undefined;
  const { toLines, toPoints } = (converter ?? {}) as Record<string, unknown>;
  if ((typeof toLines === 'function') !== (typeof toPoints === 'function')) return converter as EventConverter;
  throw new TypeError('converter must be a lineConverter, or an object with one of the methods toLines and toPoints.');
};
