/** What the local system asks of an openGemini beside writing: make a database, read points back. */

export interface ServerAccess {
  readonly url: string;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

/** One series of a query's result; `values` rows start with the time. Long numbers are `Digits`. */
export interface Series {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}

/** A name as a query holds it. */
export const quoted = (name: string): string => `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

const headersOf = ({ credentials }: ServerAccess): Record<string, string> =>
  credentials === undefined
    ? {}
    : { authorization: `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}` };

/** Throws what the server says when a statement fails: it answers 200 all the same. */
export const query = async (server: ServerAccess, statement: string, database?: string): Promise<readonly Series[]> => {
  const body = new URLSearchParams({ q: statement, epoch: 'ns', ...(database === undefined ? {} : { db: database }) });
  const response = await fetch(`${server.url}/query`, { method: 'POST', headers: headersOf(server), body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${server.url} answered ${response.status} to ${statement}: ${text.trim()}`);
  const { results = [], error } = JSON.parse(text, keepDigits as never) as QueryAnswer;
  const failed = error ?? results.find((result) => result.error !== undefined)?.error;
  if (failed !== undefined) throw new Error(`${server.url} refused ${statement}: ${failed}`);
  return results.flatMap((result) => result.series ?? []).map((series) => ({ ...series, tags: series.tags ?? {} }));
};

interface QueryAnswer {
  readonly error?: string;
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly (Omit<Series, 'tags'> & { tags?: Series['tags'] })[];
  }[];
}

/** A whole number with more digits than a double tells, a time in nanoseconds above all. */
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

export const hasDatabase = async (server: ServerAccess, database: string): Promise<boolean> =>
  (await query(server, 'SHOW DATABASES')).some(({ values }) => values.some(([name]) => name === database));

/** Makes a database (and a retention policy without an end in it) and waits until it takes writes. */
export const createDatabase = async (
  server: ServerAccess,
  database: string,
  retentionPolicy: string | undefined,
): Promise<void> => {
  await query(server, `CREATE DATABASE ${quoted(database)}`);
  if (retentionPolicy !== undefined) {
    await query(
      server,
      `CREATE RETENTION POLICY ${quoted(retentionPolicy)} ON ${quoted(database)} DURATION 0s REPLICATION 1`,
    );
  }
  // Measured: for about 0.3 s a new database is not found.
  const params = new URLSearchParams({
    db: database,
    ...(retentionPolicy === undefined ? {} : { rp: retentionPolicy }),
  });
  for (let tries = 0; tries < READY_TRIES; tries++) {
    const { status } = await fetch(`${server.url}/write?${params}`, { method: 'POST', headers: headersOf(server) });
    if (status === 204) return;
    await new Promise((resolve) => setTimeout(resolve, READY_PAUSE_MS));
  }
  throw new Error(`${server.url} has made the database "${database}", but does not take writes for it`);
};

export const dropDatabase = async (server: ServerAccess, database: string): Promise<void> => {
  await query(server, `DROP DATABASE ${quoted(database)}`);
};

/** All series of a measurement, one row a point. */
export const selectAll = (server: ServerAccess, database: string, measurement: string): Promise<readonly Series[]> =>
  query(server, `SELECT * FROM ${quoted(measurement)} GROUP BY *`, database);

export const measurements = async (server: ServerAccess, database: string): Promise<readonly string[]> =>
  (await query(server, 'SHOW MEASUREMENTS', database)).flatMap(({ values }) => values.map(([name]) => String(name)));
