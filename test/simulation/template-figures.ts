/** Time limits and other limits of the deployed service, from a packaged template. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildService, packageService } from '../infra/package-service.ts';
import { readTemplate, resourceOf, type Template } from '../infra/template.ts';

/** Settings of the deployed service. */
export interface TemplateFigures {
  readonly timeoutMs: number;
  readonly flushTimeoutMs: number;
  readonly flushEveryMs: number;
  readonly visibilityMs: number;
  readonly maxReceiveCount: number;
  readonly retentionMs: number;
  readonly concurrency: number;
  readonly windowMs: number;
}

const MINUTE_MS = 60_000;

/** Reads the settings from a template. */
export const figuresOf = (template: Template): TemplateFigures => {
  const seconds = (value: number): number => value * 1_000;
  const functionOf = (id: string) => resourceOf(template, 'AWS::Lambda::Function', id).Properties;
  const queue = resourceOf(template, 'AWS::SQS::Queue', 'EventQueue').Properties;
  const source = resourceOf(template, 'AWS::Lambda::EventSourceMapping').Properties;
  const schedule = resourceOf(template, 'AWS::Events::Rule').Properties.ScheduleExpression as string;
  const minutes = /^rate\((\d+) minutes?\)$/.exec(schedule)?.[1];
  if (minutes === undefined) throw new Error(`The schedule ${schedule} is not a rate in minutes.`);
  return {
    timeoutMs: seconds(functionOf('IngestLambdaFunction').Timeout),
    flushTimeoutMs: seconds(functionOf('FlushLambdaFunction').Timeout),
    flushEveryMs: Number(minutes) * MINUTE_MS,
    visibilityMs: seconds(queue.VisibilityTimeout),
    maxReceiveCount: queue.RedrivePolicy.maxReceiveCount,
    retentionMs: seconds(queue.MessageRetentionPeriod),
    concurrency: source.ScalingConfig.MaximumConcurrency,
    windowMs: seconds(source.MaximumBatchingWindowInSeconds),
  };
};

/** Packages the service and reads its template. */
export const packagedFigures = (): TemplateFigures => {
  const folder = mkdtempSync(join(tmpdir(), 'opengemini-sink-figures-'));
  try {
    buildService();
    packageService(folder, []);
    return figuresOf(readTemplate(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
};
