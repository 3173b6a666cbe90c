/** Valid events, each with the point that openGemini must contain afterwards. They fit `examples/mapping.json`. */

import type { Random } from './random.ts';

/** A point that openGemini must contain. */
export interface ExpectedPoint {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, number | string | boolean>>;
  /** Nanoseconds since 1970, as decimal digits. */
  readonly time: string;
}

/** A valid event with its point. */
export interface GoodEvent {
  /** JSON text of the event. */
  readonly text: string;
  readonly point: ExpectedPoint;
}

/** Members of a message that apply to all its events. */
export interface Root {
  readonly device: string;
  readonly site: string;
  readonly region: string | undefined;
}

const FIRST_SECOND = 1_767_225_600; // 2026-01-01
const NOTES = [
  'plain',
  'with "quotes"',
  'back\\slash\\',
  'trailing \\',
  'comma, space = equals',
  'Größe 温度 😀',
  'tab\there',
  '',
  '# no comment',
  'a=b,c d',
  '{"json":1}',
  "it's",
];
const TAGS = ['hall 1', 'a,b=c', 'back\\slash', 'ends in \\', 'München', '温度', '"quoted"', '#1', '1.50'];

/** Returns the time of event `n`. It is unique per event, so that no point overwrites another. */
export const timeOf = (n: number): { seconds: number; nanos: number } => ({
  seconds: FIRST_SECOND + Math.floor(n / 1_000),
  nanos: (n % 1_000) * 1_000_000 + ((n * 7_919) % 1_000_000),
});

/** Returns a time in nanoseconds, as decimal digits. */
export const digitsOf = ({ seconds, nanos }: { seconds: number; nanos: number }): string =>
  `${seconds}${String(nanos).padStart(9, '0')}`;

const float = (random: Random): number =>
  random.pick([
    () => random.below(10_000) / 100,
    () => (random.next() - 0.5) * 1e3,
    () => random.next() * 1e-8,
    () => random.next() * 1e22,
    () => -random.below(1e9),
    () => random.below(1e9) / 1e6,
    () => 0,
  ])();

/**
 * Returns a reading, an element of the array `readings`. Every valid event contains the text `good-N`, which no dead
 * letter may contain.
 */
export const reading = (n: number, root: Root, random: Random): GoodEvent => {
  const time = digitsOf(timeOf(n));
  const temperature = float(random);
  const count = random.pick([
    random.below(100),
    -random.below(2 ** 31),
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
  ]);
  const note = `good-${n} ${random.pick(NOTES)}`;
  const site = random.below(3) === 0 ? random.pick(TAGS) : undefined;
  const ok = random.below(4) === 0 ? undefined : random.below(2) === 0;
  // The time may be a number of 19 digits, which no double represents.
  const at = random.below(2) === 0 ? time : `"${time}"`;
  const members = [`"at":${at}`, `"t":${temperature}`, `"n":${count}`, `"note":${JSON.stringify(note)}`];
  if (site !== undefined) members.push(`"site":${JSON.stringify(site)}`);
  members.push(`"ok":${ok ?? null}`, '"ignored":{"deep":[1,2,{"at":0}]}');
  return {
    text: `{${members.join(',')}}`,
    point: {
      measurement: 'readings',
      tags: {
        device: root.device,
        site: site ?? root.site,
        ...(root.region === undefined ? {} : { region: root.region }),
      },
      fields: { temperature, count, note, ...(ok === undefined ? {} : { ok }) },
      time,
    },
  };
};

const iso = ({ seconds, nanos }: { seconds: number; nanos: number }): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`;

/** Returns an event of a host, with labels and values whose names vary. */
export const hostEvent = (n: number, random: Random): GoodEvent => {
  const kind = random.pick(['cpu', 'memory', 'disk=1']);
  const host = `host-${random.below(20)}`;
  const labels = Object.fromEntries(
    ['zone', 'rack unit', 'os=1'].filter(() => random.below(2) === 0).map((name) => [name, random.pick(TAGS)]),
  );
  const values = {
    used: float(random),
    'free space': float(random),
    note: `good-${n} ${random.pick(NOTES)}`,
    busy: random.below(2) === 0,
  };
  const at = timeOf(n);
  return {
    text: JSON.stringify({ kind, host, time: iso(at), labels, values }),
    point: { measurement: `host ${kind}`, tags: { host, ...labels }, fields: values, time: digitsOf(at) },
  };
};

const escapeName = (name: string): string => name.replace(/[, =]/g, '\\$&');

/** Returns a line in InfluxDB's dialect, which cannot express a tag that ends in a backslash. */
export const lineEvent = (n: number, random: Random): GoodEvent => {
  const tag = random.pick(TAGS.filter((one) => !one.endsWith('\\')));
  const value = float(random);
  const count = random.below(1e9);
  const note = `good-${n} ${random.pick(NOTES)}`;
  const time = digitsOf(timeOf(n));
  const quoted = `"${note.replace(/[\\"]/g, '\\$&')}"`;
  return {
    text: `line\\ in,tag\\ 1=${escapeName(tag)} value=${value},count=${count}i,note=${quoted},up=T ${time}`,
    point: { measurement: 'line in', tags: { 'tag 1': tag }, fields: { value, count, note, up: true }, time },
  };
};
