/** The random scenario of a seed. */

import { readFileSync } from 'node:fs';
import type { Random } from '../../local/workload/random.ts';
import type { RuntimeSettings } from '../../src/runtime/runtime.ts';
import type { Mapping } from '../../src/sink/mapping/mapping.ts';
import { parseMapping } from '../../src/sink/mapping/parse-mapping.ts';
import type { Target } from '../../src/sink/ports.ts';
import type { FaultPlan } from './faults.ts';
import { conflictMapping } from './sim-conflicts.ts';
import { languageMapping } from './sim-language.ts';
import { presetMapping, type SimPreset } from './sim-presets.ts';
import { CLIENT_TIMEOUT_MS } from './sim-server.ts';

/** Settings of one sink. */
export interface SinkScenario {
  readonly name: string;
  readonly fifo: boolean;
  readonly settings: RuntimeSettings;
  readonly batchSize: number;
  readonly messages: number;
  readonly eventsPerMessage: number;
}

/** Settings of a seed. */
export interface Scenario {
  readonly sinks: readonly SinkScenario[];
  readonly plan: FaultPlan;
  /** Without a state table, only the messages survive an invocation. */
  readonly hasTable: boolean;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const KIB = 1024;

const declared = JSON.parse(readFileSync(new URL('../../examples/mapping.json', import.meta.url), 'utf8'));

/** Returns the declaration of the examples with a separate database for hosts, so that there are two targets. */
const declaredFor = (sink: string): { readonly mappings: readonly unknown[] } => ({
  ...declared,
  mappings: declared.mappings.map((rule: { tags: { host?: unknown } }) =>
    rule.tags.host === undefined ? rule : { ...rule, database: `hosts_${sink}` },
  ),
});

const targetOf = (sink: string): Target => ({ database: `telemetry_${sink}`, retentionPolicy: undefined });

const mappingFor = (sink: string): Mapping => {
  const read = parseMapping(declaredFor(sink), targetOf(sink));
  if ('faults' in read) throw new Error(read.faults.join('\n'));
  return read.mapping;
};

/** Returns the settings of a sink whose mapping uses all additions of the mapping language. */
export const withLanguage = ({ name, settings }: SinkScenario): RuntimeSettings => ({
  ...settings,
  converter: { ...settings.converter, mapping: languageMapping(declaredFor(name), targetOf(name)) },
});

/** Returns the settings of a sink whose mapping has a rule for each policy of type conflicts. */
export const withConflicts = ({ name, settings }: SinkScenario): RuntimeSettings => ({
  ...settings,
  converter: { ...settings.converter, mapping: conflictMapping(declaredFor(name), targetOf(name), name) },
});

/** Returns the settings of a sink whose mapping names a preset. */
export const withPreset = ({ name, settings }: SinkScenario, preset: SimPreset): RuntimeSettings => ({
  ...settings,
  converter: { ...settings.converter, mapping: presetMapping(declaredFor(name), targetOf(name), preset) },
});

/** Returns a random scenario. */
export const drawScenario = (random: Random): Scenario => {
  const hasTable = random.next() < 0.9;
  const names = random.next() < 0.3 ? ['a', 'b'] : ['a'];
  return {
    sinks: names.map((name) => drawSink(name, names.length, random)),
    plan: {
      activeMs: 4 * MINUTE_MS + random.next() * 10 * MINUTE_MS,
      shotsPerKind: 1,
      spellsPerKind: 1.2,
      spellMsMax: random.pick([MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS]),
      outageMs: random.next() < 0.1 ? (1 + random.next() * 5) * HOUR_MS : 0,
    },
    hasTable,
  };
};

const drawBatch = (random: Random): RuntimeSettings['batch'] => {
  const linesInitial = random.pick([20, 60, 200]);
  return {
    linesInitial,
    linesMin: 10,
    linesMax: 4 * linesInitial,
    growth: random.pick(['additive', 'multiplicative'] as const),
    latencyLowMs: 100,
    latencyHighMs: 500,
    evaluationIntervalMs: 2_000,
  };
};

const drawSink = (name: string, sinks: number, random: Random): SinkScenario => {
  const fifo = random.next() < 0.2;
  const eventsPerMessage = random.pick([4, 8, 15]);
  return {
    name,
    fifo,
    settings: {
      converter: {
        mapping: mappingFor(name),
        converter: random.next() < 0.9 ? 'line' : 'point',
        decode: { input: 'auto', messageBytesMax: 16 * KIB * KIB },
        target: targetOf(name),
      },
      batch: drawBatch(random),
      adaptive: random.next() < 0.8,
      batchBytes: random.pick([64 * KIB, 1024 * KIB]),
      inFlightMax: 1 + random.below(4),
      // With the small limit, invocations begin only some of their messages.
      invocationBytesMax: random.pick([20 * KIB, 64 * KIB * KIB, 64 * KIB * KIB]),
      requestMs: CLIENT_TIMEOUT_MS,
      retry: { attemptsMax: 3, baseMs: 100, capMs: 2_000 },
      createDatabase: false,
      flushIntervalMs: random.next() < 0.25 ? 30_000 : 0,
      checkpointBytesMax: random.pick([2 * KIB, 1024 * KIB * KIB, 1024 * KIB * KIB, 1024 * KIB * KIB]),
      sinkVersion: 'simulated',
    },
    batchSize: random.pick([5, 10, 40]),
    messages: Math.ceil(1_200 / sinks / eventsPerMessage),
    eventsPerMessage,
  };
};
