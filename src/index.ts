/**
 * Package export `opengemini-sqs-sink`: mappings, configuration, conversion, and handlers, for programs that embed the sink.
 * Importing it loads only modules of Node itself.
 *
 * @module
 */

export type { MetricRecorder, MetricUnitName } from './adapters/metric-recorder.ts';
export { type Config, ConfigError, type Credentials, type EnvironmentVariables, readConfig } from './config/config.ts';
export type {
  FlushReport,
  FunctionReport,
  HandlerOptions,
  QuarantinedEvent,
  SettingValues,
  SinkExtensions,
} from './config/handler-options.ts';
export { type Setting, type Settings, setting, type ValueOf } from './config/setting.ts';
export type { FlushHandler } from './lambda/flush.ts';
export { createFlushHandler, createIngestHandler, type LazyHandler } from './lambda/handlers.ts';
export type { IngestHandler } from './lambda/ingest.ts';
export type { ConversionObserver, ConvertedFigures } from './sink/convert/conversion-observer.ts';
export {
  type Converter,
  type ConverterKind,
  type ConverterOptions,
  createConverter,
  type LineBuffers,
} from './sink/convert/converter.ts';
export type { DecodedMessage } from './sink/convert/decoded-message.ts';
export type { ConversionExtensions } from './sink/convert/extensions.ts';
export type { LinePrecision } from './sink/convert/influx-point.ts';
export { pointLine } from './sink/convert/point-converter.ts';
export type {
  BodyDecoder,
  EventContext,
  EventConverter,
  EventHooks,
  EventTransform,
  LineConverter,
  MessageInfo,
  PointConverter,
  PointInput,
} from './sink/custom/hooks.ts';
export type { DecodeOptions, Input } from './sink/decode/decode-options.ts';
export type { EventRules } from './sink/decode/find-events.ts';
export type { PieceLimits } from './sink/lines/batch.ts';
export { LineBuffer } from './sink/lines/line-buffer.ts';
export type { FieldValue, Point, Time } from './sink/lines/point.ts';
export {
  type BuiltConverter,
  type LineConverterBuilder,
  lineConverter,
  type TagOptions,
  type TimestampOptions,
} from './sink/mapping/line-converter.ts';
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
export type { BatcherOptions, BufferState, FlushRule } from './sink/write/batcher.ts';
export { VERSION } from './version.ts';
