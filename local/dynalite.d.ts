/** Types of `dynalite`, as far as the local table uses it. The package contains none. */

declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface DynaliteOptions {
    /** Time in milliseconds for which a table stays in each state before the next (default 500). */
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
    /** Folder of the store. Undefined means in memory. */
    readonly path?: string;
  }

  const dynalite: (options?: DynaliteOptions) => Server;
  export = dynalite;
}
