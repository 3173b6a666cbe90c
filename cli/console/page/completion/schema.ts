/** Lists the names and values that a JSON schema allows at a place. */

import { type CursorPlace, ELEMENT } from './cursor-place.ts';

/** The parts of a JSON schema that name members and values. */
export interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly if?: Schema;
  readonly then?: Schema;
  readonly else?: Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** A name or a value to insert. */
export interface Suggestion {
  readonly text: string;
  readonly description: string;
}

/** Returns the suggestions for a place whose typed part they begin with, sorted. */
export const suggestionsAt = (root: Schema, { path, kind, prefix }: CursorPlace): readonly Suggestion[] => {
  let schemas = variantsOf(root, root);
  for (const step of path)
    schemas = schemas.flatMap((schema) => stepInto(schema, step)).flatMap((one) => variantsOf(root, one));
  const all = kind === 'name' ? schemas.flatMap((schema) => namesOf(root, schema)) : schemas.flatMap(valuesOf);
  const byText = new Map<string, Suggestion>();
  for (const one of all) if ((byText.get(one.text)?.description ?? '') === '') byText.set(one.text, one);
  return [...byText.values()]
    .filter(({ text }) => text.toLowerCase().startsWith(prefix.toLowerCase()))
    .sort((a, b) => a.text.localeCompare(b.text));
};

const DEFINITION = '#/definitions/';

/** Returns a schema with all its alternatives. While a mapping is being typed, each of them is possible. */
const variantsOf = (root: Schema, schema: Schema, seen: ReadonlySet<Schema> = new Set()): readonly Schema[] => {
  if (seen.has(schema)) return [];
  const { $ref, anyOf = [], oneOf = [], allOf = [], then, else: otherwise } = schema;
  const named = $ref?.startsWith(DEFINITION) ? root.definitions?.[$ref.slice(DEFINITION.length)] : undefined;
  const others = [named, ...anyOf, ...oneOf, ...allOf, then, otherwise].filter((one) => one !== undefined);
  const visited = new Set(seen).add(schema);
  return [schema, ...others.flatMap((one) => variantsOf(root, one, visited))];
};

const stepInto = ({ properties = {}, additionalProperties, items }: Schema, step: string): readonly Schema[] => {
  if (step === ELEMENT) return items === undefined ? [] : [items];
  const property = Object.hasOwn(properties, step) ? properties[step] : undefined;
  if (property !== undefined) return [property];
  return typeof additionalProperties === 'object' ? [additionalProperties] : [];
};

const namesOf = (root: Schema, { properties = {} }: Schema): readonly Suggestion[] =>
  Object.entries(properties).map(([text, schema]) => ({
    text,
    description: variantsOf(root, schema).find(({ description }) => description !== undefined)?.description ?? '',
  }));

const valuesOf = (schema: Schema): readonly Suggestion[] => {
  const constant = schema.const === undefined ? [] : [schema.const];
  const values = [
    ...(schema.enum ?? []),
    ...constant,
    ...([schema.type].flat().includes('boolean') ? [true, false] : []),
  ];
  return values
    .filter((value) => ['string', 'number', 'boolean'].includes(typeof value))
    .map((value) => ({ text: String(value), description: schema.description ?? '' }));
};
