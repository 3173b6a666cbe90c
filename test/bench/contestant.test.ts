/** Contestants of the conversion (`bench/conversion/contestant.ts`), in this process. */

import { expect, test } from 'vitest';
import { type ConversionArgument, create } from '../../bench/conversion/contestant.ts';
import { PEER_NAMES, PEERS, type Peer } from '../../bench/conversion/peers.ts';
import { ROOT } from '../../bench/conversion/root.ts';
import { differenceOf } from '../../bench/conversion/verify.ts';
import { DATA_NAMES, type DataName, dataSet } from '../../bench/data.ts';

const EVENTS = 40;
const OURS = { kind: 'ours', root: ROOT, converter: 'line' } as const;

const linesOf = async (data: DataName, work: ConversionArgument['work']): Promise<readonly string[]> =>
  (await (await create({ data, events: EVENTS, work })).lines?.(EVENTS)) ?? [];

test.each(DATA_NAMES)('the sink converts all events of %s, as its point converter does', async (data) => {
  const lines = await linesOf(data, OURS);
  expect(lines).toHaveLength(EVENTS);
  expect(await linesOf(data, { ...OURS, converter: 'point' })).toEqual(lines);
});

const readable = DATA_NAMES.filter((name) => dataSet(name).read !== undefined);

test.each(readable)('the peers and the reference write the points of the sink from %s', async (data) => {
  const expected = await linesOf(data, OURS);
  expect(differenceOf(await linesOf(data, { kind: 'reference' }), expected)).toBeUndefined();
  for (const peer of PEER_NAMES.filter((name) => (PEERS[name] as Peer).differs === undefined))
    expect(differenceOf(await linesOf(data, { kind: 'peer', peer }), expected), peer).toBeUndefined();
});

test('reports the first line that contains another point', () => {
  const line = 'm,a=1,b=2 x=1,y=t 1780000000000000000';
  expect(differenceOf([line], ['m,b=2,a=1 y=true,x=1.0 1780000000000000000'])).toBeUndefined();
  expect(differenceOf([line], [line.replace('x=1', 'x=2')])).toContain('x=2');
  expect(differenceOf([line], [line.replace('x=1', 'x=1i')])).toContain('x=1i');
  expect(differenceOf([line], [line, line])).toBe('1 lines instead of 2');
});
