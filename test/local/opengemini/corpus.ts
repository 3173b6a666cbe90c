/** Reads the recorded requests and sends them to a server. */

import { readFileSync } from 'node:fs';
import { type RawReply, send } from './raw-client.ts';

type Step = readonly [kind: 'write' | 'query' | 'post', what: string];

/** A stored point as recorded. */
export interface Stored {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
  /** Time in nanoseconds, or `server-now`. */
  readonly time: string;
}

/** One recorded request, with the response of a real server and the points that it stored. */
export interface CorpusRow {
  readonly name: string;
  readonly request: {
    readonly params: Readonly<Record<string, string>>;
    readonly path?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly bodyEncoding?: 'base64';
    /** Pieces of text, each repeated. */
    readonly bodyGen?: ReadonlyArray<readonly [text: string, count: number]>;
    readonly linesGen?: { prefix: string; count: number; lineBytes: number; badLines: readonly number[] };
    readonly setup?: readonly Step[];
    readonly teardown?: readonly Step[];
    readonly requires?: 'auth';
  };
  readonly answer: { readonly status: number; readonly error: string | null };
  readonly stored: readonly Stored[];
  readonly storedCount?: number;
}

const FIXTURE = new URL('../../fixture/write-corpus.jsonl', import.meta.url);

/** Returns all recorded requests. */
export const readCorpus = (): CorpusRow[] =>
  readFileSync(FIXTURE, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as CorpusRow);

const START_NS = 1_755_216_000_000_000_000n;

/** Generates lines of equal length. A bad line has an integer field that is not a number. */
const generateLines = ({ prefix, count, lineBytes, badLines }: NonNullable<CorpusRow['request']['linesGen']>): string =>
  Array.from({ length: count }, (_, index) => {
    const value = badLines.includes(index + 1) ? 'bad' : `${index + 1}i`;
    const time = START_NS + BigInt(index);
    const padding = lineBytes - `${prefix} i=${value},p="" ${time}\n`.length;
    return `${prefix} i=${value},p="${'x'.repeat(padding)}" ${time}\n`;
  }).join('');

const bodyOf = ({ request }: CorpusRow): Buffer => {
  if (request.linesGen !== undefined) return Buffer.from(generateLines(request.linesGen));
  if (request.bodyGen !== undefined)
    return Buffer.from(request.bodyGen.map(([text, count]) => text.repeat(count)).join(''));
  return Buffer.from(request.body ?? '', request.bodyEncoding ?? 'utf8');
};

const runSteps = async (url: string, database: string, steps: readonly Step[]): Promise<void> => {
  for (const [kind, what] of steps) {
    if (kind === 'write') await send(`${url}/write?db=${database}`, { body: what });
    else if (kind === 'post') await send(url + what);
    else await send(`${url}/query?${new URLSearchParams({ q: what.replaceAll('"conf"', `"${database}"`) })}`);
  }
};

/** Sends the request of a row to `database` in place of the recorded one. */
export const replay = async (url: string, row: CorpusRow, database: string): Promise<RawReply> => {
  const { request } = row;
  const params = new URLSearchParams(request.params);
  for (const [key, value] of Object.entries(request.params)) params.set(key, value.replace(/^conf\b/, database));
  await runSteps(url, database, request.setup ?? []);
  try {
    const target = `${url}${request.path ?? '/write'}?${params}`;
    return await send(target, { headers: request.headers ?? {}, body: bodyOf(row) });
  } finally {
    await runSteps(url, database, request.teardown ?? []);
  }
};
