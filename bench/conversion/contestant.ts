/** Creates the contestants of the conversion. The process of a contestant loads this file. */

import { type DataName, type DataSet, dataSet, textsOf } from '../data.ts';
import type { Reading } from '../readings.ts';
import { type Columns, createReference } from '../reference.ts';
import type { Contestant } from '../turns/contestant.ts';
import type { BodyEncoder } from './body-encoder.ts';
import type { OursOptions } from './ours.ts';
import { PEERS, type PeerName } from './peers.ts';

/** Describes a contestant, as the argument of its process. */
export interface ConversionArgument {
  readonly data: DataName;
  /** Number of distinct events, at least. */
  readonly events: number;
  readonly work:
    | { readonly kind: 'parse' }
    | { readonly kind: 'reference' }
    | { readonly kind: 'peer'; readonly peer: PeerName }
    | ({ readonly kind: 'ours' } & OursOptions);
}

/** Events per step, as in one request. A step is short compared with a slice, except with the largest bodies. */
const STEP_EVENTS = 512;

let parsed: unknown; // Keeps the result alive, so that parsing is not optimized away.

const parseOnly =
  (texts: readonly string[]): BodyEncoder =>
  (first, end) => {
    for (let index = first; index < end; index++) parsed = JSON.parse(texts[index] as string);
    return new Uint8Array(parsed === undefined ? 0 : 1);
  };

const peerEncoder = async (texts: readonly string[], { read }: DataSet, peer: PeerName): Promise<BodyEncoder> => {
  if (read === undefined) throw new Error(`${peer} cannot convert this data.`);
  const readEvent = read as (event: unknown) => Reading;
  const write = await PEERS[peer].load();
  return (first, end) => write(texts.slice(first, end).map((text) => readEvent(JSON.parse(text))));
};

/** Returns the columns of a mapping whose paths are plain, or those of a canonical event. */
const columnsOf = ({ declaration }: DataSet): Columns => {
  const { timestamp, tags, fields } = (declaration ?? {
    timestamp: 'timestamp',
    tags: { device: 'tags.device', line: 'tags.line', region: 'tags.region', site: 'tags.site' },
    fields: Object.fromEntries(
      ['temperature', 'humidity', 'pressure', 'count', 'ok', 'note'].map((name) => [name, `fields.${name}`]),
    ),
  }) as {
    readonly timestamp: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly fields: Readonly<Record<string, string | { readonly path: string }>>;
  };
  const pathsOf = (columns: Readonly<Record<string, string | { readonly path: string }>>) =>
    Object.fromEntries(
      Object.entries(columns).map(([name, column]) => [
        name,
        (typeof column === 'string' ? column : column.path).split('.'),
      ]),
    );
  return { tags: pathsOf(tags), fields: pathsOf(fields), integers: ['count'], time: timestamp.split('.') };
};

const referenceEncoder = (texts: readonly string[], data: DataSet): BodyEncoder => {
  const { add, take } = createReference('telemetry', columnsOf(data));
  return (first, end) => {
    for (let index = first; index < end; index++) add(JSON.parse(texts[index] as string));
    return take();
  };
};

const encoderOf = async (
  data: DataSet,
  texts: readonly string[],
  { work }: ConversionArgument,
): Promise<BodyEncoder> => {
  if (work.kind === 'parse') return parseOnly(texts);
  if (work.kind === 'reference') return referenceEncoder(texts, data);
  if (work.kind === 'peer') return peerEncoder(texts, data, work.peer);
  // Loaded here only, so that the processes of the others start faster.
  return (await import('./ours.ts')).createOurs(data, texts, work);
};

let written = 0; // Depends on all results, so that the work is not optimized away.

/** Creates a contestant. */
export const create = async (argument: ConversionArgument): Promise<Contestant> => {
  const data = dataSet(argument.data);
  const bodies = Math.ceil(argument.events / data.eventsPerBody);
  const stepBodies = Math.max(1, Math.floor(STEP_EVENTS / data.eventsPerBody));
  const texts = textsOf(data.bodies(bodies));
  const encode = await encoderOf(data, texts, argument);
  let next = 0;
  return {
    step() {
      const first = next;
      const end = Math.min(first + stepBodies, bodies);
      written += encode(first, end).length;
      next = end === bodies ? 0 : end;
      return written === 0 ? 0 : (end - first) * data.eventsPerBody;
    },
    lines(count) {
      return Buffer.from(encode(0, Math.min(count, bodies)))
        .toString()
        .split('\n')
        .filter((line) => line !== '');
    },
  };
};
