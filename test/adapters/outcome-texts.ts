/** Error texts from openGemini's source, most of which the corpus does not contain, with their outcomes. */

interface Row {
  readonly status: number;
  readonly text: string;
  readonly kind: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

type Expected = readonly [status: number, text: string, kind: string, detail?: Readonly<Record<string, unknown>>];

const EXPECTED: readonly Expected[] = [
  [503, 'request throttled, queue full', 'throttled'],
  [503, 'request throttled, exceeds timeout', 'throttled'],
  [500, 'get resources out of time: bucket lacks of resources', 'throttled'],
  [413, 'Request Entity Too Large', 'too-large'],
  [400, 'cannot read influx line protocol data: too long line: more than 1048576 bytes', 'too-large'],
  [400, 'cannot read influx line protocol data: cannot read a block of data in 0.000s: unexpected EOF', 'unavailable'],
  [400, 'cannot read influx line protocol data: no forward progress made', 'unavailable'],
  [400, 'gzip: invalid header', 'unavailable'],
  [400, 'unexpected EOF', 'unavailable'],
  [400, 'readonly now and writing is not allowed', 'unavailable'],
  [400, 'server is closing', 'unavailable'],
  [403, 'disable write!', 'unavailable'],
  [401, 'user is locked', 'denied', { scope: 'server' }],
  [401, 'authorization failed', 'denied', { scope: 'server' }],
  [403, '"w" user is not authorized to write to database "t"', 'denied', { scope: 'target' }],
  [403, 'user is required to write to database "t"', 'denied', { scope: 'target' }],
  [404, 'database not found: "t"', 'misconfigured', { databaseMissing: true }],
  [404, 'bucket name "" is missing a slash', 'misconfigured', { databaseMissing: false }],
  [404, '404 page not found', 'misconfigured', { databaseMissing: false }],
  [400, 'database is required', 'misconfigured'],
  [500, 'retention policy not found: nope', 'misconfigured', { databaseMissing: false }],
  [500, 'retention policy is being delete', 'misconfigured'],
  [400, 'partial write: too many series in database db. upper limit: 5; current: 5 dropped=0', 'held'],
  [400, 'partial write: too many tag keys dropped=1', 'held'],
  [500, 'forbid by shard moving', 'held'],
  [500, 'forbid index write', 'held'],
  [500, 'forbid by downSample', 'refused'],
  [500, 'too many field keys', 'refused'],
  [500, 'cannot insert data into "x": cannot insert an item "y" too large', 'refused'],
  [400, 'partial write: field type conflict dropped=1', 'refused', { code: 'type-conflict' }],
  [400, 'partial write: point time is expired, compared with rp duration dropped=1', 'refused', { code: 'expired' }],
  [400, 'partial write: unknown error dropped=1', 'refused', { code: 'line-refused' }],
  [
    400,
    'partial write: the stream destination measurement cannot be written. x dropped=1',
    'refused',
    { code: 'measurement-refused' },
  ],
  [400, 'partial write: something new dropped=1', 'misconfigured'],
  [500, 'no node available, node: 1', 'unavailable'],
  [500, 'select timeout in 10s', 'unavailable'],
  [500, 'WriteToRaftTimeoutAfterPropose, identity: x', 'unavailable'],
  [500, 'Internal Server Error', 'unavailable'],
];

/** Responses and their outcomes, as rows for `test.each`. */
export const OUTCOME_TEXTS: readonly Row[] = EXPECTED.map(([status, text, kind, detail = {}]) => ({
  status,
  text,
  kind,
  detail,
}));
