/**
 * Library entry point: the public API for programs that embed the sink. Importing it loads only modules of Node itself.
 */

export { type Config, ConfigError, type Credentials, type EnvironmentVariables, readConfig } from './config/config.ts';
export type { FlushHandler } from './lambda/flush.ts';
export { createFlushHandler, createIngestHandler, type LazyHandler } from './lambda/handlers.ts';
export type { IngestHandler } from './lambda/ingest.ts';
export {
  type ConversionObserver,
  type Converter,
  type ConverterKind,
  type ConverterOptions,
  createConverter,
  type DecodedMessage,
  type LineBuffers,
} from './sink/convert/converter.ts';
export { pointLine } from './sink/convert/point-converter.ts';
export type { DecodeOptions, Input } from './sink/decode/decode.ts';
export type { PieceLimits } from './sink/lines/batch.ts';
export { LineBuffer } from './sink/lines/line-buffer.ts';
export type { FieldValue, Point, Time } from './sink/lines/point.ts';
export type { Mapping, MappingRule } from './sink/mapping/mapping.ts';
export { parseMapping } from './sink/mapping/parse-mapping.ts';
export type { LetterOrigin, Message, MessageAttribute } from './sink/message.ts';
export type { Outcome, OutcomeKind } from './sink/outcome.ts';
export type {
  Batch,
  Checkpoint,
  DeadLetter,
  DeadLetters,
  Deadline,
  OwnedBatch,
  Pace,
  Target,
  WaitReason,
  Writer,
} from './sink/ports.ts';
export { REFUSAL_CODES, type Refusal, type RefusalCode, type RefusedEvent } from './sink/refusal.ts';
export type { InvocationReport, SinkReport } from './sink/report.ts';
export { runSink, type SinkDeadlines, type SinkOptions, type SinkPorts } from './sink/sink.ts';
export type { BatcherOptions } from './sink/write/batcher.ts';
export { VERSION } from './version.ts';
