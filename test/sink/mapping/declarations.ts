/** Generates declarations of mappings from a grammar of the whole language, and mutates them. */

import fc from 'fast-check';
import { CONFLICT_POLICIES, FIELD_TYPES } from '../../../src/sink/mapping/mapping.ts';
import { PRESETS } from '../../../src/sink/presets/presets.ts';
import { NUMERIC_PRECISIONS } from '../../../src/sink/time/timestamp.ts';

/** A JSON object. */
type Declared = Record<string, unknown>;

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

/** Generates an object with the required members, and some of the optional ones. */
const object = (
  required: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  others: Readonly<Record<string, fc.Arbitrary<unknown>>> = {},
): fc.Arbitrary<Declared> =>
  fc.record({
    ...required,
    ...Object.fromEntries(Object.entries(others).map(([name, value]) => [name, optional(value)])),
  }) as fc.Arbitrary<Declared>;

const oneOrMore = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> =>
  fc.oneof(arbitrary, fc.array(arbitrary, { minLength: 1, maxLength: 3 }));

const name = fc.constantFrom('a', 'b', 'temp', 'p99.9', 'Größe', 'a b', 'x-y', 'n_1');
const step = fc.constantFrom('a', 'b', '0', 'two words', '$inner', 'x*', 'é');
const steps = fc.oneof(
  fc.array(step, { minLength: 1, maxLength: 3 }).map((all) => all.join('.')),
  fc
    .array(fc.constantFrom('a', 'b.c', 'x~1y', 'x~0y', '', '[0]', '*'), { minLength: 1 })
    .map((all) => `/${all.join('/')}`),
);
const inEvent = steps.filter((path) => !path.startsWith('$'));

/** Names that paths may begin with. */
interface Names {
  readonly levels: readonly string[];
  readonly opened: readonly string[];
  readonly hasKeys: boolean;
}

const NO_NAMES: Names = { levels: [], opened: [], hasKeys: false };

const below = (root: string): fc.Arbitrary<string> => steps.map((rest) => `${root}.${rest}`);

const belowName = (one: string): fc.Arbitrary<string> => inEvent.map((rest) => `$${one}.${rest}`);

/** Generates paths to single values. */
const pathWith = ({ levels, opened, hasKeys }: Names): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 5, arbitrary: inEvent },
    below('$root'),
    below('$envelope'),
    below('$value'),
    fc.constantFrom(
      '$value',
      '$index',
      '$message.id',
      '$message.sentAt',
      '$message.groupId',
      '$message.attributes.a.b',
    ),
    ...(hasKeys ? [fc.constant('$key')] : []),
    ...levels.flatMap((one) => [belowName(one), fc.constantFrom(`$${one}`, `$${one}.$index`)]),
    ...opened.flatMap((one) => [belowName(one), fc.constant(`$${one}`)]),
  );

/** Generates paths that may lead to objects. */
const anyPath = (names: Names): fc.Arbitrary<string> =>
  fc.oneof({ weight: 3, arbitrary: pathWith(names) }, fc.constantFrom('$root', '$envelope', '$message.attributes'));

const template = (names: Names): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.array(
        fc.oneof(
          fc.constantFrom('x', '-', '{{', '}}', ' '),
          pathWith(names)
            .filter((path) => !/[{}]/.test(path))
            .map((path) => `{${path}}`),
        ),
        { maxLength: 3 },
      ),
      inEvent,
    )
    .map(([parts, path]) => `${parts.join('')}{${path}}`);

const decode = (mayOpen: boolean): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.constantFrom(...(mayOpen ? ['json', 'text', ['text']] : ['json', ['json']])),
    fc
      .tuple(
        fc.constantFrom('base64', 'hex'),
        fc.array(fc.constantFrom('base64', 'gzip', 'zlib'), { maxLength: 2 }),
        fc.constantFrom('json', 'text'),
      )
      .map(([first, middle, last]) => [first, ...middle, last]),
  );

const scalar = fc.constantFrom<unknown>('on', '', 'a b', 0, 1, -2.5, true, false);
const valueFor = (type: string): fc.Arbitrary<unknown> =>
  ({
    float: fc.constantFrom<unknown>(0, 1.5, -3),
    integer: fc.constantFrom<unknown>(0, 7, -(2 ** 53) + 1),
    boolean: fc.constantFrom<unknown>(true, false),
    string: fc.constantFrom<unknown>('', 'on', 'a b'),
  })[type] ?? scalar;

const comparable = fc.constantFrom<unknown>('x', '', 0, 1.5, 1e-3, true, null);

const test = (names: Names): fc.Arbitrary<Declared> => {
  const paths = oneOrMore(pathWith(names));
  return fc.oneof(
    object({ path: paths, equals: comparable }),
    object({ path: paths, in: fc.array(comparable, { minLength: 1, maxLength: 3 }) }),
    object({ path: oneOrMore(anyPath(names)), exists: fc.boolean() }),
    object({
      path: oneOrMore(anyPath(names)),
      type: fc.constantFrom('string', 'number', 'boolean', 'null', 'object', 'array'),
    }),
    object({ path: paths, startsWith: fc.constantFrom('a', ' ') }),
  );
};

const condition = (names: Names, depth = 0): fc.Arbitrary<Declared> => {
  if (depth > 1) return test(names);
  const inner = condition(names, depth + 1);
  const list = fc.array(inner, { minLength: 1, maxLength: 2 });
  return fc.oneof(
    { weight: 3, arbitrary: test(names) },
    object({ all: list }),
    object({ any: list }),
    object({ not: inner }),
  );
};

const sourceWith = (names: Names): readonly fc.Arbitrary<Declared>[] => [
  object({ path: oneOrMore(pathWith(names)) }, { decode: decode(false) }),
  object({ text: oneOrMore(template(names)) }),
];

/** Joins the members of two generated objects. */
const joined = (one: fc.Arbitrary<Declared>, other: fc.Arbitrary<Declared>): fc.Arbitrary<Declared> =>
  fc.tuple(one, other).map(([a, b]) => ({ ...a, ...b }));

const tag = (names: Names): fc.Arbitrary<unknown> =>
  fc.oneof(
    oneOrMore(pathWith(names)),
    ...sourceWith(names).flatMap((source) => [
      joined(source, object({}, { default: fc.constantFrom('', 'x') })),
      joined(source, object({}, { required: fc.boolean() })),
    ]),
    object({ value: fc.constantFrom<unknown>('x', 5, true) }, { required: fc.constant(false) }),
  );

const ofPath = (names: Names): fc.Arbitrary<Declared> =>
  object({ path: oneOrMore(pathWith(names)) }, { decode: decode(false) });

const typed = fc.constantFrom(...FIELD_TYPES);

const field = (names: Names, suffix: string): fc.Arbitrary<unknown> =>
  fc.oneof(
    oneOrMore(pathWith(names)),
    typed.chain((type) => joined(ofPath(names), object({ type: fc.constant(type) }, { default: valueFor(type) }))),
    joined(ofPath(names), object({}, { default: valueFor('float'), exact: fc.boolean() })),
    joined(
      ofPath(names),
      object(
        { scale: fc.constantFrom<unknown>(0.1, -2) },
        { offset: fc.constantFrom<unknown>(0, 40), type: fc.constantFrom('float', 'integer') },
      ),
    ),
    joined(
      sourceWith(names)[1] as fc.Arbitrary<Declared>,
      object({}, { type: fc.constant('string'), default: valueFor('string') }),
    ),
    typed.chain((type) => object({ value: valueFor(type), type: fc.constant(type) })),
    object({ value: scalar }),
    fc.constantFrom(...FIELD_TYPES).chain((type) =>
      joined(
        fc.oneof(...sourceWith(names)),
        object(
          {
            lookup: fc.dictionary(fc.constantFrom('on', 'off', ''), valueFor(type), {
              minKeys: 1,
              noNullPrototype: true,
            }),
          },
          { otherwise: fc.constantFrom('refuse', 'omit') },
        ),
      ).map((one) => ({ ...one, type })),
    ),
    joined(
      ofPath(names),
      fc.record({
        byType: object(
          { number: fc.constant(`n${suffix}`) },
          { string: fc.constant(`s${suffix}`), boolean: fc.constant(`b${suffix}`) },
        ),
        default: optional(fc.constant(1)),
      }),
    ),
    joined(
      ofPath(names),
      fc.record({
        byText: object({ other: fc.constant(`o${suffix}`) }, { number: fc.constant(`n${suffix}`) }),
        default: optional(fc.constant('x')),
      }),
    ),
  );

const pattern = fc.constantFrom('a', 'debug*', '*');
const memberNames = {
  except: oneOrMore(pattern),
  only: fc.array(pattern),
  prefix: fc.constantFrom('', 'dev_'),
};
const nested = fc.oneof(
  object({}, { flatten: fc.constantFrom('_', ''), arrays: fc.constant('ignore') }),
  object({ flatten: fc.constant('_'), arrays: fc.constant('index') }),
);
const inPair = oneOrMore(fc.oneof(inEvent, below('$value'), fc.constant('$value')));

const members = (names: Names): fc.Arbitrary<unknown> =>
  oneOrMore(
    fc.oneof(
      anyPath(names) as fc.Arbitrary<unknown>,
      joined(joined(object({ path: anyPath(names) }), nested), object({}, memberNames)),
      object({ pairs: anyPath(names), name: inPair, value: inPair }, memberNames),
    ),
  );

/** Generates columns whose names are distinct. */
const columns = (
  role: string,
  one: (suffix: string) => fc.Arbitrary<unknown>,
  all: fc.Arbitrary<unknown>,
  minimum: number,
): fc.Arbitrary<Declared> =>
  fc.tuple(fc.uniqueArray(name, { minLength: minimum, maxLength: 3 }), optional(all)).chain(([found, wildcard]) =>
    fc.tuple(...found.map((_, index) => one(`_${role}${index}`))).map((values) => ({
      ...Object.fromEntries(found.map((text, index) => [`${role}_${text}`, values[index]])),
      ...(wildcard === undefined ? {} : { '*': wildcard }),
    })),
  );

const time = (names: Names): fc.Arbitrary<unknown> => {
  const more = {
    plus: fc.oneof(
      pathWith(names) as fc.Arbitrary<unknown>,
      object({ path: oneOrMore(pathWith(names)) }, { precision: fc.constantFrom(...NUMERIC_PRECISIONS) }),
    ),
    missing: fc.constantFrom('refuse', 'message'),
    invalid: fc.constantFrom('refuse', 'message'),
    implausible: fc.constantFrom('write', 'refuse', 'message'),
    spread: fc.boolean(),
  };
  return fc.oneof(
    oneOrMore(pathWith(names)),
    joined(ofPath(names), object({}, { precision: fc.constantFrom(...NUMERIC_PRECISIONS), ...more })),
    joined(
      ofPath(names),
      object(
        { precision: fc.constantFrom('iso8601', 'auto') },
        { zone: fc.constantFrom('Europe/Berlin', 'UTC', '+02:00', '-0330'), ...more },
      ),
    ),
  );
};

const measurement = (names: Names): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.constantFrom<unknown>('m', 'a measurement', 'Größe', '...'),
    ...sourceWith(names).map((source) =>
      joined(
        source,
        object(
          {},
          {
            prefix: fc.constantFrom('', 'host_'),
            default: fc.constant('other'),
            replace: fc.dictionary(fc.constantFrom('/', ' ', 'ab'), fc.constantFrom('_', ''), {
              noNullPrototype: true,
            }),
          },
        ),
      ),
    ),
  );

const target = (names: Names): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.constantFrom<unknown>('db', 'a b'),
    object(
      { path: oneOrMore(pathWith(names)), allow: fc.constantFrom(['n'], ['n', 's']) },
      { default: fc.constant('other') },
    ),
  );

const policies = {
  nulls: fc.constantFrom('ignore', 'refuse'),
  nullTexts: fc.array(fc.constantFrom('', 'NaN')),
  mismatch: fc.constantFrom<unknown>('refuse', 'coerce', 'omit', ['omit'], ['coerce', 'omit'], ['coerce', 'refuse']),
  nonFinite: fc.constantFrom('refuse', 'omit'),
  newlines: fc.constantFrom('escape', 'refuse'),
  names: fc.constantFrom('refuse', 'repair'),
  conflict: fc.constantFrom(...CONFLICT_POLICIES),
};

const otherFields = fc.oneof(fc.constantFrom<unknown>('ignore', 'include'), joined(nested, object({}, memberNames)));

const shared = (names: Names): Readonly<Record<string, fc.Arbitrary<unknown>>> => ({
  otherFields,
  onlyDefaults: fc.constantFrom('refuse', 'write'),
  noFields: fc.constantFrom('refuse', 'drop'),
  ...policies,
  database: target(names),
  retentionPolicy: target(names),
});

/** Levels of events with the names that they define. */
interface Levels {
  readonly declared: unknown;
  readonly names: Names;
}

const levelsAfter = (names: Names, prefix: string): fc.Arbitrary<Levels> => {
  const path = fc.oneof(
    inEvent,
    below('$root'),
    below('$value'),
    fc.constant('$value'),
    ...[...names.opened, ...names.levels].flatMap((one) => [fc.constant(`$${one}`), belowName(one)]),
  );
  const level = (index: number): fc.Arbitrary<unknown> =>
    fc.oneof(
      path as fc.Arbitrary<unknown>,
      object(
        { path },
        {
          each: fc.constantFrom('element', 'member'),
          as: fc.constant(`${prefix}${index}`),
          missing: fc.constantFrom('refuse', 'ignore'),
        },
      ),
    );
  return fc.oneof(level(0), fc.tuple(level(0)), fc.tuple(level(0), level(1))).map((declared) => {
    const all = (Array.isArray(declared) ? declared : [declared]) as readonly (string | Declared)[];
    const objects = all.filter((one) => typeof one === 'object');
    return {
      declared,
      names: {
        ...names,
        levels: [...names.levels, ...objects.flatMap(({ as }) => (typeof as === 'string' ? [as] : []))],
        hasKeys: names.hasKeys || objects.some(({ each }) => each === 'member'),
      },
    };
  });
};

/** A rule that writes points, without its `events`. */
const pointMembers = (names: Names): fc.Arbitrary<Declared> =>
  object(
    {
      measurement: measurement(names),
      fields: columns('f', (suffix) => field(names, suffix), members(names), 1),
    },
    {
      timestamp: time(names),
      tags: columns('t', () => tag(names), members(names), 0),
      ...shared(names),
    },
  );

const noLevels = (names: Names): Levels => ({ declared: undefined, names });

/** Generates a rule with the members that begin at its own levels. */
const pointRule = (names: Names, mayOpenLevels: boolean): fc.Arbitrary<Declared> =>
  fc
    .oneof(fc.constant(noLevels(names)), ...(mayOpenLevels ? [levelsAfter(names, 'inner')] : []))
    .chain((levels) => pointMembers(levels.names).map((rule) => ({ ...rule, events: levels.declared })));

const conditional = (names: Names, mayOpenLevels: boolean): fc.Arbitrary<Declared> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: joined(pointRule(names, mayOpenLevels), object({ when: condition(names) }, { also: fc.boolean() })),
    },
    joined(pointRule(names, mayOpenLevels), object({ also: fc.constant(true) }, { drop: fc.constant(false) })),
    object({ when: condition(names), drop: fc.constant(true) }),
  );

const last = (names: Names, mayOpenLevels: boolean): fc.Arbitrary<Declared> =>
  fc.oneof(conditional(names, mayOpenLevels), pointRule(names, mayOpenLevels), object({ drop: fc.constant(true) }));

/** Generates rules of distinct measurements, because two rules of one measurement must agree on its columns. */
const rules = (names: Names, mayOpenLevels: boolean, end = last(names, mayOpenLevels)): fc.Arbitrary<Declared[]> =>
  fc
    .tuple(fc.array(conditional(names, mayOpenLevels), { maxLength: 2 }), end)
    .map(([before, after]) =>
      [...before, after].map((rule, index) =>
        typeof rule.measurement === 'string' ? { ...rule, measurement: `${rule.measurement}${index}` } : rule,
      ),
    );

const opened = fc.constantFrom<unknown>(
  undefined,
  [],
  [{ path: 'payload', decode: ['base64', 'json'], as: 'payload' }],
  [
    { path: '$message.attributes.x', decode: 'json', as: 'payload', optional: true },
    { path: '$payload.inner', decode: ['text'], as: 'inner-1' },
  ],
);

const namesOf = (open: unknown): Names => ({
  ...NO_NAMES,
  opened: ((open ?? []) as readonly { readonly as: string }[]).map(({ as }) => as),
});

const top = object({ version: fc.constant(1) }, { $schema: fc.constant('./mapping.schema.json') });

/** Removes members that are undefined, as JSON does. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Generates mappings without faults. */
export const validMappings: fc.Arbitrary<Declared> = fc
  .oneof(
    opened.chain((open) =>
      joined(top, pointRule(namesOf(open), true)).map((mapping): Declared => ({ ...mapping, open })),
    ),
    opened.chain((open) => {
      const names = namesOf(open);
      return fc.oneof(fc.constant(noLevels(names)), levelsAfter(names, 'outer')).chain((levels) =>
        joined(
          joined(top, object({}, shared(names))),
          rules(levels.names, levels.declared === undefined).map((mappings) => ({
            mappings,
            open,
            events: levels.declared,
          })),
        ),
      );
    }),
    joined(
      top,
      object(
        { preset: fc.constantFrom(...Object.keys(PRESETS)) },
        {
          ...policies,
          database: target(NO_NAMES),
          retentionPolicy: target(NO_NAMES),
          mappings: rules(NO_NAMES, true, conditional(NO_NAMES, true)),
        },
      ),
    ),
  )
  .map(plain);

/** Values of every type, for members that expect another one. */
const ODD_VALUES: readonly unknown[] = [
  ...[null, true, false, 0, 1, -1, 2.5, 2 ** 53, '', 'x', '*', '$x', '$root', '$key', '$message.attributes'],
  ...['a..b', 'a[0].b', '$.a', '$message', 'time', 'a\nb', '{', '{a}', '#x', 'a/b', 'refuse', 'include', 'json'],
  ...[[], {}, [null], ['a', 1], ['a', 'b'], { path: 'a' }, { path: 5 }, { value: 1 }, { text: '{a}' }, { all: [] }],
];

/** Names of members in any place of the language, and one that has no place. */
const MEMBER_NAMES = [
  ...['path', 'text', 'value', 'decode', 'default', 'required', 'type', 'byType', 'byText', 'scale', 'offset'],
  ...['lookup', 'otherwise', 'exact', 'precision', 'zone', 'plus', 'missing', 'spread', 'prefix', 'replace', 'allow'],
  ...['when', 'also', 'drop', 'events', 'open', 'mappings', 'preset', 'measurement', 'timestamp', 'tags', 'fields'],
  ...['otherFields', 'nulls', 'nullTexts', 'mismatch', 'conflict', 'each', 'as', 'optional', 'all', 'any', 'not'],
  ...['equals', 'in', 'exists', 'startsWith', 'pairs', 'name', 'flatten', 'arrays', 'except', 'only', '*', 'other'],
];

/** A place in a JSON value: an object or array, and the name or index of a member. */
interface Place {
  readonly parent: Declared;
  readonly key: string;
}

const placesIn = (value: unknown, found: Place[] = []): readonly Place[] => {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push({ parent: value as Declared, key });
    placesIn((value as Declared)[key], found);
  }
  return found;
};

interface Mutation {
  readonly kind: 'replace' | 'remove' | 'add' | 'copy';
  readonly at: number;
  readonly from: number;
  readonly value: unknown;
  readonly name: string;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('replace', 'remove', 'add', 'copy'),
  at: fc.nat(),
  from: fc.nat(),
  value: fc.constantFrom(...ODD_VALUES),
  name: fc.constantFrom(...MEMBER_NAMES),
});

const mutated = (mapping: Declared, { kind, at, from, value, name }: Mutation): Declared => {
  const copy = plain(mapping);
  const places = placesIn(copy);
  const { parent, key } = places[at % places.length] ?? { parent: copy, key: 'version' };
  const other = places[from % places.length] ?? { parent: copy, key: 'version' };
  const copied = plain({ value: other.parent[other.key] }).value;
  if (kind === 'remove') {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  } else if (kind === 'replace') parent[key] = value;
  else if (kind === 'copy') parent[key] = copied;
  else if (Array.isArray(parent)) parent.push(value);
  else parent[name] = from % 2 === 0 ? value : copied;
  return plain(copy);
};

/** Generates mappings with one to three changes: other values, and missing, unknown, and additional members. */
export const mutatedMappings: fc.Arbitrary<Declared> = fc
  .tuple(validMappings, fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([mapping, mutations]) => mutations.reduce(mutated, mapping));
