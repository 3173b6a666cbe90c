/** Library entry point: the public API for programs that embed the sink. */

export { type Config, ConfigError, type EnvironmentVariables, readConfig } from './config/config.ts';
export { createFlushHandler, createIngestHandler, type LazyHandler } from './lambda/handlers.ts';
export {
  type Converter,
  type ConverterOptions,
  createConverter,
  type DecodedMessage,
  type LineBuffers,
} from './sink/convert/converter.ts';
export { pointLine } from './sink/convert/point-converter.ts';
export { LineBuffer } from './sink/lines/line-buffer.ts';
export type { Point } from './sink/lines/point.ts';
export type { Mapping, MappingRule } from './sink/mapping/mapping.ts';
export { parseMapping } from './sink/mapping/parse-mapping.ts';
export type { Message, MessageAttribute } from './sink/message.ts';
export type { Outcome, OutcomeKind } from './sink/outcome.ts';
export type { Batch, Checkpoint, Deadline, OwnedBatch, Target, Writer } from './sink/ports.ts';
export { REFUSAL_CODES, type Refusal, type RefusalCode } from './sink/refusal.ts';
export type { SinkReport } from './sink/report.ts';
export { runSink, type SinkDeadlines, type SinkOptions, type SinkPorts } from './sink/sink.ts';
export { VERSION } from './version.ts';
