/** `flush`: drains the backlog of a sink now, by invoking its flush function until an end is clear. */

import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { emulatorAccess } from '../local/loopback.ts';
import { systemClock } from '../src/adapters/clock.ts';
import { dynamoStateTable, tableAccess } from '../src/adapters/dynamodb.ts';
import { awsRemedy } from './aws-remedy.ts';
import type { FlushState } from './flush/flush-end.ts';
import { type FlushOutcome, type FlushPorts, flushRuns } from './flush/flush-runs.ts';
import { endText, progressText } from './flush/flush-text.ts';
import { LiveText } from './live-text.ts';
import { listSegments, readStatusOf } from './read-status.ts';
import { requiredName, type SinkNameOptions, type SinkNames, sinkNames, tableClient } from './sink-names.ts';
import { requireKnownSink } from './sink-table.ts';
import { styled } from './terminal.ts';
import { externalError, UsageError } from './usage-error.ts';

/** Options of one call. */
export interface FlushOptions
  extends Pick<SinkNameOptions, 'stack' | 'table' | 'sink' | 'endpoint' | 'function' | 'lambdaEndpoint'> {
  readonly json?: boolean;
}

const READ_MS = 10_000;
/** Interval at which the table is read during a run. */
const WATCH_MS = 1_000;

/** Runs the command. The exit code is 1 if a backlog remains. */
export const flush = async (options: FlushOptions): Promise<void> => {
  const names = await sinkNames(options);
  const table = requiredName(names, 'table', 'A sink without a state table has no backlog.');
  const name = requiredName(names, 'flushFunction');
  const live = new LiveText(process.stderr);
  const interruption = listenForInterruption(live);
  const dynamodb = await tableClient(names.dynamodbEndpoint);
  const lambda = await lambdaClient(names);
  try {
    const access = tableAccess(dynamodb, table, systemClock);
    const { view, sinks } = await readStatusOf(access, table, names.sink, systemClock);
    requireKnownSink(names.sink, view, sinks);
    const outcome = await flushRuns({
      readState: stateReader(access, names.sink, table),
      invoke: () => invoke(lambda, name),
      isInterrupted: interruption.isInterrupted,
      onProgress: (progress, isRunning) => {
        // A log needs one line per run only.
        if (process.stderr.isTTY || !isRunning) live.show(progressText(progress));
      },
      pause: pauseFor(WATCH_MS),
    });
    live.clear();
    report(outcome, { sink: names.sink, table, function: name }, options.json === true);
  } finally {
    live.end();
    interruption.close();
    dynamodb.destroy();
    lambda.destroy();
  }
};

const pauseFor =
  (ms: number): FlushPorts['pause'] =>
  async (signal) => {
    // An aborted pause rejects, which means only that it has ended.
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  };

const report = (outcome: FlushOutcome, names: Readonly<Record<string, string>>, isJson: boolean): void => {
  const { end, segments, lines, drainedLines, elapsedMs, runs } = outcome;
  if (end.kind !== 'empty') process.exitCode = 1;
  const seconds = elapsedMs / 1_000;
  const text = isJson
    ? JSON.stringify({ ...names, end: end.kind, segments, lines, drainedLines, seconds, runs })
    : `${progressText(outcome)}\n${styled(end.kind === 'empty' ? 'green' : 'yellow', endText(end, systemClock.nowMs()), process.stdout)}`;
  process.stdout.write(`${text}\n`);
};

/** Ends after the current run at the first Ctrl-C, and immediately at the second. */
const listenForInterruption = (live: LiveText) => {
  let isInterrupted = false;
  const onSignal = (): void => {
    if (isInterrupted) process.exit(130);
    isInterrupted = true;
    live.line('Stopping after this run of the flush function. Press Ctrl-C again to stop now; the run then continues.');
  };
  process.on('SIGINT', onSignal);
  return { isInterrupted: () => isInterrupted, close: () => process.off('SIGINT', onSignal) };
};

/** Returns the reader of the entries of all segments, and of breakers and hold. */
const stateReader =
  (access: ReturnType<typeof tableAccess>, sink: string, table: string) => async (): Promise<FlushState> => {
    const state = dynamoStateTable(access, sink, systemClock);
    const deadline = systemClock.deadlineIn(READ_MS);
    try {
      const { breakers, hold } = await state.readShared();
      const entries = await listSegments(state.segments, deadline);
      return { entries, breakers, hold, nowMs: systemClock.nowMs() };
    } catch (error) {
      throw externalError(`The state table ${table} cannot be read`, error, awsRemedy(error));
    } finally {
      deadline.release();
    }
  };

/** Returns a client of the Lambda of a `dev` on this machine, or of AWS. */
const lambdaClient = async ({ lambdaEndpoint, dynamodbEndpoint }: SinkNames): Promise<LambdaClient> => {
  // A table on this machine belongs to no function in AWS.
  if (lambdaEndpoint === undefined && dynamodbEndpoint !== undefined)
    throw new UsageError(
      '--endpoint names a table on this machine. Use --lambda-endpoint too, or run "dev" in this folder.',
    );
  // One attempt, because a repeated invocation would be another run.
  const once = { maxAttempts: 1 };
  if (lambdaEndpoint !== undefined) return new LambdaClient({ ...emulatorAccess(lambdaEndpoint), ...once });
  const client = new LambdaClient(once);
  await client.config.region().catch(() => {
    throw new UsageError('No region is set. Set AWS_REGION.');
  });
  return client;
};

/** Makes one run. Throws a `UsageError` if the function cannot be invoked or fails. */
const invoke = async (client: LambdaClient, name: string): Promise<void> => {
  const { FunctionError, Payload } = await client
    .send(new InvokeCommand({ FunctionName: name, Payload: '{}' }))
    .catch((error: unknown) => {
      throw externalError(`The flush function ${name} cannot be invoked`, error, awsRemedy(error));
    });
  if (FunctionError === undefined) return;
  const { errorType = FunctionError, errorMessage = '' } = JSON.parse(Payload?.transformToString() || '{}');
  throw new UsageError(
    `The flush function ${name} failed: ${errorType}: ${errorMessage}\nIts log contains the reason.`,
  );
};
