/**
 * Classifies the responses of openGemini to a write request, and failures without a response.
 *
 * The status is not sufficient: the server returns 500 for permanent faults of a single line (corpus:
 * `tag-duplicate-500`) and 400 while it shuts down, so the error text decides.
 *
 * Sources of the facts below: paths are files in openGemini's repository, and "corpus" names rows of
 * `test/fixture/write-corpus.jsonl`, whose responses were recorded from a running server. Short names of the files:
 *
 *   handler.go         lib/util/lifted/influx/httpd/handler.go
 *   parser.go          lib/util/lifted/vm/protoparser/influx/parser.go
 *   streamparser.go    lib/util/lifted/vm/protoparser/influx/streamparser.go
 *   points_writer.go   coordinator/points_writer.go
 *   write_helper.go    coordinator/write_helper.go
 */

import type { Outcome } from '../sink/outcome.ts';
import type { RefusalCode } from '../sink/refusal.ts';

const WRITTEN: Outcome = { kind: 'written' };
/** Characters of an error text that are kept, unless it begins with `partial write: `. */
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

/** Outcomes by status and error text. The first rule that matches decides, so the order matters. */
const RULES: readonly Rule[] = [
  // Permanent faults of lines. `partial write` means that the other lines of the block were written (points_writer.go;
  // corpus: `conflict-mixed-batch`, `rp-expired`, `ts-max`, `mst-slash`, `tag-key-time`).
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
  // The parser refused the last line of a block, and the server wrote no line of that block (streamparser.go,
  // handler.go; corpus: `good-then-bad-last`). 500 only for a line whose only field is `time` (corpus:
  // `field-only-time-500`).
  [
    [400, 500],
    /^(?:parse fail, point without (?:fields|measurement)|missing tag value for|cannot parse (?:field value|timestamp)|field key cannot be empty|(?:measurement|tag|field) name is ?:|tag value for tag named:)/,
    refused('line-refused'),
  ],
  // Permanent faults that are reported as 500 (write_helper.go, points_writer.go; corpus: `tag-duplicate-500`,
  // `tagvalue-65520-poison-500`).
  [
    [500],
    /^duplicate tag |^too many field keys|cannot insert an item .* too large|cannot insert data into/s,
    refused('line-refused'),
  ],
  // The time range was downsampled and is read-only (engine/shard.go).
  [[500], /forbid by downSample/, refused('expired')],
  // Limits that an operator can raise, and shards that move: the server cannot store such data at present
  // (engine/shard.go, engine/mutable/ts_table.go). After the rules whose texts quote the data, because the data may
  // contain these words.
  [[400, 500], /too many series|too many tag keys|forbid by shard moving|forbid index write/, held],
  // The body is larger than `max-body-size`, a line longer than `max-line-size` (handler.go; corpus: `body-too-large`).
  [[413], /(?:)/, tooLarge],
  [[400], /^cannot read influx line protocol data: .*too long line/s, tooLarge],
  // The queue of write requests is full, or a request was in it for too long (handler.go).
  [[503], /^request throttled/, throttled],
  // The memtable is full (lib/bucket/bucket.go).
  [[500], /get resources out of time/, throttled],
  // The server cannot write at present: read-only, shutting down, or the body arrived damaged (handler.go,
  // streamparser.go; corpus: `readonly`, `gzip-truncated`, `gzip-header-plain-body`).
  [
    [400],
    /^readonly now|^server is closing|^cannot read influx line protocol data:|^gzip: |^(?:unexpected )?EOF$/,
    unavailable,
  ],
  // Writes were disabled by an operator (handler.go; corpus: `disable-write`).
  [[403], /^disable write!/, unavailable],
  // Wrong credentials, or a user that is locked after 5 wrong passwords (handler.go, lib/metaclient; corpus:
  // `auth-wrong`).
  [[401], /(?:)/, deniedServer],
  // The user has no right to this database (handler.go).
  [[403], /user is required to write|is not authorized to write/, deniedTarget],
  // Configuration. A new database is also not found for about 0.3 s (corpus: `unknown-db`, `rp-unknown-500`).
  [[404], /^database not found/, databaseMissing],
  [[500], /^retention policy not found|retention policy is being delete/, misconfigured],
];

/**
 * Returns the error text of a response: the member `error` of a JSON body, otherwise the whole body. The throttle and a
 * panic respond in plain text (handler.go).
 */
export const errorText = (body: string): string => {
  try {
    const parsed = JSON.parse(body) as { error?: unknown };
    if (typeof parsed.error === 'string') return parsed.error;
  } catch {
    // Plain text.
  }
  return body.trim();
};

/** Returns the outcome of a response to `/write`. An unknown 5xx is unexplained, because a line may cause it. */
export const outcomeOfReply = (status: number, body: string): Outcome => {
  // The server reports success as 204 only (handler.go). Another 2xx comes from a proxy, which did not write.
  if (status === 204) return WRITTEN;
  const text = errorText(body);
  const rule = RULES.find(([statuses, pattern]) => statuses.includes(status) && pattern.test(text));
  // A text may be as long as the line that it quotes. The text of a conflict is not truncated, because it names the
  // failing lines (docs/decisions/0002).
  const kept = rule === undefined || !text.startsWith('partial write: ') ? text.slice(0, TEXT_MAX) : text;
  if (rule !== undefined) return rule[2](kept);
  const shown = `HTTP ${status}${kept === '' ? '' : `: ${kept}`}`;
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

/** Returns the code of an error of Node.js or undici, otherwise its name. */
export const codeOf = (error: unknown): string => {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown';
};

/**
 * Returns whether the other side closed the connection. On a socket that was used before, this may only mean that the
 * socket was stale.
 */
export const isReset = (error: unknown): boolean => RESET_CODES.has(codeOf(error));

/**
 * Returns whether the parser refused a response header. The server copies the error text into the header
 * `X-InfluxDB-Error` (handler.go). A control character in it makes the response, always a 400, unreadable (corpus:
 * `mst-control-char`).
 */
const isUnreadableHeader = (error: unknown): boolean => {
  // The errors of undici's parser have a code in some releases, and only this text in others.
  const { name, message } = error as Error;
  return (
    codeOf(error) === 'HPE_INVALID_HEADER_TOKEN' ||
    (name === 'HTTPParserError' && message.includes('Invalid header value char'))
  );
};

/**
 * Returns the outcome of a request that failed without a readable response.
 *
 * @param othersSucceed - Whether the node answered other requests while this one was in flight.
 */
export const outcomeOfError = (error: unknown, othersSucceed: boolean): Outcome => {
  const code = codeOf(error);
  const text = `${code}: ${(error as Error).message ?? ''}`.slice(0, TEXT_MAX);
  if (isUnreadableHeader(error))
    return {
      kind: 'refused',
      code: 'line-refused',
      text: 'the server refused the line in an unreadable response',
    };
  if (TIMEOUT_CODES.has(code)) return { kind: 'throttled', unexplained: true, text };
  if (!isReset(error)) return unavailable(text);
  // Above `max-connection-limit` the server accepts a connection and closes it immediately (lib/listener/listen.go).
  return { kind: othersSucceed ? 'throttled' : 'unavailable', unexplained: true, text };
};
