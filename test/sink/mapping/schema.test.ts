/**
 * `mapping.schema.json` and the reader of mappings agree. The schema never refuses what the reader accepts. What only
 * the reader refuses is listed in `reader-only.ts` by its kind.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMapping } from '../../../src/sink/mapping/parse-mapping.ts';
import { PRESETS } from '../../../src/sink/presets/presets.ts';
import { mutatedMappings, validMappings } from './declarations.ts';
import { READER_ONLY } from './reader-only.ts';

const ROOT = new URL('../../../', import.meta.url);
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, ROOT), 'utf8'));

const schema = read('mapping.schema.json') as Record<string, unknown>;

const validate = new Ajv({
  // A schema without a type, or with a list of types, is on purpose: its parts declare the types.
  ...{ strictTypes: false, strictTuples: false, strictRequired: false },
  keywords: ['patternErrorMessage', 'enumDescriptions'],
}).compile(schema);

const faultsOf = (declared: unknown): readonly string[] => {
  const parsed = parseMapping(declared);
  return 'faults' in parsed ? parsed.faults : [];
};

const isReaderOnly = (fault: string): boolean =>
  Object.values(READER_ONLY).some(({ sentence }) => sentence.test(fault));

/** Returns a description of a disagreement; otherwise `undefined`. */
const disagreement = (declared: unknown): string | undefined => {
  const faults = faultsOf(declared);
  const isValid = validate(declared);
  if (!isValid && faults.length === 0)
    return `The schema refuses what the reader accepts: ${JSON.stringify(validate.errors)}`;
  const missed = isValid ? faults.filter((fault) => !isReaderOnly(fault)) : [];
  return missed.length === 0 ? undefined : `Only the reader finds: ${missed.join('\n')}`;
};

describe('generated mappings', () => {
  test('the reader and the schema accept every mapping of the grammar', () => {
    fc.assert(
      fc.property(validMappings, (declared) => {
        expect(faultsOf(declared)).toEqual([]);
        expect(validate(declared), JSON.stringify(validate.errors)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('the schema refuses only what the reader refuses, and finds all but the listed kinds of faults', () => {
    fc.assert(
      fc.property(mutatedMappings, (declared) => {
        expect(disagreement(declared)).toBeUndefined();
      }),
      { numRuns: 4_000 },
    );
  });
});

describe('faults that only the reader finds', () => {
  test.each(Object.entries(READER_ONLY))('the schema accepts %s', (_, { sentence, example }) => {
    const declared: unknown = JSON.parse(JSON.stringify(example));
    expect(validate(declared), JSON.stringify(validate.errors)).toBe(true);
    const faults = faultsOf(declared);
    expect(faults.length).toBeGreaterThan(0);
    for (const fault of faults) expect(fault).toMatch(sentence);
  });
});

test('the schema accepts every preset and every example', () => {
  const presets = readdirSync(new URL('presets/', ROOT)).filter((name) => name.endsWith('.json'));
  const examples = readdirSync(new URL('examples/', ROOT)).filter((name) => name.endsWith('.json'));
  const files = [...presets.map((name) => `presets/${name}`), ...examples.map((name) => `examples/${name}`)];
  expect(files.length).toBeGreaterThan(12);
  expect(files.filter((file) => !validate(read(file)))).toEqual([]);
});

test('the schema lists every preset', () => {
  const { definitions } = schema as { definitions: Record<string, { enum: readonly string[] }> };
  expect(definitions['member.preset']?.enum).toEqual(Object.keys(PRESETS));
});

test('the schema describes every member, so that editors show what it means', () => {
  const undescribed: string[] = [];
  const walk = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const { properties, additionalProperties } = value as Record<string, unknown>;
    if (additionalProperties === false)
      for (const [name, member] of Object.entries(properties as Record<string, Record<string, unknown>>)) {
        const target = typeof member.$ref === 'string' ? definitionOf(member.$ref) : member;
        if (typeof target.description !== 'string') undescribed.push(`${place}.${name}`);
      }
    for (const [key, inner] of Object.entries(value)) walk(inner, `${place}/${key}`);
  };
  const definitionOf = (ref: string): Record<string, unknown> =>
    (schema.definitions as Record<string, Record<string, unknown>>)[ref.slice('#/definitions/'.length)] ?? {};
  walk(schema, '');
  expect(undescribed).toEqual([]);
});
