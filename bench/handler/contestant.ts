/** Creates the contestants of the handler. The process of a contestant loads this file. */

import { gzipSync } from 'node:zlib';
import type { SQSEvent } from 'aws-lambda';
import type { Contestant } from '../turns/contestant.ts';
import { type EventSize, sqsEvents } from './event.ts';
import { type Invoke, ours, powertools } from './invoke.ts';
import type { Part } from './stages.ts';

/** Describes a contestant, as the argument of its process. */
export interface HandlerArgument {
  readonly size: EventSize;
  /** Number of distinct events, at least. */
  readonly events: number;
  readonly url: string;
  readonly work:
    | { readonly kind: 'ours'; readonly gzip?: 'on' | 'off' }
    | { readonly kind: 'powertools'; readonly perRecord: boolean }
    | { readonly kind: 'floor' }
    | { readonly kind: 'part'; readonly part: Part };
}

/** Returns the least that any handler must do: parse the bodies, and compress the lines, which are ready. */
const floor =
  (lines: readonly Uint8Array[], events: readonly SQSEvent[]): Invoke =>
  async (event) => {
    const parsed = event.Records.map(({ body }): unknown => JSON.parse(body));
    return [parsed.length, gzipSync(lines[events.indexOf(event)] as Uint8Array, { level: 1 }).length];
  };

/** Returns the lines of each event, without writing them. */
const linesOf = async ({ size }: HandlerArgument, events: readonly SQSEvent[]): Promise<Uint8Array[]> => {
  const { createOurs } = await import('../conversion/ours.ts');
  const { dataSet } = await import('../data.ts');
  const { dataOf } = await import('./event.ts');
  const { ROOT } = await import('../conversion/root.ts');
  const texts = events.flatMap(({ Records }) => Records.map(({ body }) => body));
  const encode = await createOurs(dataSet(dataOf(size)), texts, { root: ROOT, converter: 'line' });
  return events.map((_, index) => encode(index * size.messages, (index + 1) * size.messages));
};

const invokeOf = async (argument: HandlerArgument, events: readonly SQSEvent[]): Promise<Invoke> => {
  const { work, size, url } = argument;
  if (work.kind === 'ours') return ours(size, url, work.gzip);
  if (work.kind === 'powertools') return powertools(url, work.perRecord);
  if (work.kind === 'floor') return floor(await linesOf(argument, events), events);
  const { createPart } = await import('./stages.ts');
  return createPart(work.part, size, url, events);
};

/** Creates a contestant. */
export const create = async (argument: HandlerArgument): Promise<Contestant> => {
  const { size, url, work } = argument;
  const events = sqsEvents(size, argument.events);
  const invoke = await invokeOf(argument, events);
  let next = 0;
  const contestant: Contestant = {
    async step() {
      await invoke(events[next] as SQSEvent);
      next = (next + 1) % events.length;
      return size.messages;
    },
  };
  if (work.kind !== 'ours' && work.kind !== 'powertools') return contestant;
  return {
    ...contestant,
    async lines() {
      await fetch(`${url}/record`);
      await invoke(events[0] as SQSEvent);
      return (await (await fetch(`${url}/recorded`)).text()).split('\n').filter((line) => line !== '');
    },
  };
};
