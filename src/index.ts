/** The library's door: what programs may use besides deploying the functions. */

export { type Config, ConfigError, type Environment, readConfig } from './config.ts';
export { createFlushHandler } from './handlers/flush.ts';
export { createIngestHandler } from './handlers/ingest.ts';
export {
  type Converter,
  type ConverterOptions,
  type ConverterOutput,
  createConverter,
  type Opened,
} from './sink/converter.ts';
export type { Deadline } from './sink/deadline.ts';
export type { Checkpoint } from './sink/leftovers.ts';
export { LineBuffer, type OwnedBatch } from './sink/line-buffer.ts';
export type { Mapping, MappingRule } from './sink/mapping.ts';
export { readMapping } from './sink/mapping-reader.ts';
export type { Message, MessageAttribute } from './sink/message.ts';
export type { Outcome, OutcomeKind } from './sink/outcome.ts';
export { type Point, pointLine } from './sink/point.ts';
export { REFUSAL_CODES, type Refusal, type RefusalCode } from './sink/refusal.ts';
export type { SinkReport } from './sink/report.ts';
export { runSink, type SinkDeadlines, type SinkOptions, type SinkPorts } from './sink/sink.ts';
export type { Batch, Target, Writer } from './sink/writer.ts';
export { VERSION } from './version.ts';
