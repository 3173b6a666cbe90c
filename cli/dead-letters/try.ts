/** `dlq try`: shows what would become of the dead letters with another mapping. Nothing is sent. */

import { createInspectedConverter, UNNAMED_TARGET } from '../../src/testing/convert-messages.ts';
import { type ConversionConfigOptions, conversionConfig } from '../conversion-config.ts';
import { counted } from '../counted.ts';
import { loadProgram } from '../handler-file.ts';
import type { SinkNameOptions } from '../sink-names.ts';
import { styled, widthOf, wrapped } from '../terminal.ts';
import { type Desk, visitAll, withDesk } from './desk.ts';
import { remarks } from './list.ts';
import { Trial, type TrialChange } from './trial.ts';
import type { Visited } from './visit-letters.ts';

/** Options of one call. */
export interface TryOptions extends SinkNameOptions, ConversionConfigOptions {
  readonly handler?: string;
  readonly limit: number;
  readonly json?: boolean;
}

/** Returns the conversion of the function with the options of a call. */
export const converterFor = async ({
  handler,
  ...options
}: ConversionConfigOptions & { readonly handler?: string }) => {
  const { config, extensions } = conversionConfig(options, await loadProgram(handler));
  const mapping = extensions.converter === undefined ? config.mapping : undefined;
  return createInspectedConverter({ ...config, mapping, extensions, target: UNNAMED_TARGET }, () => undefined);
};

/** Runs the command. Returns the exit code: 0, or 1 if a letter would be refused again. */
export const tryMapping = async (options: TryOptions): Promise<number> => {
  // Faults of the mapping are reported before any letter is received.
  const trial = new Trial(await converterFor(options));
  return withDesk(options, async (desk, signal) => {
    const visited = await visitAll(desk, (letter) => trial.add(letter), { max: options.limit, signal });
    const text = options.json ? JSON.stringify(members(visited, trial)) : trialText(desk, visited, trial).join('\n');
    process.stdout.write(`${text}\n`);
    return trial.count('refused') > 0 ? 1 : 0;
  });
};

const members = (visited: Visited, trial: Trial): unknown => ({
  ...visited,
  written: trial.count('written'),
  refused: trial.count('refused'),
  dropped: trial.count('dropped'),
  undecided: trial.undecided,
  changes: trial.changes(),
});

const trialText = (desk: Desk, visited: Visited, trial: Trial): string[] => {
  const width = widthOf(process.stdout);
  const counts = [
    `${trial.count('written')} would be written`,
    `${trial.count('refused')} would be refused again`,
    ...(trial.count('dropped') === 0 ? [] : [`${trial.count('dropped')} would be dropped`]),
  ];
  const text = `${counted(visited.letters, 'dead letter')}: ${counts.join(', ')}. Nothing was sent.`;
  return [
    wrapped(styled('bold', text, process.stdout), width),
    ...trial.changes().map((change) => wrapped(changeText(change), width, INDENT)),
    ...(trial.undecided === 0
      ? []
      : [
          wrapped(
            `${trial.undecided} of those that would be written were refused by the server or the function before. Only a redrive shows whether they are accepted now.`,
            width,
          ),
        ]),
    ...remarks(visited, desk).map((remark) => wrapped(remark, width)),
  ];
};

const INDENT = 8;

const changeText = ({ from, to, result, count, example }: TrialChange): string => {
  const style = result === 'refused' ? 'red' : 'green';
  const detail = result === 'refused' ? `, for example ${example.id}: ${example.detail}` : '';
  return `${String(count).padStart(INDENT - 2)}  ${from} -> ${styled(style, to, process.stdout)}${detail}`;
};
