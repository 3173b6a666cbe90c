/** The contestants of each data set. */

import { type DataName, dataSet } from '../data.ts';
import type { Entry } from '../turns/contestant-process.ts';
import type { ConversionArgument } from './contestant.ts';
import { PEER_NAMES, type PeerName } from './peers.ts';
import { ROOT } from './root.ts';

/** Names of the contestants that are no peers. */
export const PARSE = 'Parse';
/** The converter of the sink. */
export const OURS = 'Ours';
/** The converter of the sink, which parses each body with `JSON.parse`. */
export const WITHOUT_SCANNER = 'OursWithoutScanner';
/** The converter of the sink for debugging, which builds points. */
export const POINT_CONVERTER = 'OursPointConverter';
/** The encoder of `reference.ts`. */
export const REFERENCE = 'Reference';

const MODULE = new URL('./contestant.ts', import.meta.url);

/** Which contestants to measure. */
export interface EntryOptions {
  /** Number of distinct events. */
  readonly events: number;
  /** Leaves out the point converter, and measures most other contestants on typical data only. */
  readonly quick: boolean;
}

const PEERS_QUICK: readonly PeerName[] = ['InfluxdbClient'];

const peersFor = (data: DataName, { quick }: EntryOptions): readonly PeerName[] => {
  if (dataSet(data).read === undefined) return [];
  return quick && data !== 'typical' ? PEERS_QUICK : PEER_NAMES;
};

/** Returns an entry for a contestant. */
export const entryOf = (name: string, argument: ConversionArgument): Entry => ({ name, module: MODULE, argument });

/** Returns the contestants of a data set. */
export const entriesOf = (data: DataName, options: EntryOptions): Entry[] => {
  const { events, quick } = options;
  const entry = (name: string, work: ConversionArgument['work']): Entry => entryOf(name, { data, events, work });
  const hasAll = !quick || data === 'typical';
  return [
    entry(PARSE, { kind: 'parse' }),
    entry(OURS, { kind: 'ours', root: ROOT, converter: 'line' }),
    ...(hasAll ? [entry(WITHOUT_SCANNER, { kind: 'ours', root: ROOT, converter: 'line', scan: false })] : []),
    ...(quick ? [] : [entry(POINT_CONVERTER, { kind: 'ours', root: ROOT, converter: 'point' })]),
    ...peersFor(data, options).map((peer) => entry(peer, { kind: 'peer', peer })),
    ...(hasAll && dataSet(data).read !== undefined ? [entry(REFERENCE, { kind: 'reference' })] : []),
  ];
};
