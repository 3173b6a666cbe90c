/**
 * What an answer of openGemini (or its absence) means. The status alone says little: it answers 500 to permanent faults
 * of a single line and 400 to a server that is shutting down, so the text decides. Facts read in its source and
 * replayed against a running server; the texts are those of `httpd/handler.go`, `protoparser/influx` and
 * `coordinator/points_writer.go`.
 */

import type { Outcome } from '../sink/outcome.ts';
import type { RefusalCode } from '../sink/refusal.ts';

const WRITTEN: Outcome = { kind: 'written' };
const TEXT_MAX = 500;

const refused =
  (code: RefusalCode) =>
  (text: string): Outcome => ({ kind: 'refused', code, text });
const held = (text: string): Outcome => ({ kind: 'held', text });
const tooLarge = (text: string): Outcome => ({ kind: 'too-large', text });
const throttled = (text: string): Outcome => ({ kind: 'throttled', unexplained: false, text });
const unavailable = (text: string): Outcome => ({ kind: 'unavailable', unexplained: false, text });
const unexplained = (text: string): Outcome => ({ kind: 'unavailable', unexplained: true, text });
const misconfigured = (text: string): Outcome => ({ kind: 'misconfigured', databaseMissing: false, text });
const databaseMissing = (text: string): Outcome => ({ kind: 'misconfigured', databaseMissing: true, text });
const deniedServer = (text: string): Outcome => ({ kind: 'denied', scope: 'server', text });
const deniedTarget = (text: string): Outcome => ({ kind: 'denied', scope: 'target', text });

type Rule = readonly [statuses: readonly number[], pattern: RegExp, outcome: (text: string) => Outcome];

/** Top down, the first that fits. */
const RULES: readonly Rule[] = [
  // The data is to blame: reasons that no waiting changes.
  [[400], /^partial write: (?:field type conflict|conflict field type)/, refused('type-conflict')],
  [[400], /^partial write: point time is expired/, refused('expired')],
  [[400], /^partial write: time outside range/, refused('time-outside-range')],
  [[400], /^partial write: invalid measurement name/, refused('measurement-refused')],
  [
    [400],
    /^partial write: (?:the stream destination measurement cannot|measurement on blacklist)/,
    refused('measurement-refused'),
  ],
  [
    [400],
    /^partial write: (?:duplicate tag|tag key can't be time|error tag array|point should have all shard key|unknown error|column store write point|checkSchema: )/,
    refused('line-refused'),
  ],
  [
    [400, 500],
    /^(?:parse fail, point without (?:fields|measurement)|missing tag value for|cannot parse (?:field value|timestamp)|field key cannot be empty|(?:measurement|tag|field) name is ?:|tag value for tag named:)/,
    refused('line-refused'),
  ],
  [
    [500],
    /^duplicate tag |^too many field keys|cannot insert an item .* too large|cannot insert data into/s,
    refused('line-refused'),
  ],
  [[500], /forbid by downSample/, refused('expired')],
  // The server has no room for such data at present. (Behind the rules whose texts quote the data.)
  [[400, 500], /too many series|too many tag keys|forbid by shard moving|forbid index write/, held],
  // Size and load.
  [[413], /(?:)/, tooLarge],
  [[400], /^cannot read influx line protocol data: .*too long line/s, tooLarge],
  [[503], /^request throttled/, throttled],
  [[500], /get resources out of time/, throttled],
  // A server that cannot write just now.
  [
    [400],
    /^readonly now|^server is closing|^cannot read influx line protocol data:|^gzip: |^(?:unexpected )?EOF$/,
    unavailable,
  ],
  [[403], /^disable write!/, unavailable],
  // Set up wrongly.
  [[401], /(?:)/, deniedServer],
  [[403], /user is required to write|is not authorized to write/, deniedTarget],
  [[404], /^database not found/, databaseMissing],
  [[500], /^retention policy not found|retention policy is being delete/, misconfigured],
];

/** The message of an error body: JSON `{"error":…}`, or plain text as the throttle and a panic answer. */
export const errorText = (body: string): string => {
  try {
    const parsed = JSON.parse(body) as { error?: unknown };
    if (typeof parsed.error === 'string') return parsed.error;
  } catch {
    // Not JSON: then the body is the message.
  }
  return body.trim();
};

/** Status and body of an answer to `/write`. */
export const outcomeOfReply = (status: number, body: string): Outcome => {
  // The server answers 204 and nothing else; another 2xx comes from something in between that did not write.
  if (status === 204) return WRITTEN;
  const text = errorText(body);
  const rule = RULES.find(([statuses, pattern]) => statuses.includes(status) && pattern.test(text));
  // The text may be as long as the line it quotes: a conflict must stay whole to be understood, the rest is cut.
  const told = rule === undefined || !text.startsWith('partial write: ') ? text.slice(0, TEXT_MAX) : text;
  if (rule !== undefined) return rule[2](told);
  const shown = `HTTP ${status}${told === '' ? '' : `: ${told}`}`;
  return status >= 500 ? unexplained(shown) : misconfigured(shown);
};

const RESET_CODES = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_DESTROYED', 'UND_ERR_CLOSED']);
const TIMEOUT_CODES = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'TimeoutError',
  'ABORT_ERR',
  'AbortError',
]);

export const codeOf = (error: unknown): string => {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown';
};

/** The connection was ended by the other side: on a socket that was used before this may mean nothing at all. */
export const isReset = (error: unknown): boolean => RESET_CODES.has(codeOf(error));

/** The error text is echoed in a header; a control character in it makes the whole answer unreadable (a 400). */
const isUnreadableHeader = (error: unknown): boolean => {
  // undici gives its parser's errors a code in some releases and in others only this text.
  const { name, message } = error as Error;
  return (
    codeOf(error) === 'HPE_INVALID_HEADER_TOKEN' ||
    (name === 'HTTPParserError' && message.includes('Invalid header value char'))
  );
};

/** The request failed without a readable answer. `othersSucceed`: other requests to this node get answers meanwhile. */
export const outcomeOfError = (error: unknown, othersSucceed: boolean): Outcome => {
  const code = codeOf(error);
  const text = `${code}: ${(error as Error).message ?? ''}`.slice(0, TEXT_MAX);
  if (isUnreadableHeader(error))
    return {
      kind: 'refused',
      code: 'line-refused',
      text: 'the server refused the line in an answer that cannot be read',
    };
  if (TIMEOUT_CODES.has(code)) return { kind: 'throttled', unexplained: true, text };
  if (!isReset(error)) return unavailable(text);
  // Above its connection limit the server accepts and closes at once.
  return { kind: othersSucceed ? 'throttled' : 'unavailable', unexplained: true, text };
};
