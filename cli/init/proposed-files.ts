/** The files of a new project whose mapping was proposed from sample events. */

import type { CheckedProposal } from '../proposal/checked-proposal.ts';
import type { Samples } from '../proposal/samples.ts';

/** Messages in the test of the project, at most. */
const MESSAGES_MAX = 5;

/** YAML does not accept longer names in braces. */
const LONG_NAME = /"(?:[^"\\]|\\.){1000,}"\s*:/;

/** Returns the files that replace those of the template. `undefined` removes a file. */
export const proposedFiles = (
  { bodies }: Samples,
  proposal: CheckedProposal,
): Readonly<Record<string, string | undefined>> => ({
  'mapping.json': undefined,
  'test/mapping.test.js': undefined,
  'mapping.yaml': proposal.yaml,
  'mapping.test.yaml': testFile(bodies.slice(0, MESSAGES_MAX), proposal),
  'events.ndjson': bodies.map((body) => `${body}\n`).join(''),
});

/** Returns a text of the template with the names of the replaced files, and with the proposed measurement. */
export const withProposedNames =
  (measurement: string) =>
  (text: string): string =>
    text
      .replaceAll('SELECT * FROM room', `SELECT * FROM "${measurement}"`)
      .replaceAll('mapping.json', 'mapping.yaml')
      .replaceAll('`test/`', '`mapping.test.yaml`')
      .replaceAll('node --test', 'opengemini-sink test mapping.test.yaml');

const testFile = (bodies: readonly string[], { lines, dropped, hasTime, sentAtMs }: CheckedProposal): string => {
  const expected = lines.slice(0, bodies.length).flat();
  const droppedEvents = dropped.slice(0, bodies.length).reduce((sum, count) => sum + count, 0);
  return [
    '# The points that the sample events must become. "npm test" compares them.',
    'mapping: ./mapping.yaml',
    'tests:',
    '  - name: the sample events become points',
    '    messages:',
    ...bodies.flatMap((body) => [`      - sentAt: ${new Date(sentAtMs).toISOString()}`, `        ${bodyMember(body)}`]),
    '    lines:',
    ...expected.map((line) => `      - ${JSON.stringify(hasTime ? line : line.replace(/ \d+$/, ''))}`),
    ...(droppedEvents === 0 ? [] : [`    dropped: ${droppedEvents}`]),
    '',
  ].join('\n');
};

const bodyMember = (body: string): string =>
  isJson(body) && !LONG_NAME.test(body) ? `body: ${body}` : `text: ${JSON.stringify(body)}`;

/** Whether a body is one JSON object or array. Others are several documents, contain `NaN`, or are encoded. */
const isJson = (body: string): boolean => {
  try {
    return typeof JSON.parse(body) === 'object';
  } catch {
    return false;
  }
};
