/**
 * Checks of openGemini: name, connection, certificate, version, credentials, databases, retention policies, and the right
 * to write. The write is empty, as the probe of a circuit breaker, so that nothing is stored.
 */

import { lookup } from 'node:dns/promises';
import { connect } from 'node:tls';
import { quoted } from '../../local/opengemini-client.ts';
import { basicAuthorization, withoutCredentials } from '../../src/adapters/basic-auth.ts';
import { limitedText } from '../../src/adapters/limited-text.ts';
import type { CredentialSource, OpenGemini } from '../../src/adapters/opengemini.ts';
import { openGemini } from '../../src/adapters/opengemini.ts';
import { tlsOptions } from '../../src/adapters/tls-options.ts';
import type { Config } from '../../src/config/config.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { type Outcome, textOf } from '../../src/sink/outcome.ts';
import { type Batch, type Target, targetKey } from '../../src/sink/ports.ts';
import { type Finding, type Findings, findingsOf } from './finding.ts';

/** What the checks of the server need. */
export interface ServerCheckOptions {
  readonly opengemini: Config['opengemini'];
  readonly credentials: CredentialSource;
  readonly targets: readonly Target[];
  readonly clock: Clock;
}

/** A certificate must be valid for this number of days. */
const CERTIFICATE_DAYS_MIN = 7;
const DAY_MS = 86_400_000;

const CONNECTION = 'connection';
const CONNECTION_REMEDY = 'Check the port, the security groups, and that the server runs.';
const TLS_REMEDY = 'If the server expects no TLS at this port, write http:// in OPENGEMINI_URL.';
const CERTIFICATE_REMEDY = 'Set OPENGEMINI_CA_FILE for a private authority, or correct the certificate.';
/** A server closes the connection of a client that does not show the certificate that it requires. */
const CLIENT_CERTIFICATE_REMEDY =
  'If the server requires a client certificate, set OPENGEMINI_CERT_FILE and OPENGEMINI_KEY_FILE.';
/** Errors of a connection before TLS begins. */
const UNREACHABLE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']);

/** Checks each node. After credentials were denied, no further request has them, because openGemini locks the user. */
export const serverChecks = async (options: ServerCheckOptions): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  let isDenied = false;
  for (const url of options.opengemini.urls) {
    const found = findingsOf(url);
    const reached = await connectionChecks(new URL(url), found, options);
    findings.push(...reached);
    if (!reached.some(({ check, state }) => check === CONNECTION && state === 'ok')) continue;
    if (isDenied) {
      findings.push(found.notChecked('authentication', 'another node has denied the credentials'));
      continue;
    }
    const writes = await writeChecks(url, found, options);
    findings.push(...writes);
    isDenied = writes.some(({ check, state }) => check === 'authentication' && state === 'fault');
  }
  return findings;
};

const connectionChecks = async (
  url: URL,
  found: Findings,
  options: ServerCheckOptions,
): Promise<readonly Finding[]> => {
  const name = await nameCheck(url, found);
  if (name.state === 'fault') return [name];
  const certificate = url.protocol === 'https:' ? await certificateCheck(url, found, options) : undefined;
  const findings = certificate === undefined ? [name] : [name, certificate.finding];
  return certificate?.isTrusted === false ? findings : [...findings, ...(await versionChecks(url, found, options))];
};

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

const nameCheck = async (url: URL, { ok, fault }: Findings): Promise<Finding> => {
  try {
    const addresses = await lookup(hostOf(url), { all: true });
    return ok('name', addresses.map(({ address }) => address).join(', '));
  } catch (error) {
    const remedy = 'Check OPENGEMINI_URL. A private name is known only inside its network.';
    return fault('name', (error as Error).message, remedy);
  }
};

interface CheckedCertificate {
  readonly finding: Finding;
  /** Whether connections to the server are possible. The certificate may expire soon. */
  readonly isTrusted: boolean;
}

const certificateCheck = (
  url: URL,
  { fault, ok }: Findings,
  { opengemini, clock }: ServerCheckOptions,
): Promise<CheckedCertificate> =>
  new Promise((resolve) => {
    const host = hostOf(url);
    // An address is no name, and a server name must not be one.
    const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
    const socket = connect({ host, port: Number(url.port || 443), ...servername, ...tlsOptions(opengemini) });
    const end = (finding: Finding, isTrusted: boolean): void => {
      socket.destroy();
      resolve({ finding, isTrusted });
    };
    socket.setTimeout(opengemini.timeoutMs, () =>
      socket.destroy(new Error(`no response in ${opengemini.timeoutMs} ms`)),
    );
    socket.once('error', (error) => {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code.startsWith('ERR_SSL')) end(fault(CONNECTION, `no TLS (${code})`, TLS_REMEDY), false);
      else if (UNREACHABLE.has(code)) end(fault(CONNECTION, error.message, CONNECTION_REMEDY), false);
      else end(fault('certificate', error.message, CERTIFICATE_REMEDY), false);
    });
    socket.once('secureConnect', () => {
      const until = new Date(socket.getPeerCertificate().valid_to);
      const days = Math.floor((until.getTime() - clock.nowMs()) / DAY_MS);
      const detail = `valid until ${until.toISOString()}, ${days} days left`;
      end(
        days >= CERTIFICATE_DAYS_MIN
          ? ok('certificate', detail)
          : fault('certificate', detail, 'Renew the certificate of the server.'),
        true,
      );
    });
  });

/** Reads the version. A proxy or another server may respond with anything. */
const versionChecks = async (
  url: URL,
  { ok, fault, notChecked }: Findings,
  options: ServerCheckOptions,
): Promise<readonly Finding[]> => {
  const reply = await request(url, '/ping?verbose=true', undefined, options);
  if ('error' in reply) {
    const remedies = [CONNECTION_REMEDY, ...(url.protocol === 'https:' ? [CLIENT_CERTIFICATE_REMEDY] : [])];
    return [fault(CONNECTION, reply.error, remedies.join(' '))];
  }
  const version = /"version":"([^"]*)"/.exec(reply.body)?.[1];
  return [
    ok(CONNECTION, `HTTP ${reply.status}`),
    version ? ok('version', version) : notChecked('version', 'the server reports none'),
    notChecked('limits', 'openGemini does not report its limits'),
  ];
};

type Reply = { readonly status: number; readonly body: string } | { readonly error: string };

/** Sends a request over the same connections as the sink. */
const request = async (
  url: URL,
  path: string,
  authorization: Readonly<Record<string, string>> | undefined,
  { opengemini }: ServerCheckOptions,
): Promise<Reply> => {
  const { Pool } = await import('undici');
  const pool = new Pool(url.origin, {
    allowH2: false,
    connect: { timeout: opengemini.timeoutMs, ...tlsOptions(opengemini) },
  });
  try {
    const { statusCode, body } = await pool.request({
      method: 'GET',
      path: url.pathname.replace(/\/$/, '') + path,
      headers: { accept: 'application/json', ...authorization },
      signal: AbortSignal.timeout(opengemini.timeoutMs),
    });
    return { status: statusCode, body: await limitedText(body) };
  } catch (error) {
    return { error: (error as Error).message || String((error as NodeJS.ErrnoException).code) };
  } finally {
    await pool.destroy();
  }
};

const writeChecks = async (url: string, found: Findings, options: ServerCheckOptions): Promise<readonly Finding[]> => {
  const { opengemini, credentials, targets, clock } = options;
  const { timeoutMs } = opengemini;
  const server = openGemini({ ...opengemini, urls: [url], credentials, clock });
  const findings: Finding[] = [];
  try {
    for (const target of targets) {
      const outcome = await emptyWrite(server, target, timeoutMs, clock);
      findings.push(...writeFindings(outcome, target, found, options));
      if (outcome.kind === 'denied' && outcome.scope === 'server') return findings;
      if (outcome.kind === 'written' && target.retentionPolicy !== undefined)
        findings.push(await policyCheck(new URL(url), target.database, target.retentionPolicy, found, options));
    }
    return [...new Map(findings.map((finding) => [`${finding.check} ${finding.detail}`, finding])).values()];
  } finally {
    await server.close();
  }
};

const emptyWrite = async (server: OpenGemini, target: Target, timeoutMs: number, clock: Clock): Promise<Outcome> => {
  const empty: Batch = { target, body: Buffer.alloc(0), lines: 0 };
  const deadline = clock.deadlineIn(timeoutMs);
  try {
    return await server.write(empty, deadline);
  } finally {
    deadline.release();
  }
};

/** Returns what the outcome of an empty write proves. */
const writeFindings = (
  outcome: Outcome,
  target: Target,
  { ok, fault }: Findings,
  { opengemini: { createDatabase } }: ServerCheckOptions,
): readonly Finding[] => {
  const text = textOf(outcome);
  const name = targetKey(target).replace(/\/$/, '');
  const database = `database ${target.database}`;
  if (outcome.kind === 'written')
    return [
      ok('authentication', 'an empty write is accepted'),
      ok(database, 'exists'),
      ok('right to write', `an empty write to ${name} is accepted`),
    ];
  if (outcome.kind === 'denied')
    return outcome.scope === 'server'
      ? [fault('authentication', text, 'Check OPENGEMINI_USERNAME and OPENGEMINI_PASSWORD, or the secret.')]
      : [
          ok('authentication', 'the user is known'),
          fault('right to write', `${name}: ${text}`, `Grant the user the right to write to ${target.database}.`),
        ];
  if (outcome.kind === 'misconfigured' && outcome.databaseMissing)
    return [
      ok('authentication', 'the server did not refuse the request'),
      createDatabase
        ? ok(database, 'does not exist, and OPENGEMINI_CREATE_DATABASE creates it')
        : fault(database, text, 'Create the database, or set OPENGEMINI_CREATE_DATABASE=true.'),
    ];
  return [
    fault(
      'write',
      `${name}: ${outcome.kind}: ${text}`,
      'docs/operating/situations.md explains the responses of openGemini.',
    ),
  ];
};

/** An empty write does not check the retention policy, so that it is looked up. */
const policyCheck = async (
  url: URL,
  database: string,
  policy: string,
  { ok, fault, notChecked }: Findings,
  options: ServerCheckOptions,
): Promise<Finding> => {
  const check = `retention policy ${policy} of ${database}`;
  const statement = `SHOW RETENTION POLICIES ON ${quoted(database)}`;
  const credentials = await options.credentials.current();
  const path = `/query?${new URLSearchParams({ q: statement })}`;
  const reply = await request(url, path, basicAuthorization(credentials), options);
  const names = 'error' in reply ? undefined : policyNames(reply.body);
  if (names === undefined) {
    const text = 'error' in reply ? reply.error : withoutCredentials(reply.body.trim(), credentials);
    return notChecked(check, `the query ${statement} failed: ${text}`);
  }
  if (names.includes(policy)) return ok(check, 'exists');
  return fault(
    check,
    `does not exist. There are ${names.join(', ')}`,
    'Create it, because the sink never creates retention policies.',
  );
};

/** Returns the names in the reply, or undefined if it contains none. */
const policyNames = (body: string): readonly string[] | undefined => {
  try {
    const { results } = JSON.parse(body) as { results?: { series?: { values?: unknown[][] }[] }[] };
    return results?.[0]?.series?.[0]?.values?.map(([name]) => String(name));
  } catch {
    return undefined;
  }
};
