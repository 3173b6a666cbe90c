/** Converts the events of a page in this process, with the configuration and the converter of `convert`. */

import { createLinePrinter } from '../../cli/line-printer.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Target } from '../../src/sink/ports.ts';
import { createMessageConverter } from '../../src/testing/convert-messages.ts';
import { buildMessage } from '../../src/testing/messages.ts';

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
  const convert = createMessageConverter({ ...config, target: CONFIGURED });
  let text = '';
  const refused: Refused[] = [];
  const print = createLinePrinter(CONFIGURED, (part) => {
    text += part;
  });
  for (const [index, body] of bodies.entries()) {
    const line = index + 1;
    const { lines, refusals } = convert(buildMessage(body, { id: `line-${line}` }));
    for (const { eventIndex, code, detail } of refusals) {
      const one = { line, event: eventIndex, reason: code, detail };
      refused.push(one);
      text += `${JSON.stringify(one)}\n`;
    }
    print(lines);
  }
  return { text: text.trimEnd(), refused };
};
