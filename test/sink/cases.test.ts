/**
 * Replays situations that users of other tools have reported in public. Each file of `test/fixture/cases` contains one
 * message body per line. A refusal is written `body/event reason`, with bodies from 1 and events from 0.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CONVERTERS, type ConverterKind } from '../../src/sink/convert/converter.ts';
import type { LinePrecision } from '../../src/sink/convert/influx-point.ts';
import { parseMapping } from '../../src/sink/mapping/parse-mapping.ts';
import { type ConvertResult, convert, mapping, message } from './make.ts';

const SENT_AT_MS = 1_780_000_000_000;
/** Time of a line that has the time of its message. */
const OF_MESSAGE = '‹message›';

type Declared = Record<string, unknown>;

const textOf = (file: string): string =>
  readFileSync(new URL(`../fixture/cases/${file}`, import.meta.url), 'utf8').trimEnd();
const bodiesOf = (file: string): string[] => textOf(file).split('\n');
const declaredIn = (file: string): Declared => JSON.parse(textOf(file));

interface Settings {
  readonly converter: ConverterKind;
  readonly linePrecision?: LinePrecision | undefined;
}

const convertBodies = (
  bodies: readonly string[],
  declared: Declared | undefined,
  settings: Settings,
): ConvertResult[] =>
  bodies.map((body, index) =>
    convert(message(body, { id: `message-${index}`, sentAtMs: SENT_AT_MS }), {
      mapping: declared === undefined ? undefined : mapping(declared),
      ...settings,
    }),
  );

const COUNTERS = [
  'valuesAltered',
  'fieldsOmitted',
  'pointsReplaced',
  'branchesIgnored',
  'implausibleTimes',
  'dropped',
] as const;

type Counters = Partial<Record<(typeof COUNTERS)[number] | 'messagesControl', number>>;

const countersOf = (results: readonly ConvertResult[]): Counters => ({
  ...Object.fromEntries(COUNTERS.map((name) => [name, results.reduce((sum, result) => sum + result[name], 0)])),
  messagesControl: results.filter(({ isControl }) => isControl).length,
});

const refusalsOf = (results: readonly ConvertResult[]): string[] =>
  results.flatMap(({ refused }, body) =>
    refused.map(({ eventIndex, refusal }) => `${body + 1}/${eventIndex} ${refusal.code}`),
  );

/** Writes the name of the time of the message in place of its digits. Only lines where that is expected are changed. */
const withTimeNames = (lines: readonly string[], expected: readonly string[]): string[] =>
  lines.map((line, index) =>
    expected[index]?.endsWith(OF_MESSAGE) === true ? line.replace(/ 1780000000000\d{6}$/, ` ${OF_MESSAGE}`) : line,
  );

const sensors: Declared = {
  measurement: 'room',
  timestamp: { path: 'ts', precision: 's' },
  tags: { room: 'room' },
  fields: { temperature: 'temperature' },
};
const R = 'room,room=hall temperature=21.5 1780000000000000000';
const A = 'room,room=attic temperature=25.5 1780000000000000000';

const values = declaredIn('v.mapping.json');
const readAsNull = { ...values, nullTexts: ['unavailable', 'NaN', ''] };
const floatOfValues = { path: 'v', type: 'float' };
const fieldsOfValues = values.fields as Declared;

const debezium: Declared = {
  measurement: undefined,
  mappings: [
    { when: { path: 'payload.op', equals: 'd' }, drop: true },
    {
      measurement: 'room',
      mismatch: 'coerce',
      timestamp: 'payload.ts_ms',
      tags: { room: 'payload.after.room' },
      fields: { temp: 'payload.after.temp' },
    },
  ],
};

const telegraf: Declared = {
  measurement: { path: 'name' },
  events: 'metrics',
  timestamp: { path: 'timestamp', precision: 's' },
  tags: { '*': 'tags' },
  fields: { '*': { path: 'fields', prefix: 'f_' } },
};
const TELEGRAF_LINES = [
  'cpu,cpu=cpu0,host=a f_usage_idle=98.5,f_n=8 1780000000000000000',
  'docker,host=a,status=up f_status="running",f_n=1 1780000000000000000',
];

const lora: Declared = {
  measurement: 'lora',
  timestamp: { path: 'time', precision: 'iso8601', missing: 'message' },
  tags: { dev: 'devEui' },
  fields: { t: 'object.t' },
};
const loraTime = (policies: Declared): Declared => ({
  ...lora,
  timestamp: { ...(lora.timestamp as Declared), ...policies },
});

const isoTimes = declaredIn('time.mapping.json');
const ISO_LINES: Readonly<Record<number, string>> = {
  1: 'm v=1 1780000000236000000',
  2: 'm v=2 1780000000236000000',
  3: 'm v=3 1780000000123456000',
  5: 'm v=5 1779999960000000000',
  6: 'm v=6 1780000000236000000',
  9: 'm v=9 1780000000123456789',
  11: 'm v=11 1780000000000000000',
  15: 'm v=15 1780000000958410300',
};
const isoRefusals = (...bodies: number[]): string[] => bodies.map((body) => `${body}/0 timestamp-format`);

const ALARM_OF_PUMP =
  'cloudwatch_alarm,account=123456789012,alarm=pump state="ALARM",state_code=1i,previous_state="OK",threshold=70 1780000000236000000';

interface Case {
  readonly title: string;
  readonly file: string;
  /** `undefined` for no mapping. */
  readonly declared: Declared | undefined;
  readonly linePrecision?: LinePrecision;
  readonly lines: readonly string[];
  readonly refusals?: readonly string[];
  readonly counters?: Counters;
  /** Bodies of the file to convert, from 1. By default all. */
  readonly bodies?: readonly number[];
}

const CASES: readonly Case[] = [
  {
    title: 'counts elements that differ only by their place as replaced points',
    file: 'phases.ndjson',
    declared: declaredIn('phases.mapping.json'),
    lines: [
      'meter,mac=AA11 power=364.4,voltage=232.2 1780000000000000000',
      'meter,mac=AA11 power=35.5,voltage=234.5 1780000000000000000',
      'meter,mac=AA11 power=62.9,voltage=237.3 1780000000000000000',
    ],
    counters: { pointsReplaced: 2 },
  },
  {
    title: 'keeps elements apart by $index among the tags',
    file: 'phases.ndjson',
    declared: { ...declaredIn('phases.mapping.json'), tags: { mac: '$root.mac', phase: '$index' } },
    lines: [
      'meter,mac=AA11,phase=0 power=364.4,voltage=232.2 1780000000000000000',
      'meter,mac=AA11,phase=1 power=35.5,voltage=234.5 1780000000000000000',
      'meter,mac=AA11,phase=2 power=62.9,voltage=237.3 1780000000000000000',
    ],
    counters: { pointsReplaced: 0 },
  },
  {
    title: 'loses one event to a bare NaN in an array',
    file: 'nan.ndjson',
    declared: sensors,
    lines: [R, A],
    refusals: ['1/1 not-finite'],
  },
  {
    title: 'leaves out a bare NaN, and refuses the event that has no other field',
    file: 'nan.ndjson',
    declared: { ...sensors, nonFinite: 'omit' },
    lines: [R, A],
    refusals: ['1/1 no-fields'],
  },
  {
    title: 'leaves out a bare NaN, and writes the other field of its event',
    file: 'nan.ndjson',
    declared: { ...sensors, nonFinite: 'omit', fields: { temperature: 'temperature', at: 'ts' } },
    lines: [
      'room,room=hall temperature=21.5,at=1780000000 1780000000000000000',
      'room,room=cellar at=1780000000 1780000000000000000',
      'room,room=attic temperature=25.5,at=1780000000 1780000000000000000',
    ],
    counters: { fieldsOmitted: 1 },
  },
  {
    title: 'reads words for "no value" as null, and numbers as people write them',
    file: 'vals.ndjson',
    declared: readAsNull,
    lines: [
      'm,d=a v=21.5 1780000000000000000',
      'm,d=b v=1.2345 1780000000000000000',
      'm,d=d n=5i 1780000000000000000',
      'm,d=e n=5i 1780000000000000000',
      'm,d=f v=42,n=5i 1780000000000000000',
      'm,d=g v=0.5 1780000000000000000',
      'm,d=h v=5 1780000000000000000',
      'm,d=i v=9007199254740992 1780000000000000000',
      'm,d=k v=9007199254740992 1780000000000000000',
      'm,d=l b=true 1780000000000000000',
      'm,d=m b=true 1780000000000000000',
      'm,d=s v=1 0',
      'm,d=t v=1 1780000000000000000',
    ],
    refusals: [
      '3/0 no-fields',
      '10/0 field-type',
      '14/0 field-type',
      '15/0 field-type',
      '16/0 not-finite',
      '17/0 field-type',
      '18/0 field-type',
      '21/0 timestamp-format',
      '22/0 timestamp-missing',
      '23/0 timestamp-range',
      '24/0 not-finite',
    ],
    counters: { valuesAltered: 11 },
  },
  {
    title: 'refuses floats that a double cannot represent with "exact", and still takes others',
    file: 'vals.ndjson',
    bodies: [2, 9, 11],
    declared: { ...readAsNull, fields: { ...fieldsOfValues, v: { ...floatOfValues, exact: true } } },
    lines: ['m,d=b v=1.2345 1780000000000000000'],
    refusals: ['2/0 field-type', '3/0 field-type'],
  },
  {
    title: 'refuses texts of integers beyond 2^53-1 as out of range, however they are written',
    file: 'vals.ndjson',
    bodies: [9, 10, 11],
    declared: { ...readAsNull, fields: { ...fieldsOfValues, v: { path: 'v', type: 'integer' } } },
    lines: [],
    refusals: ['1/0 integer-range', '2/0 integer-range', '3/0 integer-range'],
  },
  {
    title: 'leaves out fields of another type with "mismatch": "omit"',
    file: 'vals.ndjson',
    declared: { ...values, mismatch: 'omit' },
    lines: [
      'm,d=d n=5i 1780000000000000000',
      'm,d=e n=5i 1780000000000000000',
      'm,d=f n=5i 1780000000000000000',
      'm,d=s v=1 0',
      'm,d=t v=1 1780000000000000000',
    ],
    refusals: [
      ...[1, 2, 3, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18].map((body) => `${body}/0 no-fields`),
      '21/0 timestamp-format',
      '22/0 timestamp-format',
      '23/0 timestamp-range',
      '24/0 not-finite',
    ],
    counters: { fieldsOmitted: 3 },
  },
  ...[declaredIn('other.mapping.json'), sensors, declaredIn('s3.mapping.json'), { preset: 'vector' }].map(
    (declared): Case => ({
      title: `refuses pointers of the SQS extended clients with the mapping ${JSON.stringify(declared).slice(0, 40)}`,
      file: 'extended.ndjson',
      declared: { measurement: undefined, ...declared },
      lines: [],
      refusals: ['1/0 payload-elsewhere', '2/0 payload-elsewhere'],
    }),
  ),
  {
    title: 'refuses confirmations of SNS subscriptions',
    file: 'confirm.ndjson',
    declared: declaredIn('other.mapping.json'),
    lines: [],
    refusals: ['1/0 not-telemetry', '2/0 not-telemetry'],
  },
  {
    title: 'takes S3 notifications that the "events" of the mapping name, and settles test events',
    file: 's3.ndjson',
    declared: declaredIn('s3.mapping.json'),
    lines: [
      's3,bucket=plant-a,op=ObjectCreated:Put,region=eu-central-1 size=1024i,key="in/a+b.csv" 1780000000123000000',
    ],
    counters: { messagesControl: 2 },
  },
  {
    title: 'refuses S3 notifications that no rule covers',
    file: 's3.ndjson',
    declared: declaredIn('other.mapping.json'),
    lines: [],
    refusals: ['1/0 payload-elsewhere'],
    counters: { messagesControl: 2 },
  },
  {
    title: 'settles the control message of CloudWatch Logs',
    file: 'control.ndjson',
    declared: declaredIn('cwlogs.mapping.json'),
    lines: [],
    counters: { messagesControl: 1 },
  },
  {
    title: 'drops deleted rows on purpose, and refuses the text null',
    file: 'debezium.ndjson',
    declared: debezium,
    lines: ['room,room=hall temp=21.5 1780000000200000000'],
    refusals: ['3/0 undecodable'],
    counters: { dropped: 1 },
  },
  {
    title: 'reads bodies that are packed in other ways',
    file: 'bodies.ndjson',
    declared: sensors,
    lines: [R, R, R, A, R, A, R, R, R, A, R, R],
    refusals: ['5/0 undecodable', '8/1 not-finite'],
  },
  {
    title: 'reads documents that follow each other in gzip, in one member and in several',
    file: 'gz_concat.ndjson',
    declared: declaredIn('cwlogs.mapping.json'),
    lines: Array.from({ length: 4 }, () => 'logs,group=g message="x" 1780000000000000000'),
  },
  {
    title: 'opens a document inside a document',
    file: 'wrapped.ndjson',
    declared: {
      open: [{ path: 'message.data', decode: ['base64', 'json'], as: 'data' }],
      tags: { id: 'message.messageId' },
      fields: { a: '$data.a' },
    },
    lines: [`m,id=1 a=1 ${OF_MESSAGE}`],
    refusals: ['2/0 undecodable'],
  },
  {
    title: 'opens arrays inside arrays',
    file: 'nested.ndjson',
    bodies: [2],
    declared: declaredIn('nested.mapping.json'),
    lines: [
      's,d=a,i=0,site=x t=1 1780000000000000000',
      's,d=a,i=1,site=x t=2 1780000001000000000',
      's,d=b,i=0,site=x t=3 1780000000000000000',
    ],
  },
  {
    title: 'reads pairs of value and time',
    file: 'nested.ndjson',
    bodies: [1],
    declared: {
      measurement: 'g',
      events: 'datapoints',
      timestamp: '1',
      tags: { target: '$root.target' },
      fields: { v: '0' },
    },
    lines: [
      'g,target=a v=50.003 1780000000000000000',
      'g,target=a v=50.014 1780000001000000000',
      'g,target=b v=49.9 1780000000000000000',
    ],
  },
  {
    title: 'opens objects keyed by id',
    file: 'keyed.ndjson',
    declared: {
      measurement: 's',
      events: { path: 'sensors', each: 'member' },
      timestamp: { path: '$root.at', precision: 's' },
      tags: { dev: '$key' },
      fields: { t: 't', h: 'h' },
    },
    lines: ['s,dev=dev-a t=21.5,h=40 1780000000000000000', 's,dev=dev-b t=22.5,h=41 1780000000000000000'],
  },
  {
    title: 'reads OTLP metrics as they really are',
    file: 'otlp.ndjson',
    declared: { measurement: undefined, preset: 'otlp-metrics' },
    lines: [
      'queue,otel.library.name=s,q=a,service.name=api gauge=4.5 1780000000000000001',
      'queue,otel.library.name=s,q=b,service.name=api gauge=7 1780000000000000001',
    ],
  },
  {
    title: 'reads an element of an array by its index',
    file: 'bracket.ndjson',
    declared: { fields: { t: 'readings.0.t', h: 'h' } },
    lines: [`m t=21.5,h=40 ${OF_MESSAGE}`],
  },
  {
    title: 'refuses a member called "time" that is taken without being named',
    file: 'shelly.ndjson',
    declared: {
      measurement: 'shelly',
      timestamp: { path: 'unixtime', precision: 's' },
      tags: { mac: 'mac' },
      otherFields: 'include',
    },
    lines: [],
    refusals: ['1/0 reserved-name'],
  },
  {
    title: 'leaves out a member called "time" with "except"',
    file: 'shelly.ndjson',
    declared: {
      measurement: 'shelly',
      timestamp: { path: 'unixtime', precision: 's' },
      tags: { mac: 'mac' },
      otherFields: { except: ['time'] },
    },
    lines: ['shelly,mac=AA11 temperature=20.94,overtemperature=false 1780000000000000000'],
  },
  {
    title: 'leaves out attributes that tracers add',
    file: 'trace_attr.ndjson',
    declared: { tags: { '*': { path: '$message.attributes', except: ['_datadog'] } }, fields: { v: 'v' } },
    lines: [`m,site=north v=1 ${OF_MESSAGE}`, `m,site=north v=2 ${OF_MESSAGE}`],
  },
  {
    title: 'keeps a field apart from a tag of the same name by a prefix',
    file: 'telegraf.ndjson',
    declared: telegraf,
    lines: TELEGRAF_LINES,
    refusals: ['2/0 no-events'],
  },
  {
    title: 'ignores an absent array of events with "missing": "ignore"',
    file: 'telegraf.ndjson',
    declared: { ...telegraf, events: { path: 'metrics', missing: 'ignore' } },
    lines: TELEGRAF_LINES,
    counters: { branchesIgnored: 1 },
  },
  {
    title: 'repairs names of metrics and dimensions with the preset cloudwatch-metric-stream',
    file: 'cwstream.ndjson',
    declared: { measurement: undefined, preset: 'cloudwatch-metric-stream' },
    lines: [
      'CWAgent_Network_Interface_Bytes_Sent_sec,InstanceId=i-0abc,aws_account=123456789012,aws_region=eu-central-1,aws_unit=None,objectname=Network\\ Interface max=4,min=1,sum=9,count=3 1780000000000000000',
      'Plant_Custom_pressure,aws_account=123456789012,aws_region=eu-central-1,aws_unit=None,region=north,unit=7 max=4,min=1,sum=9,count=3,p99.9=3.9 1780000000000000000',
      'AWS_EC2_CPUUtilization,aws_account=123456789012,aws_region=eu-central-1,aws_unit=Percent max=4,min=1,sum=9,count=3,TM(10%:90%)=2.5 1780000000000000000',
    ],
  },
  {
    title: 'reads ISO 8601 as AWS, Java, Postgres and Python write it',
    file: 'times.ndjson',
    declared: isoTimes,
    lines: Object.values(ISO_LINES),
    refusals: isoRefusals(4, 7, 8, 10, 12, 13, 14, 16),
  },
  {
    title: 'reads ISO 8601 without a zone with the zone of the mapping',
    file: 'times.ndjson',
    declared: { ...isoTimes, timestamp: { path: 'ts', precision: 'iso8601', zone: 'Europe/Berlin' } },
    lines: Object.values({ ...ISO_LINES, 4: 'm v=4 1779992800000000000' }),
    refusals: isoRefusals(7, 8, 10, 12, 13, 14, 16),
  },
  {
    title: 'reads the own time of a CloudWatch alarm with the preset cloudwatch-alarm',
    file: 'cwalarm.ndjson',
    declared: { measurement: undefined, preset: 'cloudwatch-alarm' },
    lines: [ALARM_OF_PUMP],
  },
  {
    title: 'writes events of devices without a clock at the time of their messages',
    file: 'lora_time.ndjson',
    declared: loraTime({ invalid: 'message', implausible: 'message' }),
    lines: [21.5, 21.6, 21.7, 21.8, 21.9].map((t) => `lora,dev=0004A30B001C0530 t=${t} ${OF_MESSAGE}`),
    counters: { implausibleTimes: 0 },
  },
  {
    title: 'keeps implausible times and counts them with "implausible": "write"',
    file: 'lora_time.ndjson',
    declared: loraTime({ invalid: 'message', implausible: 'write' }),
    lines: [
      `lora,dev=0004A30B001C0530 t=21.5 ${OF_MESSAGE}`,
      'lora,dev=0004A30B001C0530 t=21.6 12000000000',
      'lora,dev=0004A30B001C0530 t=21.7 4070908800000000000',
      `lora,dev=0004A30B001C0530 t=21.8 ${OF_MESSAGE}`,
      `lora,dev=0004A30B001C0530 t=21.9 ${OF_MESSAGE}`,
    ],
    counters: { implausibleTimes: 2 },
  },
  {
    title: 'counts times of line protocol in seconds as implausible',
    file: 'lp_seconds.txt',
    declared: undefined,
    lines: ['room,room=hall temperature=21.5 1780000000', 'room,room=hall temperature=21.5 1780000000123'],
    counters: { implausibleTimes: 2 },
  },
  {
    title: 'reads times of line protocol by their magnitude with SINK_LINE_PRECISION=auto',
    file: 'lp_seconds.txt',
    declared: undefined,
    linePrecision: 'auto',
    lines: [R, R.replace(/\d{9}$/, '123000000')],
  },
  {
    title: 'reads times of line protocol in seconds with SINK_LINE_PRECISION=s',
    file: 'lp_seconds.txt',
    declared: undefined,
    linePrecision: 's',
    lines: [R],
    refusals: ['2/0 timestamp-range'],
  },
  {
    title: 'writes backslashes of canonical events as openGemini reads them',
    file: 'canon_bs.ndjson',
    declared: undefined,
    lines: ['bs,h=x,p=C:\\\\,q=a\\ b\\,c\\=d s="C:\\\\dir\\\\",n="say \\"hi\\" \\\\\\\\",u="ä€😀" 1780000000000000001'],
  },
  {
    title: 'writes backslashes of line protocol as openGemini reads them',
    file: 'lp_backslash.txt',
    declared: undefined,
    lines: [
      'disk,check=C:\\\\temp,host=srv1 value=52.45 1780000000000000000',
      'disk,host=srv1 path="C:\\\\dir\\\\",note="say \\"hi\\"" 1780000000000000000',
      'disk,host=srv1 path="C:\\\\dir",n=1 1780000000000000000',
      'disk,host=srv1 note="line1\\\\nline2" 1780000000000000000',
    ],
    refusals: ['1/0 undecodable', '3/0 undecodable', '7/0 name-characters'],
  },
  {
    title: 'reads an uplink of TTN with nine fraction digits',
    file: 'pass_ttn.ndjson',
    declared: declaredIn('pass_ttn.json'),
    lines: [
      'lora,app=app,device=dev-1,gw=gw1,sf=7 f_cnt=42i,rssi=-35,temperature=21.5,door=true,mode="auto" 1780000000123456789',
    ],
  },
  {
    title: 'reads notifications of S3 by EventBridge in SNS, and by SNS',
    file: 'eb_in_sns.ndjson',
    declared: { measurement: undefined, ...declaredIn('s3_two_ways.mapping.json') },
    lines: ['s3,bucket=plant-a size=1024i 1780000000000000000', 's3,bucket=plant-a size=7i 1780000000100000000'],
  },
];

describe.each(CONVERTERS)('cases with the converter "%s"', (converter) => {
  test.each(CASES.map((one) => [one.title, converter, one] as const))(
    '%s with the converter "%s"',
    (_title, _converter, { file, bodies: chosen, declared, linePrecision, lines, refusals = [], counters = {} }) => {
      const all = bodiesOf(file);
      const bodies = chosen === undefined ? all : chosen.map((body) => all[body - 1] as string);
      const rules =
        declared !== undefined && 'mappings' in declared ? { measurement: undefined, ...declared } : declared;
      const results = convertBodies(bodies, rules, { converter, linePrecision });
      expect(
        withTimeNames(
          results.flatMap((result) => result.lines),
          lines,
        ),
      ).toEqual(lines);
      expect(refusalsOf(results)).toEqual(refusals);
      expect(countersOf(results)).toMatchObject(counters);
    },
  );

  test(`gives elements of one time different times with "spread", the same in every delivery, with the converter "${converter}"`, () => {
    const declared = declaredIn('phases.mapping.json');
    const spread = { ...declared, timestamp: { ...(declared.timestamp as Declared), spread: true } };
    const [first, again] = [0, 1].map(() => convertBodies(bodiesOf('phases.ndjson'), spread, { converter })[0]);
    expect(again).toEqual(first);
    const times = (first as ConvertResult).lines.map((line) => line.slice(line.lastIndexOf(' ') + 1));
    for (const line of (first as ConvertResult).lines) expect(line).toMatch(/^meter,mac=AA11 power=/);
    expect(times).toHaveLength(3);
    expect(new Set(times).size).toBe(3);
    for (const time of times) expect(time).toMatch(/^1780000000\d{9}$/);
    expect((first as ConvertResult).pointsReplaced).toBe(0);
  });
});

const details = (file: string, declared: Declared): string[] =>
  convertBodies(bodiesOf(file), declared, { converter: 'line' }).flatMap(({ refused }) =>
    refused.map(({ refusal }) => refusal.detail),
  );

test('the refusal of a confirmation of SNS names the address that confirms it', () => {
  expect(details('confirm.ndjson', declaredIn('other.mapping.json'))[0]).toContain('SubscribeURL');
});

test('the refusal of the text null describes what the body is', () => {
  expect(details('debezium.ndjson', debezium)[0]).toContain('is a single JSON value');
});

test('the refusal of documents with commas between them describes what the body is', () => {
  expect(details('bodies.ndjson', sensors)[0]).toContain('separated by commas');
});

test('the refusal of an opened value names its path and its step', () => {
  const declared = {
    open: [{ path: 'message.data', decode: ['base64', 'json'], as: 'data' }],
    fields: { a: '$data.a' },
  };
  expect(details('wrapped.ndjson', declared)[0]).toMatch(/message\.data.*step json/);
});

const faultsOf = (declared: Declared): readonly string[] => {
  const read = parseMapping({ version: 1, measurement: 'm', ...declared });
  return 'faults' in read ? read.faults : [];
};

test.each([
  ['readings[0].t', 'readings.0.t'],
  ['devices.*.readings', '"events"'],
  ['readings[]', '"events"'],
  ['$.readings', '"readings"'],
  ['readings..t', '/readings//t'],
])('a path %s is a fault that names %s', (path, remedy) => {
  const [fault] = faultsOf({ fields: { t: path } });
  expect(fault).toMatch(/^mapping\.fields\.t /);
  expect(fault).toContain(remedy);
});

test('a field with the name $kind is a fault', () => {
  expect(faultsOf({ fields: { $kind: 'h' } })).toEqual([expect.stringMatching(/^mapping\.fields\.\$kind .*"\$"/)]);
});
