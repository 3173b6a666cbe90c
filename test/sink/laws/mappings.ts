/** Generates mappings that use the whole language, with the shape of the events that fit them. */

import fc from 'fast-check';
import { parseMapping } from '../../../src/sink/mapping/parse-mapping.ts';

/** A declaration, as JSON. */
export type Declared = Record<string, unknown>;

/** Where the events are in a decoded value. */
export type Levels =
  | 'none'
  | 'list'
  | 'root'
  | 'keyed'
  | 'nested'
  | 'nestedKeyed'
  | 'deep'
  | 'pointer'
  | 'opened'
  | 'documents'
  | 'matrix'
  | 'scalars';

/** Form of the time of an event. */
export type TimeForm = 's' | 'ms' | 'us' | 'ns' | 'iso8601' | 'auto';

/** How a value is packed before it is opened. */
export type Packing = readonly ('base64' | 'hex' | 'gzip' | 'zlib' | 'json')[];

/** A mapping, and what events must look like to fit it. */
export interface Plan {
  readonly declared: Declared;
  readonly levels: Levels;
  readonly timeForm: TimeForm;
  /** Steps of the opened value; `undefined` if nothing is opened. */
  readonly packing: Packing | undefined;
}

const LEVELS: Readonly<Record<Levels, readonly unknown[] | undefined>> = {
  none: undefined,
  list: ['list', { path: 'list', missing: 'ignore' }, { path: 'list', as: 'row' }],
  root: ['$root.list'],
  keyed: [
    { path: 'keyed', each: 'member', as: 'row' },
    { path: 'keyed', each: 'member', missing: 'ignore' },
  ],
  nested: [
    [{ path: 'list', as: 'outer' }, 'rows'],
    [
      { path: 'list', as: 'outer', missing: 'ignore' },
      { path: 'rows', as: 'row', missing: 'ignore' },
    ],
  ],
  nestedKeyed: [
    [
      { path: 'keyed', each: 'member', as: 'outer' },
      { path: 'rows', as: 'row' },
    ],
    [
      { path: 'list', as: 'outer' },
      { path: 'cells', each: 'member' },
    ],
  ],
  deep: [
    [
      { path: 'list', as: 'outer' },
      { path: 'rows', as: 'row', missing: 'ignore' },
      { path: 'cells', each: 'member', as: 'cell' },
    ],
  ],
  pointer: ['/a.b/c~1d', { path: '/a.b/c~1d', as: 'row' }],
  documents: [
    [{ path: 'list', as: 'outer', open: [{ path: 'doc', decode: ['json'], as: 'doc' }] }, '$doc.rows'],
    { path: 'list', as: 'outer', open: [{ path: '$outer.doc', decode: ['json'], as: 'doc', optional: true }] },
    [
      { path: 'list', as: 'outer', open: [{ path: 'doc', decode: ['json'], as: 'doc' }] },
      {
        path: '$doc.rows',
        as: 'row',
        missing: 'ignore',
        open: [{ path: 's', decode: 'text', as: 'more', optional: true }],
      },
    ],
  ],
  opened: ['$payload.rows', { path: '$payload.rows', as: 'row' }],
  matrix: [
    ['matrix', '$value'],
    [
      { path: 'matrix', as: 'outer' },
      { path: '$value', as: 'row' },
    ],
  ],
  scalars: ['numbers', { path: 'numbers', as: 'row' }],
};

const optional = <T>(arbitrary: fc.Arbitrary<T>, weight = 1): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight, arbitrary }, { weight: 1, arbitrary: fc.constant(undefined) });

const decodes = {
  hex: { path: 'hex', decode: ['hex', 'text'] },
  base64: { path: 'b64', decode: ['base64', 'text'] },
  number: { path: 'b64n', decode: ['base64', 'json'] },
  gzip: { path: 'gz', decode: ['base64', 'gzip', 'text'] },
} as const;

/** Paths to what surrounds an event, which exist for these levels. */
const surroundings = (levels: Levels, isOpened: boolean): readonly string[] => [
  ...['$index', '$root.site', '$message.id', '$message.attributes.region', '$message.groupId', '$envelope.time'],
  ...(levels === 'nested' || levels === 'nestedKeyed' || levels === 'deep' ? ['$outer.id', '$outer.$index'] : []),
  ...(levels === 'keyed' || levels === 'nestedKeyed' || levels === 'deep' ? ['$key'] : []),
  ...(levels === 'documents' ? ['$outer.id', '$doc.id'] : []),
  ...(isOpened ? ['$payload.inner', '$payload.id', '$more.x'] : []),
];

const tagsOf = (around: readonly string[]): fc.Arbitrary<Declared> => {
  const place = fc.constantFrom(...around);
  return fc.record(
    {
      t1: fc.constantFrom<unknown>(
        's',
        ['x', 's'],
        { path: 's', default: 'none, of=all' },
        'b',
        { path: 's', required: true },
        'n',
      ),
      t2: fc.constantFrom<unknown>(
        { value: 'prod' },
        { value: 7 },
        { text: '{s}-{kind}' },
        { text: ['{x}/{none}', '{{{kind}}}', '{s}'] },
        ...Object.values(decodes),
      ),
      t3: fc.oneof(
        place,
        place.map((path) => ({ text: `{kind} {${path}}` })),
      ),
      t4: place,
      '*': wildcards,
    },
    { requiredKeys: [] },
  );
};

const patterns = fc.constantFrom<unknown>(['a*', 'time'], ['temp*', 'n1'], 'b', ['debug_*']);

const wildcard: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom('o', 'free', '$root.meta', '$message.attributes'),
  fc.record(
    {
      path: fc.constantFrom('o', 'free', 'deep.o', '$root.meta'),
      flatten: fc.constantFrom('_', '.', ''),
      arrays: fc.constantFrom('index', 'ignore'),
      except: patterns,
      only: patterns,
      prefix: fc.constantFrom('p_', 'x y', ''),
    },
    { requiredKeys: ['path', 'flatten'] },
  ),
  fc.record(
    {
      pairs: fc.constantFrom('pairs', 'list', 'o'),
      name: fc.constantFrom<unknown>('k', ['k', 'name']),
      value: fc.constantFrom<unknown>('v', ['v.s', 'v.n', 'v']),
      prefix: fc.constantFrom('q_', ''),
      except: patterns,
    },
    { requiredKeys: ['pairs', 'name', 'value'] },
  ),
);

const wildcards = fc.oneof(wildcard, fc.tuple(wildcard, wildcard));

const linear = fc.record(
  { scale: fc.constantFrom(0.1, 10, -0.5, 1e-7, 1e-300, 3), offset: fc.constantFrom(-40, 0.1, 273.15) },
  { requiredKeys: [] },
);

const fieldsOf = (around: readonly string[]): fc.Arbitrary<Declared> =>
  fc.record(
    {
      f1: fc.oneof(
        fc.constantFrom<unknown>('n', ['none', 'n'], { path: 'n', exact: true }, { path: 'x', default: 5 }),
        linear.map((changes) => ({ path: 'n', ...changes })),
        linear.map((changes) => ({ path: 'x', exact: true, ...changes })),
      ),
      f2: fc.oneof(
        fc.constantFrom<unknown>({ path: 'i', type: 'integer' }, { path: 'x', type: 'integer', default: 0 }),
        fc
          .constantFrom({ scale: 10 }, { offset: -40 }, { scale: 0.5, offset: 0.5 })
          .map((changes) => ({ path: 'i', type: 'integer', ...changes })),
      ),
      f3: fc.constantFrom<unknown>(
        { path: 'x', byType: { number: 'xn', string: 'xs', boolean: 'xb' } },
        { path: 'x', byType: { number: 'xn' } },
        { path: 'x', byText: { number: 'xn', other: 'xs' } },
        { path: 's', byText: { number: 'xn' } },
        { path: 'kind', lookup: { up: 1, down: 0 } },
        { path: 'kind', lookup: { up: 'yes', down: 'no', '1': 'one' }, otherwise: 'omit' },
        { path: 'b', lookup: { true: true, false: false }, otherwise: 'refuse' },
      ),
      f4: fc.constantFrom<unknown>(
        { path: 's', type: 'string' },
        { path: 's', type: 'string', default: 'none' },
        { path: 'b', type: 'boolean' },
        { path: 'x', type: 'boolean', default: false },
      ),
      f5: fc.constantFrom<unknown>(
        { value: 1.5 },
        { value: 'fixed', type: 'string' },
        { value: 3, type: 'integer' },
        { text: '{s}:{n}', type: 'string' },
        { text: ['{none}', '{kind}={i}'], type: 'string' },
        { ...decodes.hex, type: 'string' },
        { ...decodes.base64, type: 'string' },
        decodes.number,
        { ...decodes.number, scale: 0.1 },
        { ...decodes.gzip, type: 'string' },
      ),
      f6: fc.constantFrom(...around).map((path) => ({ path, type: 'string' })),
      '*': wildcards,
    },
    { requiredKeys: [] },
  );

const timestampOf = (form: TimeForm): fc.Arbitrary<unknown> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .record(
          {
            zone: fc.constantFrom('Europe/Berlin', '+05:30', 'America/New_York'),
            plus: fc.constantFrom<unknown>({ path: 'off', precision: 'ns' }, { path: 'off', precision: 's' }, 'off'),
            missing: fc.constantFrom('message', 'refuse'),
            invalid: fc.constantFrom('message', 'refuse'),
            implausible: fc.constantFrom('write', 'refuse', 'message'),
            spread: fc.boolean(),
          },
          { requiredKeys: [] },
        )
        .map(({ zone, ...more }) => ({
          path: 'ts',
          precision: form,
          ...more,
          ...(zone !== undefined && (form === 'iso8601' || form === 'auto') ? { zone } : {}),
        })),
    },
    { weight: 1, arbitrary: fc.constant({ path: 'ts', precision: form }) },
    { weight: 1, arbitrary: fc.constant({ path: 'none', missing: 'message' }) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );

/** Policies that a mapping has at the top or in a rule. */
export const policies: fc.Arbitrary<Declared> = fc.record(
  {
    nulls: fc.constantFrom('ignore', 'refuse'),
    nullTexts: fc.constantFrom(['unavailable', 'NaN', ''], ['null', '7'], []),
    mismatch: fc.constantFrom<unknown>('refuse', 'coerce', 'omit', 'omit', ['coerce', 'omit'], ['coerce', 'omit']),
    nonFinite: fc.constantFrom('refuse', 'omit', 'omit'),
    newlines: fc.constantFrom('escape', 'escape', 'refuse'),
    names: fc.constantFrom('refuse', 'repair', 'repair'),
  },
  { requiredKeys: [] },
);

const shared: fc.Arbitrary<Declared> = fc
  .tuple(
    policies,
    fc.record(
      {
        otherFields: fc.constantFrom<unknown>(
          'include',
          { except: ['ts', 'debug_*'] },
          { flatten: '_', arrays: 'index' },
          { only: ['a*', 'temp*', 'x'] },
        ),
        onlyDefaults: fc.constantFrom('write', 'refuse'),
        noFields: fc.constantFrom('drop', 'refuse'),
        database: fc.constantFrom<unknown>(
          undefined,
          'other',
          'more',
          { path: '$root.site', allow: ['north', 'south'], default: 'north' },
          { path: 'kind', allow: ['up', 'down'], default: 'left' },
        ),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([values, more]) => ({ ...values, ...more }));

const measurementOf = (rule: number): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(`m${rule}`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<unknown>(
        { path: 'kind', prefix: `m${rule} `, default: 'none' },
        { path: 'x', prefix: `m${rule}_` },
        { text: `m${rule} {kind}/{s}`, default: 'none', replace: { ' ': '_', '/': '_', ',': '' } },
        { ...decodes.base64, prefix: `m${rule}`, default: 'none' },
      ),
    },
  );

const condition = (around: readonly string[]): fc.Arbitrary<unknown> => {
  const test = fc.oneof(
    fc.constantFrom<unknown>(
      { path: 'kind', equals: 'up' },
      { path: 'kind', in: ['up', 'down', null] },
      { path: 'kind', type: 'string' },
      { path: 'n', type: 'number' },
      { path: 'x', type: 'number' },
      { path: 'x', type: 'string' },
      { path: 's', startsWith: 'n' },
      { path: 'o', exists: true },
      { path: ['none', 'n'], equals: 7 },
      { path: '$index', in: [0, 1] },
    ),
    fc.constantFrom(...around).map((path) => ({ path, exists: true })),
  );
  return fc.oneof(
    { weight: 4, arbitrary: test },
    { weight: 1, arbitrary: fc.array(test, { minLength: 1, maxLength: 2 }).map((all) => ({ all })) },
    { weight: 1, arbitrary: fc.array(test, { minLength: 1, maxLength: 2 }).map((any) => ({ any })) },
    { weight: 1, arbitrary: test.map((not) => ({ not })) },
  );
};

/** Tags, fields and times of events that are objects. */
const objectColumns = (around: readonly string[], form: TimeForm): fc.Arbitrary<Declared> =>
  fc.record({ tags: tagsOf(around), fields: fieldsOf(around), timestamp: timestampOf(form) });

/** Tags, fields and times of events that are arrays or scalars. */
const elementColumns = (levels: Levels, around: readonly string[], form: TimeForm): fc.Arbitrary<Declared> =>
  levels === 'matrix'
    ? fc.record({
        tags: fc.constantFrom<unknown>({ t: '2', i: '$index' }, { t: '$root.site' }, {}),
        fields: fc.constantFrom<unknown>(
          { v: '0', w: { path: '2', byType: { number: 'wn', string: 'ws', boolean: 'wb' } } },
          { '*': { path: '$value', flatten: '_', arrays: 'index', prefix: 'c' } },
          { v: { path: '0', scale: 0.1 } },
        ),
        timestamp: timestampOf(form).map((time) =>
          typeof time === 'object' && time !== null ? { ...time, path: '1' } : time,
        ),
      })
    : fc.record({
        tags: fc.constantFrom(...around).map((path) => ({ t: path })),
        fields: fc.constantFrom<unknown>(
          { v: { path: '$value', byType: { number: 'vn', string: 'vs', boolean: 'vb' } } },
          { v: { path: '$value', byText: { number: 'vn', other: 'vs' } } },
          { v: '$value' },
        ),
        timestamp: fc.constant(undefined),
      });

const MATCHES_ALL: Declared = { otherFields: { only: ['n', 's', 'x'] } };

const TOLERANT: Declared = { mismatch: ['coerce', 'omit'], nonFinite: 'omit', names: 'repair', database: undefined };

/** Returns a rule under which few events are refused. */
const tolerant = (rule: Declared): Declared => ({
  ...rule,
  ...TOLERANT,
  ...(typeof rule.timestamp === 'object'
    ? { timestamp: { ...rule.timestamp, missing: 'message', invalid: 'message' } }
    : {}),
});

const ruleOf = (rule: number, levels: Levels, isOpened: boolean, form: TimeForm): fc.Arbitrary<Declared> => {
  const around = surroundings(levels, isOpened).filter((path) => levels !== 'matrix' || path !== '$key');
  const isElement = levels === 'matrix' || levels === 'scalars';
  return fc
    .record({
      when: optional(condition(around)),
      also: fc.constantFrom(true, undefined, undefined),
      measurement: measurementOf(rule),
      columns: isElement ? elementColumns(levels, around, form) : objectColumns(around, form),
      shared: isElement ? policies : shared,
      isPlain: fc.boolean(),
      isTolerant: fc.constantFrom(true, true, false),
    })
    .map(({ columns, shared: own, isPlain, isTolerant, ...more }) => {
      const hasFields = Object.keys(columns.fields as object).length > 0 || (!isPlain && own.otherFields !== undefined);
      const declared = { ...(isPlain ? {} : own), ...more, ...columns, ...(hasFields ? {} : MATCHES_ALL) };
      return isTolerant ? tolerant(declared) : declared;
    });
};

/** Mappings of paths. */
const pathPlans: fc.Arbitrary<Plan> = fc
  .record({
    levels: fc.constantFrom(...(Object.keys(LEVELS) as Levels[])),
    timeForm: fc.constantFrom<TimeForm>('s', 'ms', 'ms', 'us', 'ns', 'iso8601', 'auto'),
    packing: optional(
      fc.constantFrom<Packing>(
        ['base64', 'json'],
        ['base64', 'gzip', 'json'],
        ['base64', 'zlib', 'json'],
        ['hex', 'json'],
        ['hex', 'gzip', 'json'],
        ['json'],
      ),
    ),
    optionalOpen: fc.boolean(),
    opensTwice: fc.boolean(),
    isShared: fc.boolean(),
    count: fc.constantFrom(1, 1, 2, 3),
    dropAt: optional(fc.nat({ max: 2 })),
    top: shared,
  })
  .chain((choice) => {
    const { levels, timeForm, count } = choice;
    const packing = levels === 'opened' ? (choice.packing ?? ['base64', 'json']) : choice.packing;
    const events =
      LEVELS[levels] === undefined ? fc.constant(undefined) : fc.constantFrom(...(LEVELS[levels] as unknown[]));
    const around = surroundings(levels, packing !== undefined);
    const rules = Array.from({ length: count }, (_, rule) => ruleOf(rule, levels, packing !== undefined, timeForm));
    return fc.tuple(events, fc.tuple(...rules), condition(around)).map(([level, list, dropWhen]): Plan => {
      const { isShared, dropAt, optionalOpen, opensTwice, top } = choice;
      const isSeveral =
        count > 1 || isShared || list.some(({ also, when }) => also !== undefined || when !== undefined);
      const topOfElements = levels === 'matrix' || levels === 'scalars' ? {} : top;
      const open =
        packing === undefined
          ? undefined
          : [
              { path: 'packed', decode: packing, as: 'payload', optional: optionalOpen },
              ...(opensTwice ? [{ path: '$payload.text', decode: ['json'], as: 'more', optional: true }] : []),
              ...(opensTwice ? [] : [{ path: 'text', decode: ['json'], as: 'more', optional: true }]),
            ];
      if (!isSeveral) return { declared: { version: 1, open, events: level, ...list[0] }, levels, timeForm, packing };
      const mappings: Declared[] = list.map((rule, index) => ({
        ...rule,
        events: isShared ? undefined : level,
        // Only the last rule may take every event.
        ...(index < list.length - 1 && rule.when === undefined ? { also: true } : {}),
      }));
      if (dropAt !== undefined)
        mappings.splice(Math.min(dropAt, mappings.length - 1), 0, {
          when: isShared ? dropWhen : { path: 'site', equals: 'south' },
          drop: true,
        });
      return {
        declared: { version: 1, open, events: isShared ? level : undefined, ...topOfElements, mappings },
        levels,
        timeForm,
        packing,
      };
    });
  })
  .map((plan) => ({ ...plan, declared: JSON.parse(JSON.stringify(plan.declared)) }));

/** Returns the faults of a declaration. */
export const faultsOf = (declared: Declared): readonly string[] => {
  const read = parseMapping(declared);
  return 'faults' in read ? read.faults : [];
};

/** Plans whose mapping has no fault. Few of the generated declarations have one. */
export const plans: fc.Arbitrary<Plan> = pathPlans.filter(({ declared }) => faultsOf(declared).length === 0);
