/** Responses of the server to a write request. */

import { readFileSync } from 'node:fs';
import { errorText, outcomeOfReply } from '../../../src/adapters/opengemini-reply.ts';
import { consequenceOf, type OutcomeKind, textOf } from '../../../src/sink/outcome.ts';
import { REFUSAL_CODES } from '../../../src/sink/refusal.ts';
import { linesNamedByServer } from '../../../src/sink/write/lines-named-by-server.ts';
import { batchOf } from '../../checkpoint/make.ts';
import { inputOf, must, selected, type Target } from '../target.ts';

const STATUSES = [400, 500, 413, 503, 403, 401, 404, 204, 200, 429, 502, 302];
/** Outcomes of responses. `withheld` needs no request. */
const KINDS: readonly OutcomeKind[] = [
  'written',
  'refused',
  'held',
  'too-large',
  'throttled',
  'unavailable',
  'denied',
  'misconfigured',
];
/** Characters of an error text that is no conflict, at most, with the status before it. */
const TEXT_MAX = 520;

const BATCH = batchOf(['m,t=a v=1,w=2i 1', 'm v="x" 2', 'a\\ b f\\,g=true 3', 'é v=1 4']);

const recorded = (): readonly { readonly answer: { readonly status: number; readonly error: string | null } }[] =>
  readFileSync(new URL('../../fixture/write-corpus.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

export const target: Target = {
  meaning: 'responses of the server to a write request',
  selectors: 1,
  seeds: () => [
    ...recorded()
      .filter(({ answer }) => answer.error !== null && STATUSES.includes(answer.status))
      .map(({ answer: { status, error } }) => inputOf([STATUSES.indexOf(status)], JSON.stringify({ error }))),
    ...['v', 'w', 'f,g', 'no'].map((field) =>
      inputOf(
        [0],
        `partial write: field type conflict: input field "${field}" on measurement "m" is type float, already exists as type string dropped=1`,
      ),
    ),
    inputOf([0], 'partial write: invalid measurement name: a b dropped=1'),
  ],
  run: (input) => {
    const status = selected(STATUSES, input[0]);
    const body = Buffer.from(input.subarray(1)).toString('utf8');
    const outcome = outcomeOfReply(status, body);
    must(KINDS.includes(outcome.kind), 'an outcome has an unknown kind', outcome);
    must((outcome.kind === 'written') === (status === 204), 'a status other than 204 counts as written', {
      status,
      outcome,
    });
    if (outcome.kind === 'refused')
      must(REFUSAL_CODES.includes(outcome.code), 'an outcome has an unknown code', outcome);
    consequenceOf(outcome);
    const text = textOf(outcome);
    must(text.length <= TEXT_MAX || text.startsWith('partial write: '), 'an error text is too long', text.length);
    const named = linesNamedByServer(BATCH, errorText(body));
    const isListed = named.every(({ index }, at) => index < BATCH.lines && index > (named[at - 1]?.index ?? -1));
    must(isListed, 'a named line is not in the batch', named);
  },
};
