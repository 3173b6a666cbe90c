/**
 * Package export `opengemini-sqs-sink/testing`: what a test of a mapping or of a converter needs. Works in memory, without
 * AWS, a server, or a clock.
 *
 * @module
 */

export {
  type Conversion,
  type ConversionCounters,
  type ConversionOptions,
  type ConversionRefusal,
  type ConvertedLine,
  convertBodies,
  convertMessages,
  createMessageConverter,
} from './testing/convert-messages.ts';
export { buildMessage, eventBridgeBody, gzipBody, snsBody } from './testing/messages.ts';
