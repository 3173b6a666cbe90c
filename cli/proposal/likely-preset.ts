/** Recognizes the events of producers that have a preset, by members that their formats always have. */

import { isObject, type Json, type JsonObject } from '../../src/sink/json/json.ts';

/** A preset whose events look like the samples. */
export interface LikelyPreset {
  readonly name: string;
  /** The producer, as in "events of PRODUCER". */
  readonly producer: string;
}

interface Signature extends LikelyPreset {
  readonly matches: (event: JsonObject) => boolean;
}

const VECTOR_VALUES = ['counter', 'gauge', 'set', 'distribution', 'aggregated_histogram', 'aggregated_summary'];

const isText = (value: Json | undefined): boolean => typeof value === 'string';
const has = (value: Json | undefined, name: string): boolean => isObject(value) && Object.hasOwn(value, name);
const isTelegraf = ({ name, fields, tags, timestamp }: JsonObject): boolean =>
  isText(name) && isObject(fields) && isObject(tags) && timestamp !== undefined;

/** More specific signatures first. An event of EventBridge is recognized with and without its envelope. */
const SIGNATURES: readonly Signature[] = [
  { name: 'otlp-metrics', producer: 'OpenTelemetry', matches: ({ resourceMetrics }) => Array.isArray(resourceMetrics) },
  { name: 'chirpstack-v4', producer: 'ChirpStack v4', matches: ({ deviceInfo }) => has(deviceInfo, 'devEui') },
  { name: 'ttn-v3', producer: 'The Things Stack v3', matches: (event) => isObject(event.end_device_ids) },
  {
    name: 'cloudwatch-metric-stream',
    producer: 'a metric stream of CloudWatch',
    matches: ({ metric_stream_name: stream }) => isText(stream),
  },
  {
    name: 'telegraf',
    producer: 'Telegraf',
    matches: (event) => {
      if (isTelegraf(event)) return true;
      const { metrics } = event;
      return Array.isArray(metrics) && metrics.length > 0 && metrics.every((one) => isObject(one) && isTelegraf(one));
    },
  },
  {
    name: 'cloudwatch-alarm',
    producer: 'CloudWatch alarms',
    matches: (event) =>
      /^CloudWatch Alarm /.test(String(event['detail-type'])) ||
      (isText(event.AlarmName) && isText(event.NewStateValue)) ||
      (isText(event.alarmName) && has(event.state, 'value')),
  },
  {
    name: 'greengrass-telemetry',
    producer: 'AWS IoT Greengrass',
    matches: (event) =>
      event['detail-type'] === 'Greengrass Telemetry Data' || (isText(event.ThingName) && Array.isArray(event.ADP)),
  },
  { name: 'iot-sitewise', producer: 'AWS IoT SiteWise', matches: ({ type }) => type === 'PropertyValueUpdate' },
  {
    name: 'homeassistant',
    producer: 'Home Assistant',
    matches: (event) => event.event_type === 'state_changed',
  },
  {
    name: 'cloudevents',
    producer: 'CloudEvents',
    matches: ({ specversion, type }) => isText(specversion) && isText(type),
  },
  {
    name: 'vector',
    producer: 'Vector',
    matches: (event) => isText(event.name) && isText(event.kind) && VECTOR_VALUES.some((name) => isObject(event[name])),
  },
  {
    name: 'senml',
    producer: 'SenML',
    matches: (event) =>
      (isText(event.bn) || isText(event.n)) && ['v', 'vs', 'vb', 'vd', 's'].some((name) => event[name] !== undefined),
  },
];

/** Returns the preset whose signature at least half of the events have, or undefined. */
export const likelyPreset = (events: readonly JsonObject[]): LikelyPreset | undefined =>
  SIGNATURES.find(({ matches }) => {
    const found = events.filter(matches).length;
    return found > 0 && found * 2 >= events.length;
  });

/** Returns the advice to try a preset, as sentences. */
export const presetAdvice = ({ name, producer }: LikelyPreset): string =>
  `These events look like those of ${producer}. Try "convert --mapping preset:${name}" first.`;
