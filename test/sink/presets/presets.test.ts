import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/sink/json/json.ts';
import { convertOtlpMetrics } from '../../../src/sink/presets/otlp-metrics.ts';
import { PRESETS } from '../../../src/sink/presets/presets.ts';
import { convertSenml } from '../../../src/sink/presets/senml.ts';
import { outcomes, sample } from './outcomes.ts';

const ROOT = new URL('../../../', import.meta.url);
const NAMES = Object.keys(PRESETS);

describe('the list of presets', () => {
  test('contains every declaration of the folder', () => {
    const files = readdirSync(new URL('presets/', ROOT)).filter((file) => file.endsWith('.json'));
    const declared = NAMES.filter((name) => 'declaration' in (PRESETS[name] as object));
    expect(files.toSorted()).toEqual(declared.map((name) => `${name}.json`).toSorted());
  });

  test.each(NAMES)('has tests, a row and a section for %s', (name) => {
    expect(existsSync(new URL(`presets/${name}.test.yaml`, ROOT))).toBe(true);
    const page = readFileSync(new URL('docs/presets.md', ROOT), 'utf8');
    expect(page).toContain(`| [\`${name}\`](#${name}) |`);
    expect(page).toContain(`\n## ${name}\n`);
    expect(page).toContain(`"preset": "${name}"`);
  });

  test('is in the order of the documentation', () => {
    const page = readFileSync(new URL('docs/presets.md', ROOT), 'utf8');
    expect([...page.matchAll(/^## ([a-z\d-]+)$/gm)].map(([, name]) => name)).toEqual(NAMES);
  });
});

/** Values that a producer would not send. */
const odd = fc.oneof(
  fc.constantFrom<Json>(null, true, '', '1', 'NaN', '1e999999999', -1, 0.5, 1e300, [], {}, [[]], [null], { a: 1 }),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);

/** Replaces the value that a number chooses among all values of a document. */
const replaced = (document: unknown, choice: number, value: Json): unknown => {
  let left = choice;
  const visit = (node: unknown): unknown => {
    if (left-- === 0) return value;
    if (Array.isArray(node)) return node.map(visit);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([name, member]) => [name, visit(member)]));
  };
  return visit(document);
};

describe.each([
  ['otlp-metrics', convertOtlpMetrics],
  ['senml', convertSenml],
] as const)('the code of %s', (name, convert) => {
  test(`gives lines, drops and refusals of ${name} for any JSON, and throws nothing`, () => {
    const documents = sample(name).bodies.map((body): unknown => JSON.parse(body));
    const edits = fc.array(fc.tuple(fc.nat({ max: 200 }), odd), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.constantFrom(...documents), edits, (document, changes) => {
        const body = changes.reduce((before, [choice, value]) => replaced(before, choice, value), document);
        for (const outcome of outcomes(convert, JSON.stringify(body))) {
          expect(outcome).toMatch(/^(?:dropped$|[a-z-]+: |\S.* \d+$)/);
        }
      }),
      { numRuns: 2_000 },
    );
    fc.assert(fc.property(fc.jsonValue(), (body) => void outcomes(convert, JSON.stringify(body))));
  });
});
