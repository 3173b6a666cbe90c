/** Starts the local system for a command, and turns failures that the user can fix into a `UsageError`. */

import { EmulatorsMissing } from '../local/emulators.ts';
import { type LocalSystem, type LocalSystemOptions, startLocalSystem } from '../local/system.ts';
import { ServerUnusable, type SilentNode } from '../local/usable-node.ts';
import { VARIABLES } from '../src/config/variables.ts';
import { styled } from './terminal.ts';
import { externalError, UsageError } from './usage-error.ts';

const WITHOUT_URL = 'Without OPENGEMINI_URL a stand-in replaces it.';

/**
 * Starts the local system, and prints which nodes of the user's own server do not answer. Throws a `UsageError` that names
 * the option or variable to change.
 */
export const startForCommand = async (options: LocalSystemOptions): Promise<LocalSystem> => {
  for (const name of SERVER_VARIABLES) checkVariable(name, options.variables[name]);
  try {
    const system = await startLocalSystem(options);
    for (const node of system.silentNodes)
      process.stderr.write(`${styled('yellow', silentNodeText(node), process.stderr)}\n`);
    return system;
  } catch (error) {
    throw startError(error, options);
  }
};

const silentNodeText = ({ url, fault }: SilentNode): string =>
  `${url} does not answer (${fault}). The functions write to the other nodes, and probe this one until it answers.`;

/** Returns the name of the database. On the user's own server it also states if the command has just created it. */
export const databaseText = ({ addresses, databaseCreated }: LocalSystem): string =>
  `${addresses.database}${process.env.OPENGEMINI_URL && databaseCreated ? ' (created now, because it did not exist)' : ''}`;

/** Variables that the start needs, so that their faults are no faults of the server. */
const SERVER_VARIABLES = ['OPENGEMINI_URL', 'OPENGEMINI_DATABASE', 'OPENGEMINI_RETENTION_POLICY'] as const;

const checkVariable = (name: (typeof SERVER_VARIABLES)[number], value: string | undefined): void => {
  const read = value ? VARIABLES[name].read(value) : undefined;
  if (read === undefined || !('fault' in read)) return;
  throw new UsageError(`${name} ${read.fault}.${name === 'OPENGEMINI_URL' ? ` ${WITHOUT_URL}` : ''}`);
};

/** Errors of a connection to an address at which nothing answers. */
const isAbsent = ({ code, name }: NodeJS.ErrnoException): boolean =>
  name === 'TimeoutError' || ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT'].includes(String(code));

const isNoTls = ({ code }: NodeJS.ErrnoException): boolean => /^(?:EPROTO$|ERR_SSL)/.test(String(code));

const remedyFor = ({ cause }: ServerUnusable): string => {
  // Without a cause, none of several nodes answers.
  if (!(cause instanceof Error) || isAbsent(cause))
    return 'OPENGEMINI_URL names this server. Start it ("docker compose up -d").';
  if (isNoTls(cause)) return 'OPENGEMINI_URL begins with https://, and the server may expect http:// at this port.';
  return 'OPENGEMINI_URL names this server. Correct it, or set a user that may create databases.';
};

const startError = (error: unknown, { ports }: LocalSystemOptions): UsageError => {
  if (error instanceof ServerUnusable) {
    return externalError('The local system cannot start', error, `${remedyFor(error)} ${WITHOUT_URL}`);
  }
  if (error instanceof EmulatorsMissing) return new UsageError(error.message);
  const { code, port } = error as NodeJS.ErrnoException & { readonly port?: number };
  const names = Object.entries(ports).flatMap(([name, wanted]) => (wanted === port ? [`--${name}-port`] : []));
  if ((code === 'EADDRINUSE' || code === 'EACCES') && names.length > 0)
    return externalError(
      `${names.join(' and ')} ${port} is not available`,
      error,
      'Choose another port, or omit the option to use any free port.',
    );
  return externalError('The local system cannot start', error);
};
