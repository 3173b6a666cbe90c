/** Converts the events of a page in this process, with the configuration and the converter of `convert`. */

import { createLinePrinter } from '../../cli/line-printer.ts';
import { readConfig } from '../../src/config/config.ts';
import { type ConversionObserver, createConverter } from '../../src/sink/convert/converter.ts';
import type { Message } from '../../src/sink/message.ts';
import type { Target } from '../../src/sink/ports.ts';

/** A refused event, as `convert` reports it. */
export interface Refused {
  readonly line: number;
  readonly event: number;
  readonly reason: string;
  readonly detail: string;
}

/** Result of a conversion. */
export interface Conversion {
  /** Standard output and standard error of `convert`, in the order in which they are printed. */
  readonly text: string;
  readonly refused: readonly Refused[];
}

const CONFIGURED: Target = { database: '', retentionPolicy: undefined };

/** When the messages of all examples were sent: 2025-08-15T00:00:00Z. */
const SENT_AT_MS = 1_755_216_000_000;

/**
 * Converts message bodies.
 *
 * @param mapping - Mapping as JSON text. Undefined for canonical events.
 * @throws ConfigError if the mapping has faults.
 */
export const convertBodies = (mapping: string | undefined, bodies: readonly string[], kind = 'line'): Conversion => {
  const config = readConfig({
    OPENGEMINI_URL: 'http://127.0.0.1:8086',
    OPENGEMINI_DATABASE: 'none',
    SINK_CONVERTER: kind,
    ...(mapping === undefined ? {} : { SINK_MAPPING: mapping }),
  });
  const converter = createConverter({
    ...config,
    target: CONFIGURED,
    decode: { input: config.input, messageBytesMax: config.messageBytesMax },
  });
  let text = '';
  const refused: Refused[] = [];
  const printer = createLinePrinter(CONFIGURED, (part) => {
    text += typeof part === 'string' ? part : Buffer.from(part).toString();
  });
  for (const [index, body] of bodies.entries()) {
    const line = index + 1;
    const message: Message = {
      id: `line-${line}`,
      body,
      sentAtMs: SENT_AT_MS,
      firstReceivedAtMs: SENT_AT_MS,
      receiveCount: 1,
      groupId: undefined,
      attributes: {},
      origin: undefined,
    };
    const observer: ConversionObserver = {
      refused: ({ eventIndex, refusal }) => {
        const one = { line, event: eventIndex, reason: refusal.code, detail: refusal.detail };
        refused.push(one);
        text += `${JSON.stringify(one)}\n`;
      },
      converted: () => undefined,
    };
    Array.from(converter.convert(converter.decode(message, line), printer, observer));
    printer.flush();
  }
  return { text: text.trimEnd(), refused };
};
