/** Proposes a mapping, and converts the samples with it. */

import { readSource } from '../../infra/source-document.ts';
import { parseMapping } from '../../src/sink/mapping/parse-mapping.ts';
import { createInspectedConverter } from '../../src/testing/convert-messages.ts';
import { buildMessage } from '../../src/testing/messages.ts';
import { type ConversionSummary, SummaryCollector } from '../analysis/conversion-summary.ts';
import { presetAdvice } from './likely-preset.ts';
import { mappingYaml } from './mapping-yaml.ts';
import { propose } from './proposal.ts';
import type { Samples } from './samples.ts';

/** A proposed mapping, and the result of the samples. */
export interface CheckedProposal {
  /** Text of the mapping file. */
  readonly yaml: string;
  /** Measurement of all points, or one of them if events name theirs. */
  readonly measurement: string;
  readonly hasTime: boolean;
  /** When the messages of the samples were sent, in ms since 1970. */
  readonly sentAtMs: number;
  /** Advice to try a preset, as sentences. Undefined if no preset fits. */
  readonly advice: string | undefined;
  /** Lines of each body. */
  readonly lines: readonly (readonly string[])[];
  /** Number of dropped events of each body. */
  readonly dropped: readonly number[];
  readonly summary: ConversionSummary;
}

/**
 * Proposes a mapping. Returns the reason as a sentence if that is impossible.
 *
 * @param sentAtMs - When the samples were sent, in ms since 1970. Their times are compared with it.
 */
export const checkedProposal = (
  { bodies, events }: Samples,
  measurement: string,
  sentAtMs: number,
): CheckedProposal | string => {
  const proposal = propose(events, measurement);
  if (typeof proposal === 'string') return proposal;
  const yaml = mappingYaml(proposal);
  const source = readSource(yaml, 'mapping.yaml', 'mapping');
  const parsed = 'document' in source ? parseMapping(JSON.parse(source.document.json)) : { faults: source.faults };
  if ('faults' in parsed) throw new Error(`The proposed mapping has faults: ${JSON.stringify(parsed.faults)}\n${yaml}`);
  const collector = new SummaryCollector(parsed.mapping);
  const convert = createInspectedConverter(parsed, collector.inspect);
  const conversions = bodies.map((body, index) => {
    const conversion = convert(buildMessage(body, { id: `line-${index + 1}`, sentAtMs }));
    collector.add(conversion, `body ${index + 1}`);
    return conversion;
  });
  const lines = conversions.map((conversion) => conversion.lines.map(({ text }) => text));
  const dropped = conversions.map(({ counters }) => counters.dropped);
  const advice = proposal.preset === undefined ? undefined : presetAdvice(proposal.preset);
  return {
    yaml,
    measurement: proposal.measurement,
    advice,
    hasTime: proposal.time !== undefined,
    sentAtMs,
    lines,
    dropped,
    summary: collector.summary(),
  };
};
