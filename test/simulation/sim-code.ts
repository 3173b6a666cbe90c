/** Functions of a user: a decoder, and a converter that makes the points of `examples/mapping.json`. */

import type { PointConverter, PointInput } from '../../src/sink/custom/hooks.ts';

/** Texts of events for which the function of the user throws, and never returns. */
export const CODE: Readonly<Record<string, string>> = { throwing: 'code throws', blocking: 'code blocks' };

/** A decoder of a user, for bodies of JSON objects. Integers that a double cannot hold are of type `bigint`. */
export const decodeJson = (body: string): unknown =>
  JSON.parse(body, ((_key: string, value: unknown, { source = '' }: { source?: string }) =>
    Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value) as (
    key: string,
    value: unknown,
  ) => unknown);

/** A root with readings, or an event of a host. */
export interface CodeEvent {
  readonly device: string;
  readonly site: string;
  readonly readings?: readonly {
    readonly at: bigint | string;
    readonly t: number | bigint;
    readonly n: number | bigint;
    readonly ok: boolean | null;
    readonly note: string;
    readonly site?: string;
  }[];
  readonly kind: string;
  readonly host: string;
  readonly time: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, number | bigint | string | boolean>>;
}

const floatOf = <T>(value: T | bigint): T | number => (typeof value === 'bigint' ? Number(value) : value);

/** Returns nanoseconds of a time like `2026-01-01T00:00:00.000000001Z`. */
const nanosecondsOf = (time: string): bigint => {
  const [seconds = '', fraction = ''] = time.slice(0, -1).split('.');
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
};

const hostPoint = ({ kind, host, time, labels, values = {} }: CodeEvent): PointInput => ({
  measurement: `host ${kind}`,
  tags: { host, ...labels },
  fields: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, floatOf(value)])),
  timestamp: nanosecondsOf(time),
});

/**
 * Returns the converter.
 *
 * @param before - Called with each event. It may throw.
 */
export const converterOf = (before: (event: CodeEvent) => void): PointConverter<CodeEvent> => ({
  toPoints(event, { message }) {
    before(event);
    if (event.readings === undefined) return hostPoint(event);
    return event.readings.map(({ at, t, n, ok, note, site }) => ({
      measurement: 'readings',
      tags: { device: event.device, site: site ?? event.site ?? 'unknown', region: message.attributes.region?.value },
      fields: { temperature: floatOf(t), count: BigInt(n), ok, note },
      timestamp: String(at),
    }));
  },
});
