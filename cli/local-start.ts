/** Starts the local system for a command; what hinders it and its user can mend is told in a sentence. */

import { type LocalSystem, type LocalSystemOptions, ServerUnusable, startLocalSystem } from '../local/system.ts';
import { VARIABLES } from '../src/config/variables.ts';
import { outsideFault, UsageError } from './usage.ts';

const WITHOUT_URL = 'Without OPENGEMINI_URL a stand-in takes its place.';

export const startOrTell = async (options: LocalSystemOptions): Promise<LocalSystem> => {
  checkServerUrl(options.variables.OPENGEMINI_URL);
  try {
    return await startLocalSystem(options);
  } catch (error) {
    throw startFault(error, options);
  }
};

/** The database, and whether it was made: on a server of one's own nobody should find it by surprise. */
export const databaseText = ({ addresses, databaseMade }: LocalSystem): string =>
  `${addresses.database}${process.env.OPENGEMINI_URL && databaseMade ? ' (made now: it was not there)' : ''}`;

const checkServerUrl = (url: string | undefined): void => {
  const read = url ? VARIABLES.OPENGEMINI_URL.read(url) : undefined;
  if (read !== undefined && 'fault' in read) throw new UsageError(`OPENGEMINI_URL ${read.fault}. ${WITHOUT_URL}`);
};

const startFault = (error: unknown, { ports }: LocalSystemOptions): UsageError => {
  if (error instanceof ServerUnusable) {
    const remedy = `OPENGEMINI_URL names it: is it started ("docker compose up -d"), is a user set that may make databases?`;
    return outsideFault('The local system cannot start', error, `${remedy} ${WITHOUT_URL}`);
  }
  const { code, port } = error as NodeJS.ErrnoException & { readonly port?: number };
  const names = Object.entries(ports).flatMap(([name, wanted]) => (wanted === port ? [`--${name}-port`] : []));
  if ((code === 'EADDRINUSE' || code === 'EACCES') && names.length > 0)
    return outsideFault(
      `${names.join(' and ')} ${port} cannot be had`,
      error,
      'Choose another port, or leave the option out for any free one.',
    );
  return outsideFault('The local system cannot start', error);
};
