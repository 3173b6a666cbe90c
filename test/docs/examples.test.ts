/** The mappings of the examples accept names and times that real producers send. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseMapping } from '../../src/sink/mapping/parse-mapping.ts';
import { createMessageConverter } from '../../src/testing/convert-messages.ts';
import { buildMessage } from '../../src/testing/messages.ts';
import { ROOT } from './pages.ts';

interface Converted {
  readonly lines: readonly string[];
  readonly refused: readonly string[];
}

const convert = (example: string, bodies: readonly object[], sentAtMs = 1_780_000_000_000): Converted => {
  const parsed = parseMapping(JSON.parse(readFileSync(new URL(`examples/${example}.json`, ROOT), 'utf8')));
  if ('faults' in parsed) throw new Error(parsed.faults.join('\n'));
  const converter = createMessageConverter({ mapping: parsed.mapping });
  const results = bodies.map((body, index) =>
    converter(buildMessage(JSON.stringify(body), { id: `message-${index}`, sentAtMs })),
  );
  return {
    lines: results.flatMap(({ lines }) => lines.map(({ text }) => text)),
    refused: results.flatMap(({ refusals }) => refusals.map(({ code, detail }) => `${code}: ${detail}`)),
  };
};

describe('examples/cloudwatch.json', () => {
  const metric = (more: object): object => ({
    metric_stream_name: 's',
    account_id: '123456789012',
    region: 'eu-central-1',
    namespace: 'AWS/EC2',
    metric_name: 'CPUUtilization',
    dimensions: {},
    timestamp: 1_780_000_000_000,
    value: { max: 4, count: 3 },
    unit: 'None',
    ...more,
  });

  test('a metric with blanks and a slash in its name is written', () => {
    const { lines, refused } = convert('cloudwatch', [
      metric({
        namespace: 'CWAgent',
        metric_name: 'Network Interface Bytes Sent/sec',
        dimensions: { objectname: 'Network Interface' },
      }),
    ]);
    expect(refused).toEqual([]);
    expect(lines).toEqual([
      'CWAgent_Network_Interface_Bytes_Sent_sec,aws_account=123456789012,aws_region=eu-central-1,aws_unit=None,objectname=Network\\ Interface max=4,count=3 1780000000000000000',
    ]);
  });

  test('dimensions with the names of members of the stream keep their names', () => {
    const dimensions = { region: 'north', unit: '7', namespace: 'x', account: 'y', timestamp: 'z' };
    const { lines, refused } = convert('cloudwatch', [metric({ namespace: 'Plant/Custom', dimensions })]);
    expect(refused).toEqual([]);
    expect(lines).toEqual([
      'Plant_Custom_CPUUtilization,account=y,aws_account=123456789012,aws_region=eu-central-1,aws_unit=None,namespace=x,region=north,timestamp=z,unit=7 max=4,count=3 1780000000000000000',
    ]);
  });

  test('names that openGemini reserves or refuses are repaired', () => {
    const { lines, refused } = convert('cloudwatch', [
      metric({
        namespace: '#1',
        metric_name: 'a,b;c\\d',
        dimensions: { time: 't' },
        value: { 'p"99': 1, 'TM(10%:90%)': 2 },
      }),
    ]);
    expect(refused).toEqual([]);
    expect(lines).toEqual([
      '_1_a_b_c_d,aws_account=123456789012,aws_region=eu-central-1,aws_unit=None,time_=t p_99=1,TM(10%:90%)=2 1780000000000000000',
    ]);
  });
});

describe('examples/eventbridge.json', () => {
  const order = (orderId: string): object => ({
    version: '0',
    id: orderId,
    'detail-type': 'Order Placed',
    source: 'shop.orders',
    account: '123456789012',
    time: '2026-05-28T20:26:40Z',
    region: 'eu-central-1',
    resources: [],
    detail: { orderId, shop: { id: 'berlin-1' }, items: 3, total: 59.85, currency: 'EUR' },
  });

  test('two orders of one shop in one second are two points, the same in every delivery', () => {
    const { lines, refused } = convert('eventbridge', [order('A-1'), order('A-2')]);
    expect(refused).toEqual([]);
    const times = lines.map((line) => line.split(' ').at(-1));
    expect(new Set(times).size).toBe(2);
    for (const time of times) expect(time).toMatch(/^1780000000\d{9}$/);
    const later = convert('eventbridge', [order('A-1'), order('A-2')], 1_780_000_500_000);
    expect(later.lines).toEqual(lines);
  });
});

describe('examples/opentelemetry.json', () => {
  const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });

  test('OTLP as exporters send it is converted by the preset', () => {
    const { lines, refused } = convert('opentelemetry', [
      {
        resourceMetrics: [
          {
            resource: { attributes: [text('service.name', 'api')] },
            scopeMetrics: [
              {
                scope: { name: 's' },
                metrics: [
                  {
                    name: 'queue',
                    unit: '1',
                    gauge: {
                      dataPoints: [
                        { attributes: [text('q', 'a')], timeUnixNano: '1780000000000000001', asDouble: 4.5 },
                        { attributes: [text('q', 'b')], timeUnixNano: '1780000000000000001', asInt: '7' },
                      ],
                    },
                  },
                ],
              },
            ],
          },
        ],
      },
    ]);
    expect(refused).toEqual([]);
    expect(lines).toEqual([
      'queue,otel.library.name=s,q=a,service.name=api gauge=4.5 1780000000000000001',
      'queue,otel.library.name=s,q=b,service.name=api gauge=7 1780000000000000001',
    ]);
  });

  test('metrics and attributes of the simpler form may have any name', () => {
    const attributes = { 'service.name': 'x', service: 'y', host: 'z', time: 't', 'a"b': 1 };
    const { lines, refused } = convert('opentelemetry', [
      {
        resource: { attributes: { 'service.name': 'api', 'host.name': 'web-1' } },
        metrics: [{ name: 'bytes sent/sec', timeUnixNano: '1780000000000000001', value: 1, attributes }],
      },
    ]);
    expect(refused).toEqual([]);
    expect(lines).toEqual([
      'bytes\\ sent_sec,a"b=1,host=z,host.name=web-1,service=y,service.name=api,time_=t value=1 1780000000000000001',
    ]);
  });
});
