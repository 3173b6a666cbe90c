/** Export requests in OTLP's JSON encoding, as an OpenTelemetry Collector sends them: resource, scope, metric, point. */

import { type Random, randomFrom } from '../local/workload/random.ts';

/** Points of one request. */
export const OTLP_POINTS = 10;

const SEED = 42;
const FIRST_NS = 1_780_000_000_000_000_000n;
const BOUNDS = [0.005, 0.025, 0.1, 0.5, 2.5];

const attribute = (key: string, value: string): object => ({ key, value: { stringValue: value } });

/** Generates export requests, the same in every run. */
export const otlpRequests = (count: number): object[] => {
  const random = randomFrom(SEED);
  return Array.from({ length: count }, (_, index) => ({
    resourceMetrics: [
      {
        resource: {
          attributes: [
            attribute('service.name', `service-${random.below(40)}`),
            attribute('service.instance.id', `instance-${index}`),
            attribute('deployment.environment', 'production'),
            { key: 'process.pid', value: { intValue: String(random.below(30_000)) } },
          ],
        },
        scopeMetrics: [{ scope: { name: 'http', version: '1.4.0' }, metrics: metricsOf(random, index) }],
      },
    ],
  }));
};

const metricsOf = (random: Random, index: number): object[] => {
  const time = String(FIRST_NS + BigInt(index) * 1_000_000n);
  const start = String(FIRST_NS);
  const point = (route: number, values: object): object => ({
    attributes: [attribute('http.route', `/api/v1/items/${route}`), attribute('http.method', 'GET')],
    startTimeUnixNano: start,
    timeUnixNano: time,
    ...values,
  });
  const points = (length: number, values: () => object): object[] =>
    Array.from({ length }, (_, route) => point(route, values()));
  return [
    {
      name: 'http.server.requests',
      unit: '{request}',
      sum: {
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: points(4, () => ({ asInt: String(random.below(1_000_000)) })),
      },
    },
    {
      name: 'process.cpu.utilization',
      unit: '1',
      gauge: { dataPoints: points(4, () => ({ asDouble: random.next() })) },
    },
    {
      name: 'http.server.duration',
      unit: 's',
      histogram: { aggregationTemporality: 2, dataPoints: points(2, () => histogramOf(random)) },
    },
  ];
};

const histogramOf = (random: Random): object => {
  const counts = Array.from({ length: BOUNDS.length + 1 }, () => random.below(100));
  const count = counts.reduce((sum, one) => sum + one, 0);
  return {
    count: String(count),
    sum: Number((count * random.next()).toFixed(4)),
    bucketCounts: counts.map(String),
    explicitBounds: BOUNDS,
  };
};
