/**
 * Preset `otlp-metrics`: converts metrics in OTLP's JSON encoding. The points are those of the OpenTelemetry Collector's
 * `influxdb` exporter with its schema `telegraf-prometheus-v1`; docs/presets.md lists the differences.
 *
 * Members have the names of OTLP's JSON encoding, lowerCamelCase. OTLP does not allow their names in Protobuf.
 */

import { isObject, type Json, type JsonObject, kindOf, memberOf } from '../json/json.ts';
import { measurementFrom } from '../outside-names.ts';
import { refuse } from '../refusal.ts';
import {
  exponentialFields,
  type FieldReader,
  hasNoValue,
  histogramFields,
  numberFields,
  summaryFields,
} from './otlp-points.ts';
import { objectOf, ValueReader } from './otlp-values.ts';
import { type PresetConverter, type PresetEvent, refused } from './preset.ts';

/** Kinds of metrics, as members of a metric, and the reader of their points. */
const KINDS: Readonly<Record<string, (data: JsonObject) => FieldReader>> = {
  gauge: () => numberFields('gauge'),
  sum: (data) => numberFields(memberOf(data, 'isMonotonic') === true ? 'counter' : 'gauge'),
  histogram: () => histogramFields,
  exponentialHistogram: () => exponentialFields,
  summary: () => summaryFields,
};

/** Converts an export request. */
export const convertOtlpMetrics: PresetConverter = (root) => {
  const resources = isObject(root) ? memberOf(root, 'resourceMetrics') : undefined;
  if (resources === undefined)
    return [refused(refuse('no-mapping', `expected metrics in OTLP's JSON encoding, with "resourceMetrics"`))];
  return elementsOf(resources, 'resourceMetrics', convertResource);
};

/** Converts each element of an array. Any other value, and any element that is not an object, is refused. */
const elementsOf = (
  value: Json | undefined,
  place: string,
  convert: (element: JsonObject, place: string) => readonly PresetEvent[],
): readonly PresetEvent[] => {
  if (value === undefined) return [];
  if (!Array.isArray(value))
    return [refused(refuse('no-events', `${place}: expected an array, found ${kindOf(value)}`))];
  return (value as readonly Json[]).flatMap((element, index) =>
    isObject(element)
      ? convert(element, `${place}.${index}`)
      : [refused(refuse('undecodable', `${place}.${index}: expected an object, found ${kindOf(element)}`))],
  );
};

/** Members beside each list. */
const BESIDE = {
  scopeMetrics: ['resource', 'schemaUrl'],
  metrics: ['scope', 'schemaUrl'],
  dataPoints: ['aggregationTemporality', 'isMonotonic'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/**
 * Converts each element of a list that may be absent. OTLP before 0.19 had other names, and those of its definition in
 * Protobuf are `data_points` and the like. What a member with an unknown name contains would be lost, so it is refused.
 */
const listed = (
  parent: JsonObject,
  list: keyof typeof BESIDE,
  place: string,
  convert: (element: JsonObject, place: string) => readonly PresetEvent[],
): readonly PresetEvent[] => {
  const value = memberOf(parent, list);
  const known: readonly string[] = [list, ...BESIDE[list]];
  const unknown = value === undefined ? Object.keys(parent).find((name) => !known.includes(name)) : undefined;
  return unknown === undefined
    ? elementsOf(value, `${place}.${list}`, convert)
    : [refused(refuse('no-mapping', `${place}: expected "${list}", found "${unknown}"`))];
};

const convertResource = (element: JsonObject, place: string): readonly PresetEvent[] => {
  const reader = new ValueReader(`${place}.resource`);
  const tags = new Map<string, string>();
  reader.attributes(objectOf(element, 'resource'), tags);
  return listed(element, 'scopeMetrics', place, (scoped, at) =>
    convertScope(scoped, at, { tags, refusal: reader.refusal }),
  );
};

/** Tags that a point gets from its scope and resource, and the refusal if they cannot be read. */
interface Surroundings {
  readonly tags: ReadonlyMap<string, string>;
  readonly refusal: PresetRefusal;
}

type PresetRefusal = ValueReader['refusal'];

const convertScope = (element: JsonObject, place: string, resource: Surroundings): readonly PresetEvent[] => {
  const scope = objectOf(element, 'scope');
  const reader = new ValueReader(`${place}.scope`);
  const tags = new Map(resource.tags);
  for (const name of ['name', 'version']) {
    const text = memberOf(scope, name);
    if (typeof text === 'string' && text !== '') tags.set(`otel.library.${name}`, text);
  }
  reader.attributes(scope, tags);
  const surroundings = { tags, refusal: resource.refusal ?? reader.refusal };
  return listed(element, 'metrics', place, (metric, at) => convertMetric(metric, at, surroundings));
};

const convertMetric = (metric: JsonObject, place: string, surroundings: Surroundings): readonly PresetEvent[] => {
  const kind = Object.keys(KINDS).find((name) => isObject(memberOf(metric, name)));
  if (kind === undefined) {
    const kinds = Object.keys(KINDS).join(', ');
    return [refused(refuse('no-mapping', `${place}: expected one of ${kinds}, found ${namesText(metric)}`))];
  }
  const data = objectOf(metric, kind);
  const name = memberOf(metric, 'name');
  const measurement = typeof name === 'string' ? measurementFrom(name) : '';
  const readFields = KINDS[kind]?.(data) as FieldReader;
  return listed(data, 'dataPoints', `${place}.${kind}`, (point, at) => [
    convertPoint(point, at, { measurement, readFields, surroundings }),
  ]);
};

const namesText = (metric: JsonObject): string =>
  Object.keys(metric)
    .map((name) => `"${name}"`)
    .join(', ') || 'no member';

interface PointContext {
  readonly measurement: string;
  readonly readFields: FieldReader;
  readonly surroundings: Surroundings;
}

const convertPoint = (
  point: JsonObject,
  place: string,
  { measurement, readFields, surroundings }: PointContext,
): PresetEvent => {
  if (hasNoValue(memberOf(point, 'flags'))) return { kind: 'dropped' };
  const reader = new ValueReader(place);
  const tags = new Map(surroundings.tags);
  reader.attributes(point, tags);
  const fields = Object.fromEntries(readFields(point, reader));
  const time = reader.integer(point, 'timeUnixNano');
  const refusal = surroundings.refusal ?? reader.refusal;
  if (refusal !== undefined) return refused(refusal);
  const event = { measurement, tags: Object.fromEntries(tags), fields };
  // 0 stands for an unknown time.
  return { kind: 'point', event: time === 0n ? event : { ...event, timestamp: String(time) } };
};
