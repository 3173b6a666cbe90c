/** Client for openGemini's queries: creates databases and reads points back. The sink itself only writes. */

import { request } from 'undici';
import { basicAuthorization, withoutCredentials } from '../src/adapters/basic-auth.ts';

/** Address of a server, and the user to authenticate as. */
export interface ServerAccess {
  readonly url: string;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  /** Time limit of a request, in milliseconds; by default 30,000. */
  readonly timeoutMs?: number | undefined;
}

/**
 * One series of a query's result. Each row of `values` starts with the time. Integers of 16 digits or more are
 * `Digits`.
 */
export interface Series {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}

/** Returns a name as quoted identifier of a query. */
export const quoted = (name: string): string => `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

const TIMEOUT_MS = 30_000;

/** Sends a request, and follows no redirect, as the sink does. */
const post = async (
  { url, credentials, timeoutMs = TIMEOUT_MS }: ServerAccess,
  path: string,
  form?: URLSearchParams,
): Promise<{ readonly status: number; readonly text: string }> => {
  const { statusCode, body } = await request(`${url}${path}`, {
    method: 'POST',
    headers: {
      ...basicAuthorization(credentials),
      ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    body: form?.toString() ?? null,
    signal: AbortSignal.timeout(timeoutMs),
  });
  return { status: statusCode, text: await body.text() };
};

/**
 * Sends a query. Throws with the server's error text if a statement fails, although the server then responds with 200.
 */
export const query = async (server: ServerAccess, statement: string, database?: string): Promise<readonly Series[]> => {
  const form = new URLSearchParams({ q: statement, epoch: 'ns', ...(database === undefined ? {} : { db: database }) });
  const { status, text } = await post(server, '/query', form);
  if (status !== 200) {
    const shown = withoutCredentials(text.trim(), server.credentials);
    throw new Error(`${server.url} responded with ${status} to ${statement}: ${shown}`);
  }
  const { results = [], error } = responseIn(text, server.url);
  const failed = error ?? results.find((result) => result.error !== undefined)?.error;
  if (failed !== undefined) throw new Error(`${server.url} refused ${statement}: ${failed}`);
  return results
    .flatMap((result) => result.series ?? [])
    .map((series) => ({ ...series, tags: series.tags ?? {}, values: series.values ?? [] }));
};

const responseIn = (text: string, url: string): QueryResponse => {
  try {
    return JSON.parse(text, keepDigits as never) as QueryResponse;
  } catch {
    throw new Error(`${url} is not openGemini: it answered a query with ${JSON.stringify(text.slice(0, 40))}`);
  }
};

interface QueryResponse {
  readonly error?: string;
  readonly results?: readonly {
    readonly error?: string;
    /** A server without databases lists them as a series without values. */
    readonly series?: readonly (Omit<Series, 'tags' | 'values'> & Partial<Pick<Series, 'tags' | 'values'>>)[];
  }[];
}

/** An integer with more digits than a double represents exactly, mostly a time in nanoseconds. */
export class Digits {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

const keepDigits = (_key: string, value: unknown, { source = '' }: { readonly source?: string }): unknown =>
  typeof value === 'number' && /^-?\d{16,}$/.test(source) ? new Digits(source) : value;

const READY_TRIES = 100;
const READY_PAUSE_MS = 50;

/** Returns whether the server has the database. */
export const hasDatabase = async (server: ServerAccess, database: string): Promise<boolean> =>
  (await query(server, 'SHOW DATABASES')).some(({ values }) => values.some(([name]) => name === database));

/**
 * Creates a database, and in it an infinite retention policy if one is named and does not exist. Returns when the database
 * accepts writes.
 */
export const createDatabase = async (
  server: ServerAccess,
  database: string,
  retentionPolicy: string | undefined,
): Promise<void> => {
  await query(server, `CREATE DATABASE ${quoted(database)}`);
  if (retentionPolicy !== undefined) {
    const create = `CREATE RETENTION POLICY ${quoted(retentionPolicy)} ON ${quoted(database)} DURATION 0s REPLICATION 1`;
    await query(server, create).catch((error: Error) => {
      // It exists, with another duration.
      if (!error.message.includes('conflicts with an existing policy')) throw error;
    });
  }
  // Measured: a new database is not found for about 0.3 s.
  const params = new URLSearchParams({
    db: database,
    ...(retentionPolicy === undefined ? {} : { rp: retentionPolicy }),
  });
  for (let tries = 0; tries < READY_TRIES; tries++) {
    const { status } = await post(server, `/write?${params}`);
    if (status === 204) return;
    await new Promise((resolve) => setTimeout(resolve, READY_PAUSE_MS));
  }
  throw new Error(`${server.url} has created the database "${database}", but does not accept writes to it`);
};

/** Drops a database with all its points. */
export const dropDatabase = async (server: ServerAccess, database: string): Promise<void> => {
  await query(server, `DROP DATABASE ${quoted(database)}`);
};

/** Returns all series of a measurement, with one row per point. */
export const selectAll = (server: ServerAccess, database: string, measurement: string): Promise<readonly Series[]> =>
  query(server, `SELECT * FROM ${quoted(measurement)} GROUP BY *`, database);

/** Returns the names of all measurements of a database. */
export const measurements = async (server: ServerAccess, database: string): Promise<readonly string[]> =>
  (await query(server, 'SHOW MEASUREMENTS', database)).flatMap(({ values }) => values.map(([name]) => String(name)));
