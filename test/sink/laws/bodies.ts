/** Generates bodies whose events fit a generated mapping closely enough that most become lines. */

import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Input } from '../../../src/sink/decode/decode-options.ts';
import {
  fromEntries,
  namedNumbers,
  numbers,
  objects,
  oddNames,
  scalars,
  textOf,
  texts,
  type Value,
  values,
  Written,
} from './json-text.ts';
import type { Levels, Packing, Plan, TimeForm } from './mappings.ts';

/** The time around which events are. */
const NEAR_MS = 1_780_000_000_000;

const places = { s: 0, ms: 3, us: 6, ns: 9 } as const;

const isoTime: fc.Arbitrary<Value> = fc
  .record({
    ms: fc.integer({ min: NEAR_MS - 40_000_000_000, max: NEAR_MS + 20_000_000_000 }),
    fraction: fc.constantFrom('', '', '.5', ',25', '.123456789', '.1234567890', '.1234567891'),
    zone: fc.constantFrom('Z', 'Z', 'z', ' UTC', '+02:00', '-0330', '+05', '', '', '[UTC]'),
    separator: fc.constantFrom('T', 't', ' '),
  })
  .map(({ ms, fraction, zone, separator }) => {
    const [date = '', time = ''] = new Date(ms).toISOString().split('T');
    return `${date}${separator}${time.slice(0, 8)}${fraction}${zone}`;
  });

const numericTime = (unit: keyof typeof places): fc.Arbitrary<Value> =>
  fc
    .record({
      ms: fc.integer({ min: NEAR_MS - 1_000_000, max: NEAR_MS + 1_000_000 }),
      rest: fc.integer({ min: 0, max: 999_999 }),
      fraction: fc.constantFrom('', '', '', '', unit === 'ns' ? '.0' : '.5', '.0', '.1234567891'),
      isText: fc.boolean(),
    })
    .map(({ ms, rest, fraction, isText }) => {
      const nanos = `${ms}${String(rest).padStart(6, '0')}`;
      const text = nanos.slice(0, nanos.length - 9 + places[unit]) + fraction;
      return isText ? text : new Written(text);
    });

const usualTime = (form: TimeForm): fc.Arbitrary<Value> => {
  if (form === 'iso8601') return isoTime;
  return form === 'auto'
    ? fc.oneof(isoTime, ...(['s', 'ms', 'us', 'ns'] as const).map(numericTime))
    : numericTime(form);
};

const times = (form: TimeForm): fc.Arbitrary<Value> =>
  fc.oneof(
    { weight: 10, arbitrary: usualTime(form) },
    { weight: 1, arbitrary: values },
    { weight: 1, arbitrary: numbers },
  );

/** Returns a value as text of the steps that a mapping decodes. */
const pack = (text: string, steps: Packing): string => {
  let value: string | Buffer = text;
  for (const step of steps.toReversed()) {
    const bytes: Buffer = Buffer.isBuffer(value) ? value : Buffer.from(value);
    if (step === 'gzip') value = gzipSync(bytes);
    else if (step === 'zlib') value = deflateSync(bytes);
    else if (step !== 'json') value = bytes.toString(step);
  }
  return value.toString();
};

const packed = (steps: Packing): fc.Arbitrary<Value> =>
  fc.oneof(
    { weight: 8, arbitrary: texts.map((text) => pack(text.toWellFormed(), steps)) },
    { weight: 1, arbitrary: fc.constantFrom('????', '', 'SGFsbG8', '_-8=', 'abc') },
  );

const pair: fc.Arbitrary<Value> = fc.record(
  {
    k: fc.oneof({ weight: 5, arbitrary: fc.constantFrom('a', 'b', 'temp', 'c d') }, { weight: 1, arbitrary: scalars }),
    name: fc.constantFrom('n1', 'n2'),
    v: fc.oneof(scalars, fc.record({ s: texts, n: numbers }, { requiredKeys: [] })),
  },
  { requiredKeys: [] },
);

/** Values of one pool, so that an event costs one choice per member. */
const POOL_SIZE = 500;
const POOL_SEED = 42;

/** Returns an arbitrary that chooses from values that the given one has generated. */
const pooled = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.constantFrom(...fc.sample(arbitrary, { numRuns: POOL_SIZE, seed: POOL_SEED }));

const mostly = (usual: fc.Arbitrary<Value>, odd: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  pooled(fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: odd }));

const anyValue = pooled(values);
const anyObject = pooled(objects);
const anyScalar = pooled(scalars);

/** Members that the generated mappings read, except the time. */
const MEMBERS: Readonly<Record<string, fc.Arbitrary<Value>>> = {
  n: mostly(numbers, values),
  i: mostly(
    fc.integer().map((n) => new Written(String(n))),
    scalars,
  ),
  b: mostly(fc.boolean(), scalars),
  s: mostly(texts, values),
  x: mostly(scalars, values),
  kind: mostly(fc.constantFrom('up', 'down', 'left'), scalars),
  off: mostly(
    fc.constantFrom('5', '-3', '1000').map((text) => new Written(text)),
    scalars,
  ),
  hex: pooled(packed(['hex'])),
  b64: pooled(packed(['base64'])),
  b64n: pooled(
    fc
      .oneof({ weight: 8, arbitrary: numbers }, { weight: 1, arbitrary: values })
      .map((value) => pack(textOf(value).toWellFormed(), ['base64'])),
  ),
  gz: pooled(packed(['base64', 'gzip'])),
  o: anyObject,
  deep: pooled(fc.record({ o: objects })),
  free: anyObject,
  pairs: pooled(fc.array(pair, { maxLength: 3 })),
  text: pooled(
    fc.oneof(
      objects.map((value) => textOf(value)),
      texts,
    ),
  ),
};

const cached = <T>(create: (form: TimeForm) => T): ((form: TimeForm) => T) => {
  const known = new Map<TimeForm, T>();
  return (form) => {
    const found = known.get(form) ?? create(form);
    known.set(form, found);
    return found;
  };
};

const timesOf = cached((form) => pooled(times(form)));

const oddMembers = pooled(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<[string, Value][]>([]) },
    { weight: 1, arbitrary: fc.array(fc.tuple(oddNames, values), { maxLength: 2 }) },
  ),
);

const objectEvent = cached((form) =>
  fc
    .tuple(
      fc.record<Record<string, Value>, string>(
        { ts: timesOf(form), ...MEMBERS },
        { requiredKeys: ['n', 's', 'kind', 'i'] },
      ),
      oddMembers,
    )
    .map(([usual, odd]): Value => fromEntries([...Object.entries(usual as Record<string, Value>), ...odd])),
);

/** Events of which a few are of another type. */
const eventOf = cached((form) =>
  fc.oneof({ weight: 40, arbitrary: objectEvent(form) }, { weight: 1, arbitrary: anyValue }),
);

const arrayEvent = cached((form) =>
  fc.oneof(
    { weight: 20, arbitrary: fc.tuple(MEMBERS.n as fc.Arbitrary<Value>, timesOf(form), anyScalar) },
    { weight: 1, arbitrary: anyValue },
  ),
);

/** Arrays of events; some are empty or absent. */
const listOf = (event: fc.Arbitrary<Value>, most: number): fc.Arbitrary<Value> =>
  fc.oneof(
    { weight: 16, arbitrary: fc.array(event, { minLength: 1, maxLength: most }) },
    { weight: 1, arbitrary: fc.constantFrom<Value>([], null, 'none') },
  );

const keyedOf = (event: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof(
    {
      weight: 16,
      arbitrary: fc
        .array(fc.tuple(fc.oneof(fc.constantFrom('dev-a', 'dev-b', '7', '3'), oddNames), event), {
          minLength: 1,
          maxLength: 3,
        })
        .map((entries) => fromEntries(entries)),
    },
    { weight: 1, arbitrary: fc.constantFrom<Value>({}, null, []) },
  );

const outerOf = (member: string, inner: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.tuple(inner, anyScalar).map(([value, id]): Value => ({ id, [member]: value })) },
    { weight: 1, arbitrary: anyValue },
  );

/** Members of the decoded value that contain the events. */
const containers = (levels: Levels, form: TimeForm, most: number): fc.Arbitrary<{ [name: string]: Value }> => {
  const event = eventOf(form);
  const list = listOf(event, most);
  switch (levels) {
    case 'list':
    case 'root':
      return fc.record({ list });
    case 'keyed':
      return fc.record({ keyed: keyedOf(event) });
    case 'nested':
      return fc.record({ list: listOf(outerOf('rows', list), 3) });
    case 'nestedKeyed':
      return fc.record({
        keyed: keyedOf(outerOf('rows', list)),
        list: listOf(outerOf('cells', keyedOf(event)), 3),
      });
    case 'deep':
      return fc.record({ list: listOf(outerOf('rows', listOf(outerOf('cells', keyedOf(event)), 2)), 2) });
    case 'pointer':
      return fc.record({ 'a.b': list.map((value): Value => ({ 'c/d': value })) });
    case 'matrix':
      return fc.record({ matrix: listOf(listOf(arrayEvent(form), most), 3) });
    case 'scalars':
      return fc.record({ numbers: listOf(anyScalar, most) });
    case 'documents': {
      const document = fc.record({ rows: list, id: anyScalar }).map(textOf);
      const element = fc.tuple(event, anyScalar, fc.oneof({ weight: 12, arbitrary: document }, anyValue));
      return fc.record({
        list: listOf(
          element.map(([own, id, doc]): Value => ({ ...(own as object), id, doc })),
          3,
        ),
      });
    }
    case 'none':
    case 'opened':
      return fc.constant({});
  }
};

const site = mostly(fc.constantFrom('north', 'south'), scalars);
const objectText = pooled(objects.map((value) => textOf(value)));

/** Decoded values. */
const roots = ({ levels, timeForm, packing }: Plan, most: number): fc.Arbitrary<Value> => {
  const around = fc.record({ site, meta: anyObject, text: objectText }, { requiredKeys: [] });
  const payload =
    packing === undefined
      ? fc.constant(undefined)
      : fc
          .record({ rows: listOf(eventOf(timeForm), most), inner: anyScalar, id: anyScalar, text: objectText })
          .map((value) => pack(textOf(value), packing));
  const own = levels === 'none' ? objectEvent(timeForm) : fc.constant<Value>({});
  return fc
    .tuple(around, containers(levels, timeForm, most), own, payload, fc.nat({ max: 15 }))
    .map(([more, inner, event, opened, hole]) => ({
      ...(more as object),
      ...(event as object),
      ...inner,
      ...(opened === undefined || hole === 0 ? {} : { packed: hole === 1 ? `?${opened}` : opened }),
    }));
};

/** How the decoded values are arranged in a body. */
const LAYOUTS = ['single', 'array', 'lines', 'documents', 'arrays'] as const;
/** Envelopes around a body. */
const ENVELOPES = ['none', 'sns', 'eventbridge', 'eventbridge in sns', 'gzip in sns', 'text in sns'] as const;
/** How a body is packed. */
const PACKINGS = ['none', 'gzip', 'zlib', 'base64', 'json text'] as const;

/** A body and a format that it has. */
export interface Body {
  readonly text: string;
  readonly input: Input;
}

const SNS = (inner: string): string =>
  `{"Type":"Notification", "TopicArn":"arn:t","Message" : ${JSON.stringify(inner)},"MessageAttributes":{"region":{"Type":"String","Value":"from-sns"}}}`;
const EVENT_BRIDGE = (detail: string): string =>
  `{"detail-type":"reading","source":"app","time":"2026-01-02T03:04:05Z","detail" : ${detail} ,"region":"r"}`;

const arranged = (units: readonly string[], layout: (typeof LAYOUTS)[number]): string => {
  if (layout === 'array') return `[ ${units.join(' ,')} ]`;
  if (layout === 'lines') return units.join('\n\n');
  if (layout === 'arrays') return `[ ${units.slice(1).join(' ,')} ]\n[${units[0]}]`;
  return layout === 'documents' ? units.join(' ') : (units[0] as string);
};

const enveloped = (text: string, envelope: (typeof ENVELOPES)[number]): string => {
  switch (envelope) {
    case 'none':
      return text;
    case 'sns':
      return SNS(text);
    case 'eventbridge':
      return EVENT_BRIDGE(text);
    case 'eventbridge in sns':
      return SNS(EVENT_BRIDGE(text));
    case 'gzip in sns':
      return SNS(gzipSync(text).toString('base64'));
    case 'text in sns':
      return SNS(JSON.stringify(text));
  }
};

const packedBody = (text: string, packing: (typeof PACKINGS)[number]): string => {
  switch (packing) {
    case 'none':
      return text;
    case 'gzip':
      return gzipSync(text).toString('base64');
    case 'zlib':
      return deflateSync(text).toString('base64url');
    case 'base64':
      return Buffer.from(text).toString('base64');
    case 'json text':
      return JSON.stringify(text);
  }
};

const INPUTS: Readonly<Partial<Record<string, Input>>> = {
  'lines none none': 'ndjson',
  'array none none': 'json',
  'single none none': 'json',
  'array none gzip': 'gzip',
  'lines none gzip': 'gzip',
  'array none base64': 'base64',
  'array sns none': 'sns',
  'lines sns none': 'sns',
  'array gzip in sns none': 'sns',
  'single eventbridge none': 'eventbridge',
};

/** Returns bodies that contain these texts of decoded values, in every form. */
export const bodiesFrom = (units: fc.Arbitrary<readonly string[]>): fc.Arbitrary<Body> =>
  fc
    .record({
      units,
      layout: fc.constantFrom(...LAYOUTS),
      envelope: fc.constantFrom(...ENVELOPES, 'none' as const, 'none' as const),
      packing: fc.constantFrom(...PACKINGS, 'none' as const, 'none' as const, 'none' as const),
      isDeclared: fc.boolean(),
    })
    .map(({ units: list, layout: given, envelope, packing, isDeclared }) => {
      // The detail of an event of EventBridge is one object.
      const layout = envelope.startsWith('eventbridge') ? 'single' : given;
      const form = `${layout} ${envelope} ${packing}`;
      const text = packedBody(enveloped(arranged(list, layout), envelope), packing);
      return { text, input: (isDeclared ? INPUTS[form] : undefined) ?? 'auto' };
    });

/**
 * Returns bodies for a mapping.
 *
 * @param most - Events of one array, at most.
 */
export const bodiesOf = (plan: Plan, most: number): fc.Arbitrary<Body> =>
  bodiesFrom(
    fc
      .record({
        list: fc.array(roots(plan, most), { minLength: 1, maxLength: 4 }),
        space: fc.constantFrom('', '', ' '),
        // A name such as NaN in one number of the body.
        named: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: namedNumbers }),
      })
      .map(({ list, space, named }) =>
        list.map((root, index) => {
          const text = textOf(root, space);
          return named === undefined || index > 0 ? text : text.replace(/("n" ?:)(-?\d[\d.eE+-]*)/, `$1${named}`);
        }),
      ),
  );
