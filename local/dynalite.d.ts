declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface DynaliteOptions {
    /** How long a table stays in each state before the next; half a second unless told. */
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
    /** Folder of the store; in memory without it. */
    readonly path?: string;
  }

  const dynalite: (options?: DynaliteOptions) => Server;
  export = dynalite;
}
