/** The library's door: what programs may use besides deploying the functions. */

export { type Config, ConfigError, type Environment, readConfig } from './config/config.ts';
export { createFlushHandler } from './lambda/flush.ts';
export { createIngestHandler } from './lambda/ingest.ts';
export {
  type Converter,
  type ConverterOptions,
  type ConverterOutput,
  createConverter,
  type Opened,
} from './sink/convert/converter.ts';
export { type Point, pointLine } from './sink/convert/point-converter.ts';
export type { Deadline } from './sink/deadline.ts';
export { LineBuffer, type OwnedBatch } from './sink/lines/line-buffer.ts';
export type { Mapping, MappingRule } from './sink/mapping/mapping.ts';
export { readMapping } from './sink/mapping/parse-mapping.ts';
export type { Message, MessageAttribute } from './sink/message.ts';
export type { Outcome, OutcomeKind } from './sink/outcome.ts';
export type { Batch, Target, Writer } from './sink/ports.ts';
export { REFUSAL_CODES, type Refusal, type RefusalCode } from './sink/refusal.ts';
export type { SinkReport } from './sink/report.ts';
export type { Checkpoint } from './sink/settle/unwritten.ts';
export { runSink, type SinkDeadlines, type SinkOptions, type SinkPorts } from './sink/sink.ts';
export { VERSION } from './version.ts';
