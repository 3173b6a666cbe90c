/** `pause`: stores a hold on a sink, so that no instance writes to openGemini. `resume` in `resume.ts` ends it. */

import { systemClock } from '../src/adapters/clock.ts';
import { dynamoHoldStore } from '../src/adapters/dynamodb.ts';
import { type Hold, isInForce } from '../src/breaker/hold.ts';
import { endText, holdText } from './hold-text.ts';
import { type SinkTableOptions, withSinkTable } from './sink-table.ts';
import { UsageError } from './usage-error.ts';

/** Options of one call. */
export interface PauseOptions extends SinkTableOptions {
  readonly reason: string;
  /** Duration in milliseconds. */
  readonly for?: number;
  /** End in milliseconds since 1970. */
  readonly until?: number;
  readonly json?: boolean;
}

/** Runs the command. */
export const pause = async (options: PauseOptions): Promise<void> => {
  const nowMs = systemClock.nowMs();
  const hold: Hold = { reason: options.reason, sinceMs: nowMs, untilMs: endOf(options, nowMs) };
  const { sink, table, replaced } = await withSinkTable(options, async ({ sink, table, view, access, deadline }) => {
    await dynamoHoldStore(access, sink).hold(hold, deadline);
    return { sink, table, replaced: isInForce(view.hold, nowMs) ? view.hold : undefined };
  });
  const text = options.json
    ? JSON.stringify({ sink, table, hold, replaced: replaced ?? null })
    : pauseLines(sink, hold, replaced, nowMs).join('\n');
  process.stdout.write(`${text}\n`);
};

/** Returns the end of the hold, or undefined without one. Throws a `UsageError` if it is not in the future. */
const endOf = ({ for: durationMs, until }: PauseOptions, nowMs: number): number | undefined => {
  if (durationMs !== undefined && until !== undefined)
    throw new UsageError('--for and --until both set the end of the pause. Use one of them.');
  if (durationMs !== undefined) return nowMs + durationMs;
  if (until !== undefined && until <= nowMs)
    throw new UsageError(`--until must be in the future, got ${new Date(until).toISOString()}.`);
  return until;
};

const pauseLines = (sink: string, hold: Hold, replaced: Hold | undefined, nowMs: number): readonly string[] => [
  `The sink ${sink} is paused until ${endText(hold, nowMs)}: ${hold.reason}`,
  ...(replaced === undefined ? [] : [`This replaces an earlier pause (${holdText(replaced, nowMs)}).`]),
  'Its instances read this within 1.5 s of their work and then send no further request. Requests in flight end as usual.',
  'Events are stored in the state table, or stay in the queue, which deletes messages after its retention (14 days in the template).',
];
