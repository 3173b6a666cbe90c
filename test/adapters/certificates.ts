/** Certificates for tests, made by the openssl command. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Whether the command exists. Tests that need certificates are skipped without it. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A self-signed certificate and its key, as PEM text and as files. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly keyFile: string;
  readonly certFile: string;
}

/** Makes a self-signed certificate for 127.0.0.1. It is deleted after the test. */
export const selfSigned = (days = 2): Certificate => {
  const folder = mkdtempSync(join(tmpdir(), 'sink-ca-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', String(days)];
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', keyFile, '-out', certFile], {
    stdio: 'pipe',
  });
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8'), keyFile, certFile };
};

/** Encrypts a key with a passphrase, and returns the new file. It is deleted with the key. */
export const encryptedKey = ({ keyFile }: Certificate): string => {
  const out = `${keyFile}.encrypted`;
  execFileSync('openssl', ['pkcs8', '-topk8', '-in', keyFile, '-out', out, '-passout', 'pass:secret'], {
    stdio: 'pipe',
  });
  return out;
};
