/** Configuration: defaults, refused values, and the sentences of the faults. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Config, ConfigError, type EnvironmentVariables, readConfig } from '../../src/config/config.ts';
import { VARIABLES, type VariableName } from '../../src/config/variables.ts';
import { encryptedKey, hasOpenssl, selfSigned } from '../adapters/certificates.ts';
import { convert, message } from '../sink/make.ts';

const BASE = { OPENGEMINI_URL: 'http://127.0.0.1:8086', OPENGEMINI_DATABASE: 'db' };
const MIB = 1024 * 1024;
const NAMES = Object.keys(VARIABLES) as VariableName[];

const configOf = (more: EnvironmentVariables = {}): Config => readConfig({ ...BASE, ...more });

/** The faults of a configuration that is valid except for these variables. */
const faultsOf = (more: EnvironmentVariables): readonly string[] => {
  try {
    configOf(more);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults;
  }
};

const fileWith = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'sink-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'file');
  writeFileSync(file, text);
  return file;
};

describe('defaults', () => {
  test('uses the documented defaults when only the server and the database are set', () => {
    expect(configOf()).toEqual({
      name: 'opengemini-sink',
      opengemini: {
        urls: ['http://127.0.0.1:8086'],
        target: { database: 'db', retentionPolicy: undefined },
        credentials: undefined,
        secretArn: undefined,
        ca: undefined,
        clientCertificate: undefined,
        timeoutMs: 15_000,
        gzip: 'auto',
        createDatabase: false,
      },
      input: 'auto',
      converter: 'line',
      linePrecision: 'ns',
      mapping: undefined,
      batch: {
        linesInitial: 500,
        linesMin: 50,
        linesMax: 2_000,
        bytesMax: MIB,
        growth: 'additive',
        latencyLowMs: 100,
        latencyHighMs: 500,
        evaluationIntervalMs: 2_000,
      },
      adaptive: true,
      selfMetrics: false,
      eventSourceMapping: undefined,
      flushFunction: undefined,
      inFlightMax: 4,
      retry: { attemptsMax: 3, baseMs: 100, capMs: 2_000 },
      flushIntervalMs: 0,
      checkpointBytesMax: 1024 * MIB,
      messageBytesMax: 16 * MIB,
      invocationBytesMax: 64 * MIB,
      stateTable: undefined,
      deadLetterQueueUrl: undefined,
      settings: {},
    });
  });
  test('uses the documented defaults for settings that need a mapping or the controller', () => {
    const defaults = (names: readonly VariableName[]) => names.map((name) => VARIABLES[name].default);
    expect(
      defaults([
        'SINK_SOURCE_PRECISION',
        'SINK_IGNORE_NULL_VALUES',
        'SINK_BATCH_GROWTH',
        'SINK_LATENCY_LOW_MS',
        'SINK_LATENCY_HIGH_MS',
        'SINK_EVALUATION_INTERVAL_MS',
      ]),
    ).toEqual(['ms', 'true', 'additive', '100', '500', '2000']);
  });
  test('freezes the configuration, including nested objects', () => {
    const config = configOf({ SINK_MAPPING: '{"version":1,"measurement":"m","fields":{"v":"v"}}' });
    expect(() => Object.assign(config, { name: 'x' })).toThrow(TypeError);
    expect(() => Object.assign(config.batch, { linesMax: 1 })).toThrow(TypeError);
    expect(() => Object.assign(config.mapping?.rules ?? [], { 0: 'x' })).toThrow(TypeError);
  });
});

const EVERY_VARIABLE = {
  OPENGEMINI_URL: ' http://a:8086 , https://b/proxy/ ',
  OPENGEMINI_RETENTION_POLICY: 'week',
  OPENGEMINI_USERNAME: 'writer',
  OPENGEMINI_PASSWORD: ' pass word ',
  OPENGEMINI_TIMEOUT_MS: '100',
  OPENGEMINI_GZIP: 'on',
  OPENGEMINI_CREATE_DATABASE: 'true',
  SINK_NAME: 'n',
  SINK_INPUT: 'json',
  SINK_CONVERTER: 'point',
  SINK_LINE_PRECISION: 'auto',
  SINK_BATCH_LINES_INITIAL: '20',
  SINK_BATCH_LINES_MIN: '10',
  SINK_BATCH_LINES_MAX: '30',
  SINK_BATCH_BYTES_MAX: '70000',
  SINK_CONTROL: 'off',
  SINK_BATCH_GROWTH: 'multiplicative',
  SINK_LATENCY_LOW_MS: '11',
  SINK_LATENCY_HIGH_MS: '12',
  SINK_EVALUATION_INTERVAL_MS: '1300',
  SINK_SELF_METRICS: 'true',
  SINK_EVENT_SOURCE_MAPPING: 'an-id',
  SINK_FLUSH_FUNCTION: 'a-function',
  SINK_IN_FLIGHT_MAX: '2',
  SINK_RETRY_ATTEMPTS_MAX: '5',
  SINK_RETRY_BASE_MS: '6',
  SINK_RETRY_CAP_MS: '7',
  SINK_FLUSH_INTERVAL_MS: '30000',
  SINK_CHECKPOINT_BYTES_MAX: '5000',
  SINK_MESSAGE_BYTES_MAX: '2000',
  SINK_INVOCATION_BYTES_MAX: '3000',
  STATE_TABLE: 'state',
  DEAD_LETTER_QUEUE_URL: 'https://sqs/dlq',
};

test('reads every variable into its member of the configuration', () => {
  expect(configOf(EVERY_VARIABLE)).toEqual({
    name: 'n',
    opengemini: {
      urls: ['http://a:8086', 'https://b/proxy/'],
      target: { database: 'db', retentionPolicy: 'week' },
      credentials: { username: 'writer', password: ' pass word ' },
      secretArn: undefined,
      ca: undefined,
      clientCertificate: undefined,
      timeoutMs: 100,
      gzip: 'on',
      createDatabase: true,
    },
    input: 'json',
    converter: 'point',
    linePrecision: 'auto',
    mapping: undefined,
    batch: {
      linesInitial: 20,
      linesMin: 10,
      linesMax: 30,
      bytesMax: 70_000,
      growth: 'multiplicative',
      latencyLowMs: 11,
      latencyHighMs: 12,
      evaluationIntervalMs: 1_300,
    },
    adaptive: false,
    selfMetrics: true,
    eventSourceMapping: 'an-id',
    flushFunction: 'a-function',
    inFlightMax: 2,
    retry: { attemptsMax: 5, baseMs: 6, capMs: 7 },
    flushIntervalMs: 30_000,
    checkpointBytesMax: 5_000,
    messageBytesMax: 2_000,
    invocationBytesMax: 3_000,
    stateTable: 'state',
    deadLetterQueueUrl: 'https://sqs/dlq',
    settings: {},
  });
  expect(configOf({ OPENGEMINI_SECRET_ARN: 'arn:x' }).opengemini.secretArn).toBe('arn:x');
});

describe('empty variables', () => {
  const absent = configOf();
  test.each(NAMES.filter((name) => !(name in BASE)))('treats an empty %s as an absent one', (name) => {
    expect(configOf({ [name]: '' })).toEqual(absent);
  });
  test.each(Object.keys(BASE))('reports that %s must be set when it is empty or absent', (name) => {
    expect(faultsOf({ [name]: '' })).toEqual([expect.stringMatching(`^${name} must be set\\. Meaning: `)]);
    expect(faultsOf({ [name]: undefined })).toEqual([expect.stringMatching(`^${name} must be set\\. Meaning: `)]);
  });
});

describe('numbers', () => {
  const numbers = NAMES.flatMap((name) => {
    const [, min, max] = /^(\d+) to (\d+)$/.exec(VARIABLES[name].range) ?? [];
    return min === undefined ? [] : [{ name, min: Number(min), max: Number(max) }];
  });
  test('finds all 16 numbers among the variables', () => {
    expect(numbers).toHaveLength(16);
  });
  test.each(numbers)(
    'accepts whole numbers from $min to $max as $name, and replaces no other value by the default',
    ({ name, min, max }) => {
      // Each fault shows the value that was given.
      const refused = (text: string): string =>
        `${name} must be a whole number from ${min} to ${max}, got ${JSON.stringify(text)}.`;
      for (const text of [
        String(max + 1),
        '-1',
        '1.5',
        '5k',
        'abc',
        ' 5',
        '5 ',
        '1e3',
        '0x10',
        '١',
        'NaN',
        '9'.repeat(30),
      ])
        expect(faultsOf({ [name]: text }), text).toContain(refused(text));
      if (min > 0) expect(faultsOf({ [name]: String(min - 1) })).toContain(refused(String(min - 1)));
      for (const edge of [min, max])
        expect(faultsOf({ [name]: String(edge) }).filter((fault) => fault.includes('whole number'))).toEqual([]);
    },
  );
});

describe('choices', () => {
  test.each(['SINK_INPUT', 'SINK_CONVERTER', 'OPENGEMINI_GZIP', 'SINK_BATCH_GROWTH', 'SINK_SOURCE_PRECISION'] as const)(
    'accepts exactly the listed values as %s',
    (name) => {
      const { range } = VARIABLES[name];
      const more = name === 'SINK_SOURCE_PRECISION' ? { SINK_MEASUREMENT: 'm' } : {};
      for (const choice of range.split(', ')) expect(faultsOf({ [name]: choice, ...more }), choice).toEqual([]);
      for (const wrong of ['LINE', 'x', range, 'toString', 'constructor'])
        expect(faultsOf({ [name]: wrong, ...more })).toEqual([
          `${name} must be one of ${range}, got ${JSON.stringify(wrong)}.`,
        ]);
    },
  );
  test.each(['line', 'lineProtocol'])('accepts %s as an alias of line-protocol', (name) => {
    expect(configOf({ SINK_INPUT: name }).input).toBe('line-protocol');
  });
  test.each(['OPENGEMINI_CREATE_DATABASE', 'SINK_IGNORE_NULL_VALUES'])('accepts only true and false as %s', (name) => {
    for (const wrong of ['1', 'TRUE', 'yes', 'on'])
      expect(faultsOf({ [name]: wrong, SINK_MEASUREMENT: 'm' })).toEqual([
        `${name} must be true or false, got "${wrong}".`,
      ]);
  });
});

test('limits the name of a database in bytes, because a longer folder cannot be created', () => {
  expect(faultsOf({ OPENGEMINI_DATABASE: 'é'.repeat(127) })).toEqual([]);
  expect(faultsOf({ OPENGEMINI_DATABASE: 'é'.repeat(128) })).toEqual([
    expect.stringContaining('OPENGEMINI_DATABASE must have at most 255 bytes'),
  ]);
});

describe('addresses', () => {
  const advice = 'Database and retention policy have separate variables';
  const [form, user, query] = [
    'must be one or more addresses like http://host:8086, separated by commas',
    'must not contain a user. Set OPENGEMINI_USERNAME and OPENGEMINI_PASSWORD instead',
    'must not contain a query',
  ];
  test.each([
    ['127.0.0.1:8086', `${form}, got "127.0.0.1:8086"`],
    ['x:8086', `${form}, got "x:8086"`],
    ['tcp://a:1/b', `${form}, got "tcp://a:1/b"`],
    ['http://a:1,', `${form}. Wrong: address 2 of 2 ("")`],
    ['http://a:1,http://b:1,http://A:1/', 'must name each address once. Wrong: address 3 of 3 ("http://A:1/")'],
    ['http://a:1/write', 'must not end with /write or /query, got "http://a:1/write". The sink adds the path itself'],
    ['http://a, ,http://c,b:2', `${form}. Wrong: address 2 of 4 (""), address 4 of 4 ("b:2")`],
  ])('refuses the addresses %s, and reports which of them is wrong and why', (url, fault) => {
    expect(faultsOf({ OPENGEMINI_URL: url })).toEqual([`OPENGEMINI_URL ${fault}.`]);
  });
  test.each([
    ['http://u:hunter2@a:1', user],
    ['http://hunter2@a:1', user],
    ['http://a:1?db=x', `${query}. ${advice}`],
    ['http://a:1#x', `${query}. ${advice}`],
    ['u:hunter2@a:1', form],
    ['admin:hunter2', form],
    ['http://a:1?u=x&p=y,hunter2', `${query}. Wrong: address 1 of 2. ${advice}`],
    ['http://u:hunter2,3@a:1', `${form}. Wrong: address 1 of 2, address 2 of 2`],
    ['http://u:12,3@a:1', `${form}. Wrong: address 2 of 2`],
  ])('refuses the addresses %s, and does not show them, because they may contain a password', (url, fault) => {
    const faults = faultsOf({ OPENGEMINI_URL: url });
    expect(faults).toEqual([`OPENGEMINI_URL ${fault}.`]);
    expect(faults.join()).not.toMatch(/hunter2|\b12\b/);
  });
});

describe('combinations of variables', () => {
  const mapping = '{"version":1,"measurement":"m","fields":{"v":"v"}}';
  test.each<[string, EnvironmentVariables, RegExp]>([
    [
      'a user without a password',
      { OPENGEMINI_USERNAME: 'u' },
      /USERNAME and OPENGEMINI_PASSWORD must be set together/,
    ],
    [
      'a password without a user',
      { OPENGEMINI_PASSWORD: 'p' },
      /USERNAME and OPENGEMINI_PASSWORD must be set together/,
    ],
    [
      'a secret and a user',
      { OPENGEMINI_SECRET_ARN: 'arn:x', OPENGEMINI_USERNAME: 'u', OPENGEMINI_PASSWORD: 'p' },
      /^OPENGEMINI_SECRET_ARN and OPENGEMINI_USERNAME both set the credentials\. Set only one of them\.$/,
    ],
    [
      'an initial batch size below the minimum',
      { SINK_BATCH_LINES_INITIAL: '49' },
      /must be in ascending order, got 50, 49 and 2000\.$/,
    ],
    [
      'an initial batch size above the maximum',
      { SINK_BATCH_LINES_MAX: '499' },
      /must be in ascending order, got 50, 500 and 499\.$/,
    ],
    [
      'a low latency above the high latency',
      { SINK_LATENCY_LOW_MS: '600' },
      /^SINK_LATENCY_LOW_MS .* got 600 and 500\.$/,
    ],
    [
      'a message larger than an invocation',
      { SINK_MESSAGE_BYTES_MAX: '2000', SINK_INVOCATION_BYTES_MAX: '1999' },
      /SINK_MESSAGE_BYTES_MAX must not be more than SINK_INVOCATION_BYTES_MAX, got 2000 and 1999\. No invocation could begin a larger message\.$/,
    ],
    ['canonical input and a mapping', { SINK_INPUT: 'canonical', SINK_MAPPING: mapping }, /SINK_INPUT=canonical/],
    [
      'a mapping together with variables of the simple mapping',
      { SINK_MAPPING: mapping, SINK_TAG_FIELDS: 'a', SINK_MEASUREMENT: 'm' },
      /^SINK_MAPPING cannot be combined with SINK_TAG_FIELDS, SINK_MEASUREMENT\. Remove one or the other\.$/,
    ],
    [
      'a variable of the simple mapping without a measurement',
      { SINK_IGNORE_NULL_VALUES: 'false' },
      /^SINK_MEASUREMENT must be set, because SINK_IGNORE_NULL_VALUES is set\. Meaning: Simple mapping/,
    ],
    [
      'several variables of the simple mapping without a measurement',
      { SINK_TAG_FIELDS: 'a', SINK_SOURCE_PRECISION: 's' },
      /^SINK_MEASUREMENT must be set, because SINK_SOURCE_PRECISION and SINK_TAG_FIELDS are set\. /,
    ],
  ])('refuses %s', (_, environment, fault) => {
    expect(faultsOf(environment)).toEqual([expect.stringMatching(fault)]);
  });
});

describe('faults', () => {
  test('lists all faults in one error', () => {
    const error = (() => {
      try {
        return readConfig({
          OPENGEMINI_URL: 'x',
          OPENGEMINI_PASSWORD: 'hunter2',
          SINK_RETRY_CAP_MS: 'soon',
          SINK_BATCH_LINES_MAX: '0',
          SINK_LATENCY_LOW_MS: '900',
          SINK_MAPPING: '{"version":2,"measurement":"m","fields":{}}',
          SINK_BATCH_LINE_MAX: '1',
          OPENGEMINI_CA_FILE: '/nowhere/ca.pem',
        });
      } catch (caught) {
        return caught as ConfigError;
      }
    })() as ConfigError;
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.faults.map((fault) => fault.split(' ').slice(0, 2).join(' ')).sort()).toEqual([
      'OPENGEMINI_CA_FILE names',
      'OPENGEMINI_DATABASE must',
      'OPENGEMINI_URL must',
      'OPENGEMINI_USERNAME and',
      'SINK_BATCH_LINES_MAX must',
      'SINK_BATCH_LINE_MAX is',
      'SINK_LATENCY_LOW_MS must',
      'SINK_MAPPING: mapping.fields',
      'SINK_MAPPING: mapping.version',
      'SINK_RETRY_CAP_MS must',
    ]);
    expect(error.message).toBe(`Invalid configuration:\n${error.faults.map((fault) => `- ${fault}`).join('\n')}`);
    expect(error.message).not.toContain('hunter2');
  });

  test.each([
    ['SINK_BATCH_LINE_MAX', 'Did you mean SINK_BATCH_LINES_MAX?'],
    ['SINK_BATCH_LINES_MAXX', 'Did you mean SINK_BATCH_LINES_MAX?'],
    ['SINK_RETRY_CAPP_MS', 'Did you mean SINK_RETRY_CAP_MS?'],
    ['SINK_MAPING', 'Did you mean SINK_MAPPING?'],
    ['SINK_mapping', 'Did you mean SINK_MAPPING?'],
    ['OPENGEMINI_URLS', 'Did you mean OPENGEMINI_URL?'],
    ['OPENGEMINI_USER_NAME', 'Did you mean OPENGEMINI_USERNAME?'],
    ['OPENGEMINI_DB', 'Did you mean OPENGEMINI_DATABASE?'],
    ['OPENGEMINI_RP', 'Did you mean OPENGEMINI_RETENTION_POLICY?'],
    ['OPENGEMINI_DATABASE_NAME', 'Did you mean OPENGEMINI_DATABASE?'],
    ['SINK_FIELDS', 'Did you mean SINK_FIELD_FIELDS?'],
    // "TABLE" is not "NAME", although only three letters differ.
    ['SINK_TABLE', 'docs/configuration.md lists all variables.'],
    ['SINK_SOMETHING_ELSE', 'docs/configuration.md lists all variables.'],
  ])('refuses the unknown variable %s and suggests the nearest name: %s', (name, hint) => {
    expect(faultsOf({ [name]: 'x' })).toEqual([`${name} is not a known variable. ${hint}`]);
  });
  test('ignores unknown variables without the prefixes of the sink', () => {
    expect(faultsOf({ SINKS: 'x', AWS_REGION: 'x', MY_SINK_NAME: 'x', PATH: 'x', STATE_TABEL: 'x' })).toEqual([]);
  });
});

test.each([
  ['on', true],
  ['true', true],
  ['off', false],
  ['false', false],
])('SINK_CONTROL=%s sets adaptive to %s', (text, adaptive) => {
  expect(configOf({ SINK_CONTROL: text }).adaptive).toBe(adaptive);
});

test.each([
  ['true', 'on'],
  ['false', 'off'],
])('OPENGEMINI_GZIP=%s means %s, because YAML turns on and off into booleans', (text, mode) => {
  expect(configOf({ OPENGEMINI_GZIP: text }).opengemini.gzip).toBe(mode);
});

describe('the simple mapping', () => {
  const event = {
    ts: 1_755_216_000,
    host: 'a b',
    meta: { rack: 7 },
    usage: 1,
    count: 3,
    note: null,
    extra: 'x',
  };
  const linesOf = (environment: EnvironmentVariables): readonly string[] => {
    const { mapping } = configOf(environment);
    const { lines, codes } = convert(message(event), { mapping });
    return [...lines, ...codes];
  };
  test('converts an event to a line by the simple mapping', () => {
    expect(
      linesOf({
        SINK_MEASUREMENT: 'cpu load',
        SINK_TIMESTAMP_FIELD: 'ts',
        SINK_SOURCE_PRECISION: 's',
        SINK_TAG_FIELDS: 'host, meta.rack',
        SINK_FIELD_FIELDS: 'usage:float, count:integer,note,extra:string',
      }),
    ).toEqual(['cpu\\ load,host=a\\ b,meta.rack=7 usage=1,count=3i,extra="x" 1755216000000000000']);
  });
  test('uses all other members as fields when SINK_FIELD_FIELDS is absent', () => {
    expect(
      linesOf({
        SINK_MEASUREMENT: 'm',
        SINK_TIMESTAMP_FIELD: 'ts',
        SINK_SOURCE_PRECISION: 's',
        SINK_TAG_FIELDS: 'host,meta.rack',
      }),
    ).toEqual(['m,host=a\\ b,meta.rack=7 usage=1,count=3,extra="x" 1755216000000000000']);
  });
  test('refuses nulls when SINK_IGNORE_NULL_VALUES is false', () => {
    expect(
      linesOf({ SINK_MEASUREMENT: 'm', SINK_FIELD_FIELDS: 'usage,note', SINK_IGNORE_NULL_VALUES: 'false' }),
    ).toEqual(['field-type']);
  });
  test('reads times as milliseconds by default, and uses the time of the message without SINK_TIMESTAMP_FIELD', () => {
    expect(linesOf({ SINK_MEASUREMENT: 'm', SINK_FIELD_FIELDS: 'usage', SINK_TIMESTAMP_FIELD: 'ts' })).toEqual([
      'm usage=1 1755216000000000',
    ]);
    expect(linesOf({ SINK_MEASUREMENT: 'm', SINK_FIELD_FIELDS: 'usage' })).toEqual([
      expect.stringMatching(/^m usage=1 1755216000000\d{6}$/),
    ]);
  });
  test.each<[EnvironmentVariables, RegExp]>([
    [{ SINK_FIELD_FIELDS: 'a:number' }, /^SINK_FIELD_FIELDS a:number: the type must be one of/],
    [{ SINK_FIELD_FIELDS: 'a,,b' }, /^SINK_FIELD_FIELDS must be non-empty names separated by commas, got "a,,b"\.$/],
    [{ SINK_TAG_FIELDS: 'time' }, /time/],
    [
      { SINK_TAG_FIELDS: 'a', SINK_FIELD_FIELDS: 'b,a' },
      /^SINK_TAG_FIELDS and SINK_FIELD_FIELDS both contain the name "a"\. Each column needs its own name\.$/,
    ],
    [
      { SINK_TAG_FIELDS: 'a,b,a' },
      /^SINK_TAG_FIELDS contains the name "a" more than once\. Each column needs its own name\.$/,
    ],
    [
      { SINK_TAG_FIELDS: '$root' },
      /^SINK_TAG_FIELDS leads to \$root, which is an object, not a value\. Name a member: \$root\.NAME$/,
    ],
    [{ SINK_TAG_FIELDS: '$foo.x' }, /^SINK_TAG_FIELDS begins with "\$foo", .*; got "\$foo.x"$/],
    [{ SINK_MEASUREMENT: 'a/b' }, /SINK_MEASUREMENT/],
  ])('refuses the simple mapping %j', (environment, fault) => {
    expect(faultsOf({ SINK_MEASUREMENT: 'm', ...environment })).toEqual([expect.stringMatching(fault)]);
  });
  test('lists all faults of the simple mapping in one error', () => {
    expect(faultsOf({ SINK_MEASUREMENT: 'm', SINK_TAG_FIELDS: 'a,time', SINK_FIELD_FIELDS: 'a' })).toEqual([
      expect.stringContaining('reserves the name "time"'),
      expect.stringContaining('both contain the name "a"'),
    ]);
  });
});

describe('files', () => {
  const declared = { version: 1, measurement: 'm', timestamp: 'ts', fields: { v: 'v' } };
  test('reads a mapping from a file, like an inline mapping', () => {
    const text = JSON.stringify(declared);
    const inline = configOf({ SINK_MAPPING: `\n ${text}` }).mapping;
    expect(configOf({ SINK_MAPPING: fileWith(text) }).mapping).toEqual(inline);
    expect(convert(message({ ts: 1, v: 2 }), { mapping: inline }).lines).toEqual(['m v=2 1000000']);
  });
  test('accepts a mapping file that begins with a byte order mark', () => {
    expect(faultsOf({ SINK_MAPPING: fileWith(`\uFEFF${JSON.stringify(declared)}`) })).toEqual([]);
  });
  test('refuses a mapping that declares a member more than once, because JSON keeps only the last one', () => {
    const twice =
      '{"version":1,"mappings":[{"when":{"path":"a","in":["x","x"]},"measurement":"m","fields":{"v":"v","\\u0076":"w"}},' +
      '{"measurement":"n","measurement":"o","tags":{"a":"v","b":"v"},"fields":{"v":{"path":"v","path":"w"}}}]}';
    const places = ['mappings[0].fields.v', 'mappings[1].measurement', 'mappings[1].fields.v.path'];
    for (const SINK_MAPPING of [twice, fileWith(`\uFEFF${twice}`)])
      expect(faultsOf({ SINK_MAPPING })).toEqual(
        places.map(
          (place) => `SINK_MAPPING: mapping.${place} is declared more than once. JSON keeps only the last declaration.`,
        ),
      );
  });
  test('reports the resolved path of an unreadable file with a relative path', () => {
    expect(faultsOf({ SINK_MAPPING: 'no/such.json' })).toEqual([
      expect.stringContaining(
        `names the file "no/such.json", which cannot be read (resolved to ${join(process.cwd(), 'no/such.json')}): `,
      ),
    ]);
  });
  test('treats a JSON array as an inline mapping, not as the name of a file', () => {
    expect(faultsOf({ SINK_MAPPING: ' []' })).toEqual(['SINK_MAPPING: mapping must be a JSON object, got []']);
  });
  test('reports mapping files that are missing, not JSON, or invalid', () => {
    expect(faultsOf({ SINK_MAPPING: '/nowhere/mapping.json' })).toEqual([
      expect.stringMatching(/^SINK_MAPPING names the file "\/nowhere\/mapping.json", which cannot be read: ENOENT/),
    ]);
    expect(faultsOf({ SINK_MAPPING: '{"version":1,' })).toEqual([
      expect.stringMatching(/^SINK_MAPPING \(inline\) is not JSON: /),
    ]);
    const file = fileWith('version: 1');
    expect(faultsOf({ SINK_MAPPING: file })).toEqual([expect.stringContaining(`SINK_MAPPING (${file}) is not JSON: `)]);
    expect(
      faultsOf({ SINK_MAPPING: fileWith('{"version":1,"measurement":"m","fields":{"v":"v"},"tag":{},"nulls":"x"}') }),
    ).toEqual([
      expect.stringMatching(/^SINK_MAPPING: mapping.*tag/),
      expect.stringMatching(/^SINK_MAPPING: mapping.nulls/),
    ]);
  });
  test('reads a certificate file completely, and refuses a file without a certificate', () => {
    const pem = '# ours\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    expect(configOf({ OPENGEMINI_CA_FILE: fileWith(pem) }).opengemini.ca).toBe(pem);
    const none = fileWith('-----BEGIN PRIVATE KEY-----');
    expect(faultsOf({ OPENGEMINI_CA_FILE: none })).toEqual([
      `OPENGEMINI_CA_FILE must be a PEM file with a certificate. ${JSON.stringify(none)} contains none.`,
    ]);
    expect(faultsOf({ OPENGEMINI_CA_FILE: '/nowhere/ca.pem' })).toEqual([
      expect.stringMatching(/^OPENGEMINI_CA_FILE names the file .* cannot be read: ENOENT/),
    ]);
  });
  test.each(['OPENGEMINI_CA_FILE', 'OPENGEMINI_CERT_FILE', 'OPENGEMINI_KEY_FILE'])(
    'refuses the contents of a file as %s without showing them',
    (name) => {
      const faults = faultsOf({ [name]: '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----' });
      expect(faults).toContain(`${name} must be the path of a file in the package, not the contents of the file.`);
      expect(faults.join('\n')).not.toContain('hunter2');
    },
  );
  test.each(['OPENGEMINI_CERT_FILE', 'OPENGEMINI_KEY_FILE'])('refuses %s alone', (name) => {
    expect(faultsOf({ [name]: '/nowhere.pem' })).toEqual([
      'OPENGEMINI_CERT_FILE and OPENGEMINI_KEY_FILE must be set together.',
    ]);
  });
  test.skipIf(!hasOpenssl)('reads a client certificate with its key (needs the openssl command)', () => {
    const { cert, key, certFile, keyFile } = selfSigned();
    const variables = { OPENGEMINI_CERT_FILE: certFile, OPENGEMINI_KEY_FILE: keyFile };
    expect(configOf(variables).opengemini.clientCertificate).toEqual({ cert, key });
  });
  test.skipIf(!hasOpenssl)(
    'refuses client certificates and keys that cannot be used (needs the openssl command)',
    () => {
      const [one, other] = [selfSigned(), selfSigned()];
      const encrypted = encryptedKey(one);
      const damaged = fileWith('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
      const faults = (cert: string, key: string) => faultsOf({ OPENGEMINI_CERT_FILE: cert, OPENGEMINI_KEY_FILE: key });
      const NO_KEY = 'OPENGEMINI_KEY_FILE must be a PEM file with a private key without a passphrase.';
      const NO_CERTIFICATE = 'OPENGEMINI_CERT_FILE must be a PEM file with a certificate.';
      expect(faults(one.certFile, other.keyFile)).toEqual([
        `OPENGEMINI_KEY_FILE must contain the key of the first certificate in OPENGEMINI_CERT_FILE. ${JSON.stringify(other.keyFile)} contains another key.`,
      ]);
      expect(faults(one.certFile, encrypted)).toEqual([
        `${NO_KEY} ${JSON.stringify(encrypted)} contains an encrypted one.`,
      ]);
      expect(faults(one.keyFile, one.certFile)).toEqual([
        `${NO_CERTIFICATE} ${JSON.stringify(one.keyFile)} contains none.`,
        `${NO_KEY} ${JSON.stringify(one.certFile)} contains none.`,
      ]);
      expect(faults(damaged, one.keyFile)).toEqual([`${NO_CERTIFICATE} ${JSON.stringify(damaged)} contains none.`]);
      expect(faults('/nowhere/c.pem', '/nowhere/k.pem')).toEqual([
        expect.stringMatching(/^OPENGEMINI_CERT_FILE names the file .* cannot be read: ENOENT/),
        expect.stringMatching(/^OPENGEMINI_KEY_FILE names the file .* cannot be read: ENOENT/),
      ]);
    },
  );
});
