/** Generates mappings that name a preset, and bodies of its producer with changes. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { documentsIn } from '../../../src/sink/decode/documents.ts';
import { PRESETS } from '../../../src/sink/presets/presets.ts';
import { type Body, bodiesFrom } from './bodies.ts';
import { fromEntries, textOf, type Value, values, Written } from './json-text.ts';
import { type Declared, faultsOf, policies } from './mappings.ts';

/** A mapping, and a body for it. */
export interface Case {
  readonly declared: Declared;
  readonly body: Body;
}

/** Returns parsed JSON with the texts of its numbers, as `JSON.stringify` prints them. */
const withTexts = (parsed: unknown): Value => {
  if (typeof parsed === 'number') return new Written(String(parsed));
  if (Array.isArray(parsed)) return parsed.map(withTexts);
  if (typeof parsed !== 'object' || parsed === null) return parsed as Value;
  return fromEntries(Object.entries(parsed).map(([name, member]) => [name, withTexts(member)]));
};

const samplesOf = (preset: string): readonly Value[] =>
  readFileSync(new URL(`../../presets/samples/${preset}.ndjson`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .flatMap((line) => documentsIn(line, 100) ?? [])
    .map((document) => withTexts(JSON.parse(document)));

const SAMPLES = new Map(Object.keys(PRESETS).map((preset) => [preset, samplesOf(preset)]));

/** Replaces the value that a number chooses among all values of a document. */
const replaced = (document: Value, choice: number, replacement: Value): Value => {
  let left = choice;
  const visit = (value: Value): Value => {
    if (left-- === 0) return replacement;
    if (value instanceof Written || typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(visit);
    return fromEntries(Object.entries(value).map(([name, member]) => [name, visit(member as Value)]));
  };
  return visit(document);
};

const anyValue = fc.constantFrom(...fc.sample(values, { numRuns: 500, seed: 42 }));

const units = (preset: string): fc.Arbitrary<readonly string[]> => {
  const document = fc
    .tuple(
      fc.constantFrom(...(SAMPLES.get(preset) as readonly Value[])),
      fc.array(fc.tuple(fc.nat({ max: 150 }), anyValue), { maxLength: 2 }),
    )
    .map(([sample, changes]) =>
      textOf(changes.reduce((before, [choice, value]) => replaced(before, choice, value), sample)),
    );
  return fc.array(document, { minLength: 1, maxLength: 4 });
};

/** Rules that a mapping has before its preset. */
const ownRules: fc.Arbitrary<readonly Declared[] | undefined> = fc.constantFrom(
  undefined,
  undefined,
  [{ also: true, measurement: 'own', tags: { i: '$index' }, otherFields: { flatten: '_', only: ['a*', 's*', 'v*'] } }],
  [{ when: { path: 'topic', exists: true }, drop: true }],
  [
    {
      when: { path: 'metrics', exists: true },
      also: true,
      events: 'metrics',
      measurement: 'own',
      fields: { c: { value: 1 } },
      onlyDefaults: 'write',
    },
  ],
  [{ when: { path: '$index', equals: 0 }, measurement: 'own', fields: { c: { value: 1 } }, onlyDefaults: 'write' }],
);

/** Mappings that name a preset, each with a body. */
export const presetCases: fc.Arbitrary<Case> = fc
  .tuple(
    fc.constantFrom(...Object.keys(PRESETS)),
    policies,
    ownRules,
    fc.constantFrom(undefined, 'other', { path: '$message.attributes.region', allow: ['eu'] }),
  )
  .map(([preset, policy, mappings, database]) =>
    JSON.parse(JSON.stringify({ version: 1, preset, ...policy, mappings, database })),
  )
  .filter((declared) => faultsOf(declared).length === 0)
  .chain((declared) => bodiesFrom(units(declared.preset)).map((body) => ({ declared, body })));
