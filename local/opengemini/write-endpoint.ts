/** Handles a write: checks the request, splits its body into blocks, and combines their outcomes into one reply. */

import { parseRows } from './block-parser.ts';
import { type Body, splitBlocks } from './block-reader.ts';
import { type ByteText, bytesOf, quote } from './byte-text.ts';
import { gunzip } from './gzip-body.ts';
import type { Journal, JournalWrite } from './journal.ts';
import { type BlockOutcome, writeRows } from './points-writer.ts';
import { errorReply, NO_CONTENT, type Reply } from './reply.ts';
import type { Database, Databases } from './storage.ts';

/** The switches of `/debug/ctrl`, which stop writes. */
export interface Switches {
  disableWrite: boolean;
  readonly: boolean;
}

/** A write. */
export interface WriteRequest {
  readonly database: ByteText;
  /** Retention policy. '' means the default policy. */
  readonly policy: ByteText;
  readonly precision: string;
  readonly encoding: string;
  /** The declared length. Undefined means a chunked body. */
  readonly contentLength: number | undefined;
  readonly body: Buffer;
}

/** State of the server that a write uses. */
export interface WriteContext {
  readonly databases: Databases;
  readonly switches: Switches;
  /** Limit for bodies, in bytes. 0 means no limit. */
  readonly maxBodyBytes: number;
  readonly nowNs: () => bigint;
}

/** The reply to a write. */
export interface WriteResult {
  readonly reply: Reply;
  /** Number of stored lines. */
  readonly stored: number;
}

/** The reply while writes are disabled. */
export const WRITE_DISABLED = errorReply(403, 'disable write!');
/** The reply while the server is read-only. */
export const READ_ONLY = errorReply(400, 'readonly now and writing is not allowed');

/**
 * The reply to a body over the limit. The real server responds before it has read the body, so the connection cannot be
 * used again.
 */
const TOO_LARGE: Reply = { ...errorReply(413, 'Request Entity Too Large'), closes: true };

/** Units of precision. The server accepts any other text without an error, and uses nanoseconds. */
const NANOSECONDS = new Map([
  ['u', 1_000n],
  ['us', 1_000n],
  ['µ', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

const refuse = (context: WriteContext, request: WriteRequest): Reply | undefined => {
  if (context.switches.disableWrite) return WRITE_DISABLED;
  if (context.switches.readonly) return READ_ONLY;
  if (request.database === '') return errorReply(400, 'database is required');
  if (!context.databases.has(request.database)) {
    return errorReply(404, `database not found: ${quote(request.database)}`);
  }
  return undefined;
};

/**
 * Reads the body. The limit applies to the declared length and to an uncompressed chunked body, but not to unpacked
 * gzip.
 */
const readBody = (context: WriteContext, request: WriteRequest): Body | Reply => {
  const { maxBodyBytes } = context;
  const isGzip = request.encoding === 'gzip';
  const unpacked = isGzip ? gunzip(request.body) : { bytes: request.body, readError: undefined };
  if ('headerError' in unpacked) return errorReply(400, unpacked.headerError);
  if (maxBodyBytes === 0) return unpacked;
  if ((request.contentLength ?? 0) > maxBodyBytes) return TOO_LARGE;
  if (isGzip || unpacked.bytes.length <= maxBodyBytes) return unpacked;
  return { bytes: unpacked.bytes.subarray(0, maxBodyBytes + 1), readError: 'Read: truncated' };
};

type BlockResult = BlockOutcome | { readonly kind: 'unparsed'; readonly reason: ByteText; readonly stored: 0 };

const writeBlock = (context: WriteContext, request: WriteRequest, database: Database, block: Buffer): BlockResult => {
  const { rows, error } = parseRows(block.toString('latin1'));
  if (error !== undefined) return { kind: 'unparsed', reason: error, stored: 0 };
  const nowNs = context.nowNs(); // Read once per block, so points without a time share it and overwrite each other.
  const scale = NANOSECONDS.get(request.precision) ?? 1n;
  const timed = rows.map((row) => ({
    ...row,
    timeNs: row.timestamp === undefined ? nowNs : BigInt.asIntN(64, row.timestamp * scale), // The server does not check for overflow.
  }));
  return writeRows(database, request.policy, timed, nowNs);
};

/**
 * Returns one reply for all blocks. An error of the body has priority over errors of lines. Both have priority over
 * errors of the store. Of several errors of lines the last one counts; of several errors of the store the first one
 * counts.
 */
const combine = (results: readonly BlockResult[], readError: ByteText | undefined): Reply => {
  if (readError !== undefined) return errorReply(400, readError);
  const unparsed = results.findLast((result) => result.kind === 'unparsed');
  if (unparsed !== undefined) return errorReply(400, unparsed.reason);
  const refused = results.find((result) => result.kind !== 'written');
  return refused === undefined ? NO_CONTENT : errorReply(refused.kind === 'partial' ? 400 : 500, refused.reason);
};

/**
 * Handles a write. Blocks are written in order, while the real server writes several of them concurrently in any order.
 */
export const handleWrite = (context: WriteContext, request: WriteRequest): WriteResult => {
  const refusal = refuse(context, request);
  const database = context.databases.get(request.database);
  if (refusal !== undefined || database === undefined) return { reply: refusal ?? NO_CONTENT, stored: 0 };
  const body = readBody(context, request);
  if ('status' in body) return { reply: body, stored: 0 };
  const { blocks, error } = splitBlocks(body);
  const results = blocks.map((block) => writeBlock(context, request, database, block));
  return { reply: combine(results, error), stored: results.reduce((sum, result) => sum + result.stored, 0) };
};

/** Handles a write, and records it if it may have changed the store. A refused write reads no time. */
export const handleRecordedWrite = (
  context: WriteContext,
  request: WriteRequest,
  journal: Pick<Journal, 'append'>,
): WriteResult => {
  const times: string[] = [];
  const nowNs = (): bigint => {
    const now = context.nowNs();
    times.push(String(now));
    return now;
  };
  const result = handleWrite({ ...context, nowNs }, request);
  const { database, policy, precision, encoding, body } = request;
  if (times.length > 0)
    journal.append({ kind: 'write', database, policy, precision, encoding, body: body.toString('base64'), times });
  return result;
};

/** Repeats a recorded write. */
export const repeatWrite = (databases: Databases, write: JournalWrite): void => {
  const times = write.times.values();
  const context: WriteContext = {
    databases,
    switches: { disableWrite: false, readonly: false },
    maxBodyBytes: 0,
    nowNs: () => BigInt(times.next().value ?? 0),
  };
  handleWrite(context, { ...write, body: Buffer.from(write.body, 'base64'), contentLength: undefined });
};

/** Splits `bucket=database/policy` of the v2 API. `error` is the error text of a 404. */
export const splitBucket = (bucket: string): { database: ByteText; policy: ByteText } | { error: ByteText } => {
  const name = bytesOf(bucket);
  const slash = name.indexOf('/');
  if (name === '') {
    return { error: 'bucket name "" is missing a slash; not in "database/retention-policy" format' };
  }
  if (slash === 0) return { error: `bucket name ${quote(name)} is in db/rp form but has an empty database` };
  return slash < 0 ? { database: name, policy: '' } : { database: name.slice(0, slash), policy: name.slice(slash + 1) };
};
