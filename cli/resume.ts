/** `resume`: ends the hold of an operator on a sink. */

import { systemClock } from '../src/adapters/clock.ts';
import { dynamoHoldStore } from '../src/adapters/dynamodb.ts';
import { type Hold, isInForce } from '../src/breaker/hold.ts';
import { agoText } from './duration.ts';
import { type SinkTableOptions, withSinkTable } from './sink-table.ts';

/** Options of one call. */
export interface ResumeOptions extends SinkTableOptions {
  readonly json?: boolean;
}

/** Runs the command. A sink that is not paused is no error. */
export const resume = async (options: ResumeOptions): Promise<void> => {
  const { sink, table, hold } = await withSinkTable(options, async ({ sink, table, view, access, deadline }) => {
    await dynamoHoldStore(access, sink).resume(deadline);
    return { sink, table, hold: view.hold };
  });
  const nowMs = systemClock.nowMs();
  const ended = isInForce(hold, nowMs) ? hold : undefined;
  const text = options.json ? JSON.stringify({ sink, table, ended: ended ?? null }) : resumeText(sink, ended, nowMs);
  process.stdout.write(`${text}\n`);
};

const resumeText = (sink: string, ended: Hold | undefined, nowMs: number): string =>
  ended === undefined
    ? `The sink ${sink} was not paused.`
    : `The sink ${sink} is no longer paused. It was paused ${agoText(ended.sinceMs, nowMs)}: ${ended.reason}`;
