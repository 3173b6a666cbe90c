/** A stand-in for one test. */

import { type StandIn, type StandInOptions, startStandIn } from '../../../local/opengemini/server.ts';
import { query, type RawReply, type RawRequest, send } from './raw-client.ts';

/** Name of the database of each stand-in. */
export const DATABASE = 'db';

/** A stand-in, with functions that use its database. */
export interface Played {
  readonly standIn: StandIn;
  write(body: string | Buffer, request?: RawRequest & { readonly params?: Record<string, string> }): Promise<RawReply>;
  query(statement: string): Promise<unknown>;
}

/** Returns a test function that runs `play` with a new stand-in, which has one empty database. */
export const withStandIn =
  (options: StandInOptions, play: (played: Played) => Promise<void>): (() => Promise<void>) =>
  async () => {
    const standIn = await startStandIn(options);
    try {
      const { username = '', password = '' } = options.credentials ?? {};
      const login = `&u=${username}&p=${password}`;
      await send(`${standIn.url}/query?q=CREATE%20DATABASE%20${DATABASE}${login}`);
      await play({
        standIn,
        write: (body, { params, ...request } = {}) =>
          send(`${standIn.url}/write?${new URLSearchParams({ db: DATABASE, ...params })}`, { ...request, body }),
        query: async (statement) => JSON.parse((await query(standIn.url, DATABASE, statement)).body),
      });
    } finally {
      await standIn.close();
    }
  };
