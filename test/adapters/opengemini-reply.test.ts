/** Classification of openGemini's responses, with the recorded corpus and with texts from its source. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { outcomeOfError, outcomeOfReply } from '../../src/adapters/opengemini-reply.ts';
import { OUTCOME_TEXTS } from './outcome-texts.ts';

interface Row {
  readonly name: string;
  readonly request: { readonly path?: string };
  readonly answer: { readonly status: number; readonly error: string | null };
}

const CORPUS = readFileSync(new URL('../fixture/write-corpus.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);

const json = (error: string): string => `${JSON.stringify({ error })}\n`;

describe('responses', () => {
  test.each(OUTCOME_TEXTS)('the response $status "$text" has the outcome $kind', ({ status, text, kind, detail }) => {
    const outcome = outcomeOfReply(
      status,
      status === 503
        ? `${text}
`
        : json(text),
    );
    expect(outcome).toMatchObject({ kind, ...detail });
  });

  test('a recorded response refuses lines exactly if the lines caused it', () => {
    const otherCauses = /^(?:no-db|unknown-db|v2-bucket|gzip|body-too-large|disable-write|readonly|auth|rp-unknown)/;
    for (const { name, answer } of CORPUS) {
      const { kind } = outcomeOfReply(answer.status, answer.error === null ? '' : json(answer.error));
      if (answer.status === 204) expect(kind, name).toBe('written');
      else if (otherCauses.test(name))
        expect(['unavailable', 'denied', 'misconfigured', 'too-large'], name).toContain(kind);
      else expect(kind, name).toBe('refused');
    }
  });

  test('an unknown response is neither a success nor a refusal of lines', () => {
    for (const status of [200, 202, 301, 302, 400, 402, 405, 409, 422, 429, 500, 502, 503, 504, 599]) {
      const { kind } = outcomeOfReply(status, '<html>proxy</html>');
      expect(['misconfigured', 'unavailable'], String(status)).toContain(kind);
    }
  });

  test('text of the data that a response quotes does not change the outcome', () => {
    for (const quoted of [
      'too many series',
      'database not found',
      'user is locked',
      'get resources out of time',
      'disable write!',
    ]) {
      const conflict = `partial write: field type conflict: input field "${quoted}" on measurement "${quoted}" is type float, already exists as type integer dropped=1`;
      expect(outcomeOfReply(400, json(conflict))).toEqual({ kind: 'refused', code: 'type-conflict', text: conflict });
      expect(outcomeOfReply(400, json(`cannot parse field value for "${quoted}": invalid number`)).kind).toBe(
        'refused',
      );
      expect(outcomeOfReply(500, json(`duplicate tag ${quoted}`)).kind).toBe('refused');
    }
  });
});

describe('no response', () => {
  const failure = (code: string): Error => Object.assign(new Error('failed'), { code });
  test.each([
    ['ECONNREFUSED', 'unavailable'],
    ['ENOTFOUND', 'unavailable'],
    ['UND_ERR_CONNECT_TIMEOUT', 'unavailable'],
    ['ECONNRESET', 'unavailable'],
    ['UND_ERR_SOCKET', 'unavailable'],
    ['UND_ERR_HEADERS_TIMEOUT', 'throttled'],
    ['UND_ERR_BODY_TIMEOUT', 'throttled'],
    ['HPE_INVALID_HEADER_TOKEN', 'refused'],
    ['CERT_HAS_EXPIRED', 'unavailable'],
  ])('the error %s has the outcome %s', (code, kind) => {
    expect(outcomeOfError(failure(code), false).kind).toBe(kind);
  });
  test('a reset while other requests are answered has the outcome throttled', () => {
    expect(outcomeOfError(failure('ECONNRESET'), true).kind).toBe('throttled');
  });
  test('a timeout of the adapter is recognized by the name of its error', () => {
    expect(outcomeOfError(new DOMException('timed out', 'TimeoutError'), false).kind).toBe('throttled');
  });
});
