/** Log records and metrics of both functions. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createTelemetry, type FlushFacts, type InvocationFacts } from '../../src/adapters/telemetry.ts';
import { measureBacklog } from '../../src/checkpoint/capacity.ts';
import type { DrainReport } from '../../src/checkpoint/drain/drain-context.ts';
import { LEDGER_FIGURES } from '../../src/sink/ledger.ts';
import { sumReports } from '../../src/sink/report.ts';
import { decisionOf } from '../contract/state-table/decisions.ts';
import { catchOutput } from '../lambda/invoking.ts';

const DRAINED: DrainReport = {
  leased: 1,
  leasesLost: 0,
  segmentsSettled: 1,
  eventsWritten: 1,
  eventsQuarantined: 0,
  newer: 0,
  damaged: 0,
  conflictsResolved: 0,
  refusals: {},
  unwritten: {},
  idle: [],
};

const FLUSHED: FlushFacts = {
  drained: DRAINED,
  attempts: [],
  backlog: measureBacklog([], 0),
  adopted: 0,
  undrained: [],
  openBreakers: [],
  hold: undefined,
  nowMs: 0,
};

/** The log records and metrics of a run of the flush function. */
const flushed = (drained: Partial<DrainReport>) => {
  const output = catchOutput();
  const telemetry = createTelemetry('sink');
  telemetry.flushed({ ...FLUSHED, drained: { ...DRAINED, ...drained } });
  telemetry.metrics.publishStoredMetrics();
  return { logs: output.logs(), metrics: output.metrics()[0] };
};

test('segments in a newer format are counted and logged as an ERROR', () => {
  const { logs, metrics } = flushed({ newer: 2 });
  expect(metrics).toMatchObject({ segmentsNewer: 2 });
  expect(logs.map(({ level }) => level)).toEqual(['INFO', 'ERROR']);
  expect(flushed({}).metrics).toMatchObject({ segmentsNewer: 0 });
});

test('drained segments cause the same warnings as messages, and are not part of the ledger', () => {
  const refusals = { 'line-refused': 2 };
  const leftOver = { withheld: { lines: 3, text: 'the circuit breaker is open (denied): 401' } };
  const { logs, metrics } = flushed({ eventsQuarantined: 2, refusals, unwritten: leftOver });
  expect(metrics).toMatchObject({ eventsDrained: 3, eventsDrainedQuarantined: 2 });
  expect(metrics).not.toHaveProperty('eventsQuarantined');
  expect(logs).toMatchObject([
    { level: 'INFO', message: 'flush', eventsQuarantined: 2 },
    { level: 'WARN', message: 'Some events were refused.', refusals, drained: true },
    {
      level: 'WARN',
      message: 'Some lines were not written. They are checkpointed, or their messages are returned.',
      leftOver,
      drained: true,
    },
  ]);
  expect(logs[0]).not.toHaveProperty('leftOver');
});

test('a hold counts as an open breaker too, and each run of the flush function logs its reason', () => {
  const output = catchOutput();
  const telemetry = createTelemetry('sink');
  const hold = { reason: 'an upgrade', sinceMs: Date.UTC(2026, 0, 1), untilMs: undefined };
  telemetry.flushed({ ...FLUSHED, hold });
  telemetry.flushed({ ...FLUSHED, hold: { ...hold, untilMs: Date.UTC(2026, 0, 2) } });
  telemetry.metrics.publishStoredMetrics();
  const [first, second] = output.logs().filter(({ level }) => level === 'WARN');
  const message = 'An operator paused the sink. Events are checkpointed or returned until it is resumed.';
  expect(first).toMatchObject({ message, reason: 'an upgrade', since: '2026-01-01T00:00:00.000Z' });
  expect(first).not.toHaveProperty('until');
  expect(second).toMatchObject({ message, until: '2026-01-02T00:00:00.000Z' });
  expect(output.metrics()[0]).toMatchObject({ onHold: [1, 1], breakerOpen: [1, 1] });
  expect(flushed({}).metrics).toMatchObject({ onHold: 0, breakerOpen: 0 });
});

test('a damaged segment is logged as one ERROR with its lines and the damage', () => {
  const output = catchOutput();
  const damage = { segment: '01J', target: 'db/rp', lines: 3, damage: 'its payload is gone' };
  createTelemetry('sink').segmentDamaged(damage);
  expect(output.logs()).toMatchObject([
    { level: 'ERROR', message: 'A segment is damaged. Its lines were not written.', ...damage },
  ]);
});

const RECEIVED: InvocationFacts = {
  report: sumReports([], { received: 0, returned: 0 }),
  attempts: [],
  drained: undefined,
  durationMs: 10,
  eventLagMs: undefined,
  batchLines: 700,
  share: 0.4,
  openBreakers: [],
  hold: undefined,
  nowMs: 0,
};

test('an invocation warns of drained lines that the server did not accept, but not of lines withheld by an open breaker', () => {
  const warningsOf = (leftOver: DrainReport['unwritten']) => {
    const output = catchOutput();
    createTelemetry('sink').invocation({ ...RECEIVED, drained: { ...DRAINED, unwritten: leftOver } });
    return output.logs().filter(({ level }) => level === 'WARN');
  };
  const withheld = { lines: 3, text: 'the circuit breaker is open (denied): 401' };
  const held = { lines: 1, text: 'too many series' };
  expect(warningsOf({ withheld })).toEqual([]);
  expect(warningsOf({ withheld, held })).toMatchObject([{ leftOver: { held }, drained: true }]);
});

test('an invocation publishes batch size and share, and no share when the controller is off', () => {
  const metricsOf = (facts: Partial<InvocationFacts>) => {
    const output = catchOutput();
    const telemetry = createTelemetry('sink');
    telemetry.invocation({ ...RECEIVED, ...facts });
    telemetry.metrics.publishStoredMetrics();
    return output.metrics()[0];
  };
  expect(metricsOf({})).toMatchObject({ dynamicBatchSize: 700, requestShare: 0.4 });
  expect(metricsOf({ share: undefined })).not.toHaveProperty('requestShare');
});

test('a node that becomes unhealthy is a warning, and its recovery a message, each with the name of the node', () => {
  const output = catchOutput();
  const telemetry = createTelemetry('sink');
  telemetry.nodeFailed('10.0.0.1:8086', 'connect ECONNREFUSED');
  telemetry.nodeRecovered('10.0.0.1:8086');
  expect(output.logs()).toMatchObject([
    { level: 'WARN', node: '10.0.0.1:8086', reason: 'connect ECONNREFUSED' },
    { level: 'INFO', message: 'A node of openGemini works again.', node: '10.0.0.1:8086' },
  ]);
});

test('the number of unhealthy nodes is published if there are several nodes', () => {
  const metricsOf = (unhealthyNodes: number | undefined) => {
    const output = catchOutput();
    const telemetry = createTelemetry('sink');
    telemetry.invocation({ ...RECEIVED, unhealthyNodes });
    telemetry.metrics.publishStoredMetrics();
    return output.metrics()[0];
  };
  expect(metricsOf(1)).toMatchObject({ unhealthyNodes: 1 });
  expect(metricsOf(0)).toMatchObject({ unhealthyNodes: 0 });
  expect(metricsOf(undefined)).not.toHaveProperty('unhealthyNodes');
});

test('a step of the controller is logged with its reasons, unless it has none', () => {
  const output = catchOutput();
  const telemetry = createTelemetry('sink');
  const reasons = ['share 1 -> 0.4: 3.0 requests fit, 7.5 wanted'];
  telemetry.stepped(decisionOf(7, { share: 0.4, reasons }));
  telemetry.stepped(decisionOf(8, { reasons: [] }));
  expect(output.logs()).toMatchObject([
    { level: 'INFO', message: 'control', epoch: 7, batchLines: 500, share: 0.4, maximumConcurrency: 20, reasons },
  ]);
});

test('a program can add no value to any metric of the sink', () => {
  const source = readFileSync(new URL('../../src/adapters/telemetry.ts', import.meta.url), 'utf8');
  const literal = [...source.matchAll(/\badd\('(\w+)'/g)].map(([, name = '']) => name);
  const own = [...literal, ...LEDGER_FIGURES, 'valuesAltered', 'implausibleTimes'];
  expect(literal.length).toBeGreaterThan(15);
  const { recorder } = createTelemetry('sink');
  for (const name of own) expect(() => recorder.add(name, 1), name).toThrow('The sink uses the name');
});
