import { parseRows } from './block-parser.ts';
import { type Body, splitBlocks } from './block-reader.ts';
import { type ByteText, bytesOf, quote } from './byte-text.ts';
import { gunzip } from './gzip-body.ts';
import { type BlockOutcome, writeRows } from './points-writer.ts';
import { errorReply, NO_CONTENT, type Reply } from './reply.ts';
import type { Database, Databases } from './storage.ts';

/** The switches of `/debug/ctrl`. */
export interface Switches {
  disableWrite: boolean;
  readonly: boolean;
}

export interface WriteRequest {
  readonly database: ByteText;
  readonly policy: ByteText;
  readonly precision: string;
  readonly encoding: string;
  /** As declared; undefined for a chunked body. */
  readonly contentLength: number | undefined;
  readonly body: Buffer;
}

export interface WriteContext {
  readonly databases: Databases;
  readonly switches: Switches;
  readonly maxBodyBytes: number;
  readonly nowNs: () => bigint;
}

export interface WriteResult {
  readonly reply: Reply;
  readonly stored: number;
}

export const WRITE_DISABLED = errorReply(403, 'disable write!');
export const READ_ONLY = errorReply(400, 'readonly now and writing is not allowed');

/** The real server answers before it has read the body, so the connection is of no more use. */
const TOO_LARGE: Reply = { ...errorReply(413, 'Request Entity Too Large'), closes: true };

/** Any other spelling means nanoseconds, without a word. */
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

/** The limit holds for the declared length, and for a plain chunked body; what gzip unpacks to has none. */
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
  const nowNs = context.nowNs(); // Read once per block: points without a time share it, and collapse.
  const scale = NANOSECONDS.get(request.precision) ?? 1n;
  const timed = rows.map((row) => ({
    ...row,
    timeNs: row.timestamp === undefined ? nowNs : BigInt.asIntN(64, row.timestamp * scale), // It wraps, unchecked.
  }));
  return writeRows(database, request.policy, timed, nowNs);
};

/** One answer for all blocks: a broken body outranks a broken line, and that what the store said; of that the first. */
const answer = (results: readonly BlockResult[], readError: ByteText | undefined): Reply => {
  if (readError !== undefined) return errorReply(400, readError);
  const unparsed = results.findLast((result) => result.kind === 'unparsed');
  if (unparsed !== undefined) return errorReply(400, unparsed.reason);
  const refused = results.find((result) => result.kind !== 'written');
  return refused === undefined ? NO_CONTENT : errorReply(refused.kind === 'partial' ? 400 : 500, refused.reason);
};

/** Blocks are written one after the other; the real server works on several at once, in no certain order. */
export const handleWrite = (context: WriteContext, request: WriteRequest): WriteResult => {
  const refusal = refuse(context, request);
  const database = context.databases.get(request.database);
  if (refusal !== undefined || database === undefined) return { reply: refusal ?? NO_CONTENT, stored: 0 };
  const body = readBody(context, request);
  if ('status' in body) return { reply: body, stored: 0 };
  const { blocks, error } = splitBlocks(body);
  const results = blocks.map((block) => writeBlock(context, request, database, block));
  return { reply: answer(results, error), stored: results.reduce((sum, result) => sum + result.stored, 0) };
};

/** `bucket=database/policy` of the second API, taken apart; a string is the error of a 404. */
export const splitBucket = (bucket: string): { database: ByteText; policy: ByteText } | { error: ByteText } => {
  const name = bytesOf(bucket);
  const slash = name.indexOf('/');
  if (name === '') {
    return { error: 'bucket name "" is missing a slash; not in "database/retention-policy" format' };
  }
  if (slash === 0) return { error: `bucket name ${quote(name)} is in db/rp form but has an empty database` };
  return slash < 0 ? { database: name, policy: '' } : { database: name.slice(0, slash), policy: name.slice(slash + 1) };
};
